"""The source line of a finding, with a marker below it."""

from __future__ import annotations

from cucurbit.report.report import masked, printable
from cucurbit.report.styled import Line, Signs, columns
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText

WIDEST = 160
"""How many columns of a source line are shown, where there is no terminal that says less."""


def excerpt(source: SourceText, span: Span, style: str, signs: Signs, width: int = WIDEST) -> list[Line]:
    """The first line of ``span`` and the marker below it; nothing if that line is empty."""
    raw = masked(source.line_text(span.line))
    if not raw.strip():
        return []
    widest = max(20, min(width - len(str(span.line)) - 4, WIDEST))
    end = span.end_column if span.end_line == span.line else len(raw.rstrip())
    start, end = min(span.column, len(raw)), min(max(end, span.column + 1), len(raw))
    first = max(0, min(start - 20, len(raw) - widest)) if end > widest else 0
    shown = printable(raw[first : first + widest])
    before = columns(printable(raw[first:start]))
    marked = max(1, columns(printable(raw[start : min(end, first + widest)])))
    number = str(span.line)
    gutter = " " * len(number)
    return [
        [(f" {number} {signs.bar} ", "blue"), (shown, "")],
        [(f" {gutter} {signs.bar} ", "blue"), (" " * before + signs.caret * marked, style)],
    ]
