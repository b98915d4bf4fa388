"""The entry point of one function of a revision file, as Alembic calls it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cucurbit.simulate.core.schema import SchemaState
from cucurbit.workspace.model import EntryKind, EntryPoint, MigrationEnvironment


@dataclass(frozen=True)
class RevisionOn:
    """A function of a revision that runs on a database with this schema."""

    entry: EntryPoint
    database: SchemaState


def revision_entry(
    entries: Iterable[EntryPoint], environment: MigrationEnvironment, path: str = "", function: str = "upgrade"
) -> EntryPoint:
    """The call of a function of a revision, with the import roots of its environment's entry among ``entries``."""
    own = (each for each in entries if each.kind is EntryKind.ALEMBIC and each.environment == environment)
    alembic = next(own, None)
    return EntryPoint(
        kind=EntryKind.REVISION,
        target=environment.config,
        path=path,
        module="",
        startup=function,
        directory=environment.directory,
        sys_path=environment.prepend_sys_path if alembic is None else alembic.sys_path,
        fallback_path=() if alembic is None else alembic.fallback_path,
        environment=environment,
        named_by=None,
    )
