"""Statements sent to a database: sessions, connections and ``Model.query``."""

from __future__ import annotations

from collections.abc import Mapping

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import MethodOfUnknown
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
    "sqlalchemy.create_engine()",
    "sqlalchemy.engine.create_engine()",
    "sqlalchemy.ext.asyncio.create_async_engine()",
)

_SENDS = (
    *("execute", "scalar", "scalars", "all", "first", "one", "one_or_none", "count", "get", "exec", "commit", "flush"),
    *("exec_driver_sql", "merge", "refresh", "bulk_save_objects", "bulk_insert_mappings", "scalar_one", "exists"),
)

_SENT = tuple(f".{name}()" for name in ("execute", "scalar", "scalars", "exec", "exec_driver_sql"))
"""Parts of dotted names for the result of an earlier statement: calls on it send nothing to the database."""


_ENGINES = tuple(source for source in _SOURCES if source.endswith("_engine()"))


def _query(machine: Machine, call: CallSite) -> Value:
    head, _, method = call.name.rpartition(".")
    # What a connection commits was sent before; a session sends then what was added to it.
    if not (method == "commit" and head.startswith(_ENGINES)):
        machine.emit(EventKind.QUERY, call.place, detail=method)
    return ExternalObject(call.name, call, machine.state.cells())


def sent_by(*sources: str) -> Mapping[str, MethodOfUnknown]:
    """The methods that send statements, of objects whose dotted names begin with one of ``sources``."""

    def applies(head: str) -> bool:
        return head.startswith(sources) and not any(sent in head for sent in _SENT)

    return dict.fromkeys(_SENDS, MethodOfUnknown(applies, _query))


def _is_query(head: str) -> bool:
    return (head.startswith(_SOURCES) or ".query" in head) and not any(sent in head for sent in _SENT)


METHODS = dict.fromkeys(_SENDS, MethodOfUnknown(_is_query, _query))
