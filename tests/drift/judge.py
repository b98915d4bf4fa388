"""The judge of drift: ``alembic upgrade head`` on SQLite, then Alembic's own comparison."""

from __future__ import annotations

import runpy
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, create_engine

Found: TypeAlias = tuple[str, str, str]
"""The operation, the table and what it is about: the name, or the columns of what has none."""

REAL_ENV = """from alembic import context

connection, metadata = context.config.attributes["connection"], context.config.attributes["metadata"]
context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
"""
ENV = """from alembic import context
from sqlalchemy import create_engine

from models import metadata

with create_engine("sqlite:///farm.db").connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
INI = "[alembic]\nscript_location = migrations\nprepend_sys_path = .\nsqlalchemy.url = sqlite:///farm.db\n"


def project(files: Mapping[str, str]) -> dict[str, str]:
    """The files as Cucurbit is to read them."""
    return {"alembic.ini": INI, "migrations/env.py": ENV, **files}


def judged(folder: Path, files: Mapping[str, str], *, back_to: str = "", **options: object) -> list[Found]:
    """What Alembic finds after an upgrade to head, and a downgrade if ``back_to`` names a revision.

    Raises:
        Exception: what the upgrade raises.
    """
    for name, text in {**files, "migrations/env.py": REAL_ENV}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    metadata = runpy.run_path(str(folder / "models.py"))["metadata"]
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _upgrade(folder, connection, metadata, back_to)
            context = MigrationContext.configure(connection, opts={"target_metadata": metadata, **options})
            return sorted(flat(compare_metadata(context, metadata)))
    finally:
        engine.dispose()


def _upgrade(folder: Path, connection: Connection, metadata: MetaData, back_to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(folder / "migrations"))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    command.upgrade(config, "head")
    if back_to:
        command.downgrade(config, back_to)


def flat(differences: Iterable[Any]) -> Iterable[Found]:
    """The differences of ``compare_metadata``, in short."""
    for each in differences:
        if isinstance(each, list):
            yield from flat(each)
        elif each[0] in ("add_table", "remove_table"):
            yield each[0], _key(each[1]), ""
        elif each[0] in ("add_column", "remove_column"):
            yield each[0], _joined(each[1], each[2]), each[3].name
        elif each[0].startswith("modify_"):
            yield each[0], _joined(each[1], each[2]), each[3]
        elif each[0] in ("add_fk", "remove_fk"):
            yield each[0], _key(each[1].parent), ",".join(column.name for column in each[1].columns)
        else:
            part = each[1]
            yield each[0], _key(part.table), part.name or ",".join(sorted(column.name for column in part.columns))


def _key(table: Table) -> str:
    return _joined(table.schema, table.name)


def _joined(schema: str | None, name: str) -> str:
    return f"{schema}.{name}" if schema else name
