"""A column, an attribute and a table in a few words."""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.ide.models.registry import ModelSet
from cucurbit.rules.shared.orm.scope import target_term
from cucurbit.simulate.core.shapes import (
    ColumnProperty,
    ColumnShape,
    MapperShape,
    Property,
    RelationshipShape,
    TableShape,
)
from cucurbit.simulate.shapes.type_text import type_text


@dataclass(frozen=True)
class ModelClass:
    """A mapped class among the models of an entry point."""

    models: ModelSet
    mapper: MapperShape


def column_detail(models: ModelSet, table: TableShape, column: ColumnShape) -> str:
    """The type of a column, and whether it is part of the primary key or may be NULL."""
    parts = [type_text(models.shapes.type_of(table, column))]
    if table.in_primary_key(column):
        parts.append("primary key")
    elif column.nullable:
        parts.append("nullable")
    return ", ".join(parts)


def attribute_detail(owner: ModelClass, attribute: Property) -> str:
    """What an attribute is: a relationship and its class, a column and its type."""
    if isinstance(attribute, RelationshipShape):
        target = owner.models.target(owner.mapper, target_term(attribute))
        return f"relationship to {target.name}" if target is not None else "relationship"
    if isinstance(attribute, ColumnProperty):
        standing = owner.models.shapes.table_of(owner.mapper)
        column = standing.shape.column(attribute.column) if standing is not None else None
        return column_detail(owner.models, standing.shape, column) if standing is not None and column else "column"
    return attribute.kind


def columns_text(models: ModelSet, table: TableShape) -> str:
    """The columns of a table, as Markdown."""
    rows = [f"{column.name}  {column_detail(models, table, column)}" for column in table.columns]
    return "\n".join(("```text", *rows, "```"))
