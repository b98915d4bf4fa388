"""Renames a table or a column: every string that means it, and nothing else.

Revisions are left alone, as they tell the history of the database. Classes and attributes are identifiers of Python,
which a language server for Python renames.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind, TextEdit
from cucurbit.ide.models.names import ModelName, NameKind, Occurrence, name_index
from cucurbit.simulate.core.shapes import TableShape
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText

_NAME = re.compile(r"[^\W\d][\w$]*")
_CALL = re.compile(r"(?:[A-Za-z_]\w*\.)*(?:mapped_column|Column)\(")


class NotRenamed(Exception):
    """Why a name cannot be renamed, in words for the user."""


@dataclass(frozen=True)
class Renamable:
    """The name at a position; ``span`` contains it."""

    name: ModelName
    span: Span


def renamable(context: Context, path: str, line: int, column: int) -> Renamable | None:
    """The table or column whose name stands in a string at a position; None if there is none."""
    for each in context.memo(name_index).at(path, line, column):
        if each.is_string and each.name.kind in (NameKind.TABLE, NameKind.COLUMN):
            return Renamable(each.name, each.span)
    return None


def renamed(context: Context, name: ModelName, new: str) -> Fix:
    """The edits that rename ``name``.

    Raises:
        NotRenamed: the new name is none or is taken, or the old one is written where it cannot be changed.
    """
    index = context.memo(name_index)
    what = f"{name.kind.value} {name.name}"
    if _NAME.fullmatch(new) is None:
        raise NotRenamed(f"{new!r} is no name of a {name.kind.value}: use letters, digits and underscores.")
    _check_free(context, name, new)
    for place in index.computed.get(name, ()):
        raise NotRenamed(f"{context.at(place)} does not write {what} as a plain string: change that first.")
    found = index.of_name.get(name, ())
    if not any(each.defines for each in found):
        raise NotRenamed(f"The program computes the name of {what}, at {context.at(name.place)}: change that first.")
    edits = tuple(_edits(context, found, new))
    note = "The database keeps the old name until a revision renames it."
    return Fix(f"Rename {what} to {new}", True, FixKind.REFACTOR, edits, note)


def _check_free(context: Context, name: ModelName, new: str) -> None:
    for table in _tables(context):
        if name.kind is NameKind.COLUMN and any(each.place == name.place for each in table.columns):
            taken = table.named(new)
            if taken is not None and taken.place != name.place:
                raise NotRenamed(f"Table {table.key} has a column {new} already, at {context.at(taken.place)}.")
        elif name.kind is NameKind.TABLE and table.name == new and table.place != name.place:
            raise NotRenamed(f"There is a table {new} already, at {context.at(table.place)}.")


def _tables(context: Context) -> Iterator[TableShape]:
    for entry in context.entries:
        for standing in context.shapes(entry).tables.values():
            yield standing.shape


def _edits(context: Context, found: Sequence[Occurrence], new: str) -> Iterator[TextEdit]:
    for each in found:
        if each.is_string:
            yield TextEdit(each.path, each.span, new)
        else:
            yield _named_in_call(context, each, new)


def _named_in_call(context: Context, definition: Occurrence, new: str) -> TextEdit:
    """Writes the name into the call that makes a column, which had the name of its attribute so far."""
    place = definition.name.place
    span = context.span(place)
    text = context.workspace.text(place.path)
    source = SourceText("" if text is None else text)
    call = _CALL.match(source.slice(span))
    if call is None:
        raise NotRenamed(
            f"At {context.at(place)} no call names column {definition.name.name}. "
            f'Write `= mapped_column("{definition.name.name}")` there first.'
        )
    empty = source.slice(span)[call.end() :].lstrip().startswith(")")
    at = source.position(source.offset(span.line, span.column) + call.end())
    return TextEdit(place.path, Span(*at, *at), f'"{new}"' if empty else f'"{new}", ')
