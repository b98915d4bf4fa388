"""Tables and foreign keys with everything in them that otherwise depends on other tables: names, targets, types."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from cucurbit.analysis.drift.difference import ModelTables
from cucurbit.simulate.core.shapes import (
    CheckShape,
    ColumnTarget,
    ForeignKeyShape,
    IndexShape,
    KeyShape,
    Named,
    TableShape,
    Term,
    ValueTerm,
)
from cucurbit.simulate.shapes.naming import name_of

_P = TypeVar("_P", IndexShape, KeyShape, CheckShape, ForeignKeyShape)


def resolved_table(models: ModelTables, table: TableShape) -> TableShape:
    """A table whose constraints have their names, and whose columns have the types that their keys give them."""
    key = table.primary_key
    if key is None:
        names = tuple(Named(each.key) for each in table.columns if table.in_primary_key(each))
        key = KeyShape(names, None, table.place, exact=table.key_columns() is not None)
    return replace(
        table,
        columns=tuple(replace(each, type_=models.shapes.type_of(table, each)) for each in table.columns),
        primary_key=replace(key, name=_name(models, table, key, primary_key=True)),
        indexes=tuple(resolved_part(models, table, each) for each in table.indexes),
        unique=tuple(resolved_part(models, table, each) for each in table.unique),
        checks=tuple(resolved_part(models, table, each) for each in table.checks),
        foreign_keys=tuple(resolved_key(models, table, each) for each in table.foreign_keys),
    )


def resolved_part(models: ModelTables, table: TableShape, part: _P) -> _P:
    """A constraint or an index with its name, as :func:`~cucurbit.simulate.shapes.naming.name_of` finds it."""
    return replace(part, name=_name(models, table, part))


def _name(models: ModelTables, table: TableShape, part: _P, *, primary_key: bool = False) -> Term | None:
    given = name_of(models.shapes, table, part, primary_key=primary_key)
    return ValueTerm(given.text) if given.known and given.text is not None else None if given.known else part.name


def resolved_key(models: ModelTables, table: TableShape, key: ForeignKeyShape) -> ForeignKeyShape:
    """A foreign key whose targets are written as ``table.column``, by their names in the database."""
    targets = tuple(_target(models, table, each) for each in key.targets)
    return replace(resolved_part(models, table, key), targets=targets)


def _target(models: ModelTables, table: TableShape, target: ColumnTarget) -> ColumnTarget:
    keys = models.shapes.target(table, target)
    if keys is None:
        return target
    found = models.shapes.table(*keys[:2])
    column = None if found is None else found.shape.column(keys[2])
    return ColumnTarget(Named(f"{keys[1]}.{keys[2] if column is None else column.name}"))
