"""Which tables of the inventory are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from cucurbit.analysis.context import Context
from cucurbit.rules.shared.inventory import (
    DeadDefinition,
    ModelRecord,
    Registered,
    dead_definitions,
    inventory,
)


def _everywhere(_path: str) -> bool:
    return True


@dataclass(frozen=True)
class ModelFilter:
    """What of the inventory is shown; by default everything.

    ``covers`` chooses files. ``table`` is a pattern of table names, as of :mod:`fnmatch`, with or without their schema.
    ``unseen``: only tables of which some Alembic environment of their project does not see the definition.
    """

    covers: Callable[[str], bool] = _everywhere
    table: str | None = None
    unseen: bool = False

    def records(self, context: Context) -> tuple[ModelRecord, ...]:
        """The definitions that are shown."""
        return tuple(
            record
            for record in inventory(context)
            if self._shows(record.location.path, record.key) and (not self.unseen or is_unseen(record))
        )

    def dead(self, context: Context) -> tuple[DeadDefinition, ...]:
        """The definitions that nothing executes and that are shown. No environment is meant to see them."""
        if self.unseen:
            return ()
        return tuple(each for each in dead_definitions(context) if self._shows(each.location.path, each.table))

    def _shows(self, path: str, table: str) -> bool:
        if self.table is None:
            return self.covers(path)
        names = {table, table.rpartition(".")[2]}
        return self.covers(path) and any(fnmatchcase(name, self.table) for name in names)


EVERY_MODEL = ModelFilter()


def is_unseen(record: ModelRecord) -> bool:
    """Whether some environment does not register the definition, or has it in another MetaData."""
    seen = {Registered.YES, Registered.MAYBE}
    return any(view.registered not in seen or view.held is False for view in record.environments)
