"""Spans of the program and ranges of the protocol."""

from __future__ import annotations

from lsprotocol import types

from cucurbit.source.span import Span
from cucurbit.source.text import SourceText, Unit


def to_position(source: SourceText | None, line: int, column: int, unit: Unit) -> types.Position:
    """A position of the protocol; one outside the text is moved to the nearest inside."""
    if source is None:
        return types.Position(max(line - 1, 0), max(column, 0))
    if line < 1:
        return types.Position(0, 0)
    if line > source.line_count:
        line, column = source.line_count, len(source.line_text(source.line_count))
    return types.Position(line - 1, source.to_units(line, column, unit))


def to_range(source: SourceText | None, span: Span, unit: Unit) -> types.Range:
    """A range of the protocol; ``source`` None is a file that cannot be read, whose columns are left as they are."""
    return types.Range(
        to_position(source, span.line, span.column, unit),
        to_position(source, span.end_line, span.end_column, unit),
    )


def from_position(source: SourceText, position: types.Position, unit: Unit) -> tuple[int, int]:
    """Line and column of the program; outside the text, the nearest inside."""
    line = position.line + 1
    if line > source.line_count:
        return source.line_count, len(source.line_text(source.line_count))
    return line, source.from_units(line, position.character, unit)


def to_span(source: SourceText, area: types.Range, unit: Unit) -> Span:
    """A span of the program; a range that ends before it starts is empty."""
    start = from_position(source, area.start, unit)
    end = from_position(source, area.end, unit)
    return Span(*start, *max(start, end))
