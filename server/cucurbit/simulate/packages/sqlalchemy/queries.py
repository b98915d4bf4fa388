"""Statements sent to a database: sessions, connections and Flask-SQLAlchemy's ``Model.query``."""

from __future__ import annotations

from collections.abc import Callable

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.simulate.core.values import CallSite, ExternalObject, Value

_SOURCES = (
    "sqlalchemy.orm.sessionmaker()",
    "sqlalchemy.orm.session.sessionmaker()",
    "sqlalchemy.orm.scoped_session()",
    "sqlalchemy.orm.Session()",
    "sqlalchemy.orm.session.Session()",
    "sqlalchemy.ext.asyncio.async_sessionmaker()",
    "sqlalchemy.ext.asyncio.AsyncSession()",
    "sqlmodel.Session()",
    "sqlalchemy.create_engine()",
    "sqlalchemy.engine.create_engine()",
    "sqlalchemy.ext.asyncio.create_async_engine()",
    "sqlmodel.create_engine()",
    "flask_sqlalchemy.SQLAlchemy().session",
)

_SENDS = (
    *("execute", "scalar", "scalars", "all", "first", "one", "one_or_none", "count", "get", "exec", "commit", "flush"),
    *("exec_driver_sql", "merge", "refresh", "bulk_save_objects", "bulk_insert_mappings", "scalar_one", "exists"),
)

_SENT = tuple(f".{name}()" for name in ("execute", "scalar", "scalars", "exec", "exec_driver_sql"))
"""What a head goes through that is the result of a statement sent before, not the database."""


def _is_database(head: str) -> bool:
    if any(sent in head for sent in _SENT):
        return False
    return head.startswith(_SOURCES) or ".query" in head


def _query(machine: Machine, call: CallSite) -> Value:
    machine.emit(EventKind.QUERY, call.place, detail=call.name.rpartition(".")[2])
    return ExternalObject(call.name, call, machine.state.cells())


SUFFIXES: tuple[tuple[str, tuple[Callable[[str], bool], Handler]], ...] = tuple(
    (name, (_is_database, _query)) for name in _SENDS
)
