"""The signature of the constructor that SQLAlchemy gives a mapped class: each attribute is a keyword.

Type checkers see ``**kwargs`` only. A class with a constructor of its own is left to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.ide.models.completion import GIVEN, standing_models
from cucurbit.ide.models.cursor import Cursor, OpenBracket, cursor_at
from cucurbit.ide.models.details import ModelClass, attribute_detail
from cucurbit.ide.models.registry import ModelSet
from cucurbit.rules.shared.orm.constructors import has_usual_constructor, is_dataclass
from cucurbit.rules.shared.orm.everything import everything
from cucurbit.rules.shared.orm.scope import ModelScope, target_term
from cucurbit.simulate.core.shapes import (
    ColumnProperty,
    ColumnShape,
    OtherProperty,
    RelationshipShape,
    TableShape,
    TypeTerm,
    ValueTerm,
)
from cucurbit.simulate.shapes.type_text import type_text
from cucurbit.source.text import SourceText

_HEADER = re.compile(r"\b(?:class|def)\s+[\w.]+\s*\Z")
_COUNTED = frozenset({"integer", "biginteger", "smallinteger", "bigint", "smallint"})


@dataclass(frozen=True)
class Parameter:
    """``label`` is as in a signature: ``name: String(50)``, or ``id: Integer = ...`` if it may be left out."""

    name: str
    label: str
    documentation: str
    needed: bool


@dataclass(frozen=True)
class Constructor:
    """The constructor of a class, and the parameter at the cursor; None: all are given."""

    name: str
    parameters: tuple[Parameter, ...]
    active: int | None


def constructor_at(context: Context, path: str, source: SourceText, line: int, column: int) -> Constructor | None:
    """The constructor that is called around a position of the current text, which may be half typed."""
    cursor = cursor_at(source, line, column)
    frame = _call(cursor) if cursor is not None else None
    owner = _class(context, path, frame) if frame is not None else None
    if cursor is None or frame is None or owner is None:
        return None
    found = sorted(_parameters(owner, ModelSet(context.memo(everything))), key=lambda each: not each.needed)
    return Constructor(owner.mapper.name, tuple(found), _active(cursor, frame, [each.name for each in found]))


def _call(cursor: Cursor) -> OpenBracket | None:
    """The innermost call around the cursor; a list or a tuple among its arguments is passed over."""
    frame = next((each for each in cursor.frames if each.opener == "(" and each.callee), None)
    if frame is None:
        return None
    text = cursor.before_bracket + cursor.frames[0].inside
    return None if _HEADER.search(text[: len(text) - len(frame.inside)]) else frame


def _class(context: Context, path: str, frame: OpenBracket) -> ModelClass | None:
    for models in standing_models(context, path):
        for standing in models.shapes.mappers:
            if standing.shape.name == frame.function:
                usual = has_usual_constructor(context, ModelScope(models.shapes), standing.shape)
                usual = usual and not is_dataclass(context, standing.shape)
                return ModelClass(models, standing.shape) if usual else None
    return None


def _parameters(owner: ModelClass, others: ModelSet) -> Iterator[Parameter]:
    """``others`` has the classes that the program of ``owner`` may not import."""
    standing = owner.models.shapes.table_of(owner.mapper)
    table = standing.shape if standing is not None else None
    for each in owner.models.shapes.properties(owner.mapper).values():
        # A hybrid or an expression can rarely be set.
        if isinstance(each, OtherProperty) and each.kind not in ("synonym", "composite", "proxy"):
            continue
        column = table.column(each.column) if table is not None and isinstance(each, ColumnProperty) else None
        needed = table is not None and column is not None and _is_needed(table, column)
        kind = _column_kind(owner, table, column)
        if isinstance(each, RelationshipShape):
            kind = _target_kind(owner, others, each)
        label = f"{each.name}: {kind}" if kind else each.name
        detail = attribute_detail(owner, each)
        if needed:
            detail += ": it may not be NULL, and nothing else fills it"
        yield Parameter(each.name, label if needed else f"{label} = ...", detail, needed)


def _target_kind(owner: ModelClass, others: ModelSet, relationship: RelationshipShape) -> str:
    term = target_term(relationship)
    target = owner.models.target(owner.mapper, term) or others.target(owner.mapper, term)
    if target is None:
        return ""
    return f"list[{target.name}]" if relationship.collection else target.name


def _column_kind(owner: ModelClass, table: TableShape | None, column: ColumnShape | None) -> str:
    if table is None or column is None:
        return ""
    kind = type_text(owner.models.shapes.type_of(table, column))
    return f"{kind} | None" if column.nullable and not table.in_primary_key(column) else kind


def _is_needed(table: TableShape, column: ColumnShape) -> bool:
    """Whether a row can only be written with a value for a column. A foreign key is filled by its relationship."""
    fills = (column.default, column.server_default, column.computed, column.identity)
    keyed = any(column.key == each.text for key in table.foreign_keys for each in key.columns)
    if column.open or keyed or column.foreign_keys or any(each is not None for each in fills):
        return False
    if table.in_primary_key(column):
        auto = isinstance(column.autoincrement, ValueTerm) and column.autoincrement.value in ("auto", True)
        return not (auto and table.key_columns() == (column.name,) and _may_be_counted(column.type_))
    return column.nullable is False


def _may_be_counted(type_: TypeTerm) -> bool:
    return not type_.known or type_.name.lower() in _COUNTED or (type_.impl is not None and _may_be_counted(type_.impl))


def _active(cursor: Cursor, frame: OpenBracket, names: list[str]) -> int | None:
    keyword = GIVEN.match(frame.item)
    if keyword is not None:
        return names.index(keyword[1]) if keyword[1] in names else None
    given = set(GIVEN.findall(frame.inside))
    left = [each for each in names if each not in given]
    typed = cursor.before if frame is cursor.frames[0] and not cursor.in_string else ""
    first = next((each for each in left if each.startswith(typed)), left[0] if left else None)
    return None if first is None else names.index(first)
