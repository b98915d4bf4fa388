"""The columns, keys and relations of tables, as nodes of the registration view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.ide.registration_tree import NodeKind, TreeNode
from cucurbit.simulate.core.shapes import ColumnShape, ForeignKeyShape, TableShape
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.shapes.snapshot import Shapes
from cucurbit.simulate.shapes.type_text import type_text


def columns_by_place(context: Context) -> Mapping[Place, tuple[TreeNode, ...]]:
    """For the place of each table its columns, then its keys of several columns. Ask through :meth:`Context.memo`."""
    found: dict[Place, tuple[TreeNode, ...]] = {}
    for entry in context.entries:
        shapes = context.shapes(entry)
        for standing in shapes.tables.values():
            if standing.shape.place not in found:
                found[standing.shape.place] = tuple(_nodes(context, shapes, standing.shape))
    return MappingProxyType(found)


def _nodes(context: Context, shapes: Shapes, shape: TableShape) -> Iterator[TreeNode]:
    for column in shape.columns:
        yield _column(context, shapes, shape, column)
    for number, key in enumerate(shape.foreign_keys):
        if len(key.columns) > 1:
            names = ", ".join(each.text for each in key.columns)
            label = f"{names} \u2192 {_target(shapes, shape, key)}"
            yield _key(context, f"foreign key {number}", label, "foreign key", key.place, key.certain)
    for number, unique in enumerate(shape.unique):
        if len(unique.columns) > 1:
            names = ", ".join(each.text for each in unique.columns)
            yield _key(context, f"unique {number}", names, "unique", unique.place, unique.certain and unique.exact)
    for number, index in enumerate(shape.indexes):
        if not index.of_column:
            names = ", ".join(each.text for each in index.columns) or "an expression"
            kind = "unique index" if index.unique else "index"
            yield _key(context, f"index {number}", names, kind, index.place, index.certain and index.exact)


def _key(context: Context, name: str, label: str, kind: str, place: Place, certain: bool) -> TreeNode:
    location = context.location(place)
    return TreeNode(name, NodeKind.KEY, label, kind, kind, location, location.path, certain, search=label.lower())


def _column(context: Context, shapes: Shapes, shape: TableShape, column: ColumnShape) -> TreeNode:
    parts = [type_text(shapes.type_of(shape, column))]
    if shape.in_primary_key(column):
        parts.append("primary key")
    elif column.nullable:
        parts.append("nullable")
    if column.unique:
        parts.append("unique")
    targets = (_target(shapes, shape, key) for key in column.foreign_keys)
    parts.extend(f"\u2192 {target}" for target in targets)
    location = context.location(column.place)
    return TreeNode(
        name=f"column {column.key}",
        kind=NodeKind.COLUMN,
        label=column.name,
        description=", ".join(parts),
        tooltip=f"{shape.key}.{column.name}: {', '.join(parts)}",
        location=location,
        path=location.path,
        certain=column.certain,
        search=f"{column.name} {column.attribute}".lower(),
    )


def _target(shapes: Shapes, shape: TableShape, key: ForeignKeyShape) -> str:
    """The table and the column that a foreign key points to; of several columns the table."""
    found = [shapes.target_key(shape, each) for each in key.targets]
    known = [each for each in found if each is not None]
    if not known:
        return "?"
    return ".".join(known[0]) if len(found) == 1 else known[0][0]
