"""The judge of replayed schemas: ``alembic upgrade`` to each revision on SQLite, and what the inspector finds."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.exc import SAWarning

ENV = """from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None)
with context.begin_transaction():
    context.run_migrations()
"""

INI = "[alembic]\nscript_location = migrations\nprepend_sys_path = .\n"


@dataclass(frozen=True)
class RealColumn:
    name: str
    nullable: bool
    primary_key: bool


@dataclass(frozen=True)
class RealTable:
    """A table as the database tells it: indexes, unique constraints and foreign keys as sets of plain texts."""

    columns: tuple[RealColumn, ...]
    indexes: frozenset[tuple[str, tuple[str, ...], bool]]
    unique: frozenset[tuple[str, ...]]
    foreign_keys: frozenset[tuple[tuple[str, ...], str, tuple[str, ...]]]


RealSchema = Mapping[str, RealTable]


def project(revisions: Mapping[str, str], more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The files of a project with these revisions, by the names of their files."""
    return {
        "alembic.ini": INI,
        "migrations/env.py": ENV,
        **{f"migrations/versions/{name}.py": text for name, text in revisions.items()},
        **(more or {}),
    }


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def upgraded(folder: Path, revisions: Iterable[str]) -> Iterator[tuple[str, RealSchema | Exception]]:
    """The schema after each revision, in order; what Alembic raises, at which it ends."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection, warnings.catch_warnings():
        # A foreign key to a table that was dropped.
        warnings.simplefilter("ignore", SAWarning)
        config = Config()
        config.set_main_option("script_location", str(folder / "migrations"))
        config.attributes["connection"] = connection
        for each in revisions:
            try:
                command.upgrade(config, each)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what the user sees
                yield each, error
                break
            yield each, _schema(connection)
    engine.dispose()


def _schema(connection: Connection) -> RealSchema:
    found = inspect(connection)
    tables = {}
    for name in found.get_table_names():
        if name == "alembic_version":
            continue
        key = found.get_pk_constraint(name)["constrained_columns"]
        tables[name] = RealTable(
            tuple(RealColumn(each["name"], each["nullable"], each["name"] in key) for each in found.get_columns(name)),
            frozenset(
                (each["name"] or "", tuple(column or "" for column in each["column_names"]), bool(each["unique"]))
                for each in found.get_indexes(name)
            ),
            frozenset(tuple(each["column_names"]) for each in found.get_unique_constraints(name)),
            frozenset(
                (tuple(each["constrained_columns"]), each["referred_table"], tuple(each["referred_columns"]))
                for each in found.get_foreign_keys(name)
            ),
        )
    return tables
