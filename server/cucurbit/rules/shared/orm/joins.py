"""How SQLAlchemy joins two tables by their foreign keys, and in which direction a relationship then leads.

Facts from sqlalchemy/sql/selectable.py (``Join._join_condition``, ``_joincond_scan_left_right``,
``_joincond_trim_constraints``) and sqlalchemy/orm/relationships.py (``JoinCondition._determine_direction``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cucurbit.rules.shared.orm.scope import ModelScope
from cucurbit.simulate.core.shapes import ForeignKeyShape, TableShape
from cucurbit.simulate.core.timeline import MetaDataId

Direction: TypeAlias = Literal["ONETOMANY", "MANYTOONE", "MANYTOMANY"]


@dataclass(frozen=True)
class ColumnId:
    """A column, by the keys of its table and of itself."""

    metadata: MetaDataId
    table: str
    key: str


Pairs: TypeAlias = tuple[tuple[ColumnId, ColumnId], ...]
"""Of one constraint: the column that is referenced, and the one that refers to it."""

Tables: TypeAlias = tuple[TableShape, ...]


@dataclass(frozen=True)
class Joined:
    """The foreign keys by which two selectables can be joined, before one is chosen."""

    constraints: tuple[Pairs, ...]

    @property
    def pairs(self) -> Pairs:
        return self.constraints[0]

    @property
    def local(self) -> frozenset[ColumnId]:
        """The columns of the foreign key."""
        return frozenset(local for _, local in self.pairs)


def _inside(keys: frozenset[ColumnId], tables: Tables) -> frozenset[ColumnId]:
    """Those columns that belong to one of the tables."""
    names = {(table.metadata, table.key) for table in tables}
    return frozenset(each for each in keys if (each.metadata, each.table) in names)


def pairs_of(scope: ModelScope, table: TableShape, key: ForeignKeyShape) -> Pairs | None:
    """The pairs of columns that a foreign key links; None if they are not known.

    A key to a table that does not stand links nothing, and SQLAlchemy passes it over.
    """
    if not key.certain or len(key.columns) != len(key.targets):
        return None
    found = []
    for local, target in zip(key.columns, key.targets, strict=True):
        keys = scope.shapes.target(table, target)
        if keys is None and target.text is not None and "." not in target.text.text:
            keys = table.metadata, target.text.text, local.text
        if keys is None:
            return None
        standing = scope.shapes.table(*keys[:2])
        if standing is None:
            return () if not scope.shapes.open else None
        if standing.shape.open or not standing.certain or standing.shape.column(keys[2]) is None:
            return None
        found.append((ColumnId(*keys), ColumnId(table.metadata, table.key, local.text)))
    return tuple(found)


def _keys(scope: ModelScope, tables: Tables) -> Iterator[Pairs | None]:
    for table in tables:
        for key in table.foreign_keys:
            yield pairs_of(scope, table, key)


def join(
    scope: ModelScope, left: Tables, right: Tables, subset: TableShape | None, only: Collection[ColumnId] | None = None
) -> Joined | None:
    """By which foreign keys ``left`` and ``right`` are joined; None if it is not known.

    ``subset``: the table of ``left`` that is tried first. ``only``: the columns that ``foreign_keys`` names.
    """
    for part in ((subset,), left) if subset is not None else (left,):
        found = _scan(scope, part, right, only)
        if found is None:
            return None
        if found:
            return Joined(_trimmed(found, only))
    # A type that is not known may be an Annotated one, with a foreign key in it.
    sure = all(column.type_.known or column.type_.refused for table in (*left, *right) for column in table.columns)
    return Joined(()) if sure else None


def _scan(scope: ModelScope, left: Tables, right: Tables, only: Collection[ColumnId] | None) -> list[Pairs] | None:
    """The foreign keys of either side that refer to the other."""
    found: list[Pairs] = []
    same = left == right
    for keys_of, into in ((right, left),) if same else ((right, left), (left, right)):
        inside = {(table.metadata, table.key) for table in into}
        for pairs in _keys(scope, keys_of):
            if pairs is None:
                return None
            matching = tuple(
                (target, local)
                for target, local in pairs
                if (target.metadata, target.table) in inside and (only is None or local in only)
            )
            if matching and matching not in found:
                found.append(matching)
    return found


def _trimmed(found: list[Pairs], only: Collection[ColumnId] | None) -> tuple[Pairs, ...]:
    """One foreign key if ``only`` are its columns. Otherwise all: SQLAlchemy cannot choose."""
    if len(found) > 1 and only:
        found = [pairs for pairs in found if {local for _, local in pairs} == set(only)] or found
    return tuple(found)


def direction(
    parent: Tables, child: Tables, keys: frozenset[ColumnId], remote: frozenset[ColumnId] | None, *, remote_known: bool
) -> Direction | None:
    """Whether ``keys``, the foreign key of the join, stand in the parent's or in the child's tables; None: unknown.

    ``remote`` is ``remote_side``, None if it is not given; ``remote_known``: whether that is known.
    """
    to_child, to_parent = _inside(keys, child), _inside(keys, parent)
    if to_child and not to_parent:
        return "ONETOMANY"
    if to_parent and not to_child:
        return "MANYTOONE"
    if not remote_known:
        return None
    if remote is None:
        return "ONETOMANY" if parent == child and len(parent) == 1 else None
    if keys <= remote:
        return "ONETOMANY"
    return "MANYTOONE" if not keys & remote else None
