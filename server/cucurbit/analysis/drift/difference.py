"""What is compared, and what differs: plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cucurbit.analysis.drift.types import DIALECTS, Dialect
from cucurbit.simulate.core.schema import SchemaState
from cucurbit.simulate.core.shapes import ColumnShape, ForeignKeyShape, IndexShape, KeyShape, TableShape
from cucurbit.simulate.core.timeline import ComparisonOptions, Place
from cucurbit.simulate.shapes.snapshot import Shapes, StandingTable

Op: TypeAlias = Literal[
    "add_table",
    "remove_table",
    "add_column",
    "remove_column",
    "modify_nullable",
    "modify_type",
    "modify_default",
    "modify_comment",
    "add_index",
    "remove_index",
    "add_constraint",
    "remove_constraint",
    "add_fk",
    "remove_fk",
]
"""The names that ``alembic.autogenerate.compare_metadata`` gives to differences."""

Compared: TypeAlias = TableShape | ColumnShape | IndexShape | KeyShape | ForeignKeyShape


@dataclass(frozen=True)
class Difference:
    """One operation that autogenerate would write.

    ``table`` is ``schema.name``. ``name`` is that of the column, the index or the constraint; None for a table or its
    comment, and for what has no name. ``model`` is what the models have, ``standing`` what the revisions leave in the
    database; None if there is none. ``place`` is in the models, for what is to be removed in the revision. ``message``
    says it in words.
    ``names`` are the columns of an index or a constraint in the database. ``renamed``: the column or table that it
    looks like a new name of, or an old one. ``home``: the table in the models, if it stands on both sides.
    """

    op: Op
    table: str
    name: str | None
    place: Place
    message: str
    certain: bool = True
    model: Compared | None = None
    standing: Compared | None = None
    names: tuple[str, ...] = ()
    renamed: str = ""
    home: Place | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """Identifies it among the differences of one comparison."""
        return (self.op, self.table, self.name or "", "" if self.name is not None else ",".join(self.names))


@dataclass(frozen=True)
class About:
    """One of the things that are not known for the same reason: ``what`` is said of all, ``of`` is this one."""

    what: str
    of: str


Doubt: TypeAlias = str | About
"""Why there may be more differences."""


def grouped(doubts: Iterable[Doubt]) -> tuple[str, ...]:
    """The doubts as texts, one for each reason."""
    found: dict[str, dict[str, None]] = {}
    for each in doubts:
        of = found.setdefault(each if isinstance(each, str) else each.what, {})
        if isinstance(each, About):
            of[each.of] = None
    return tuple(f"{what}: {', '.join(of)}" if of else what for what, of in found.items())


@dataclass(frozen=True)
class Differences:
    """The differences, and why there may be more: reasons in ``doubts``."""

    differences: tuple[Difference, ...] = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, eq=False)
class ModelTables:
    """What the models have: the tables by ``schema.name``, and the shapes that stand when migrations run.

    ``open``: why there may be more tables.
    """

    tables: Mapping[str, StandingTable]
    shapes: Shapes
    open: tuple[str, ...] = ()


@dataclass(frozen=True)
class DriftSettings:
    """How it is compared. ``schemas``: ``include_schemas``. ``dialects`` are those that the database may have.

    ``renamed``: the tables that were renamed or have columns that were: names that a convention gave to their
    constraints are not known. ``unseen``: why tables may stand that no revision creates.
    """

    options: ComparisonOptions
    schemas: bool | None = False
    dialects: tuple[Dialect, ...] = DIALECTS
    renamed: frozenset[str] = frozenset()
    unseen: tuple[str, ...] = ()
    sure: bool = True
    """Whether nothing else may change what is compared: no filter, no function that rewrites what is found."""


@dataclass(frozen=True, eq=False)
class Both:
    """The two sides of a comparison."""

    models: ModelTables
    database: SchemaState
    settings: DriftSettings
