"""The source line of a finding, with a marker below it."""

from __future__ import annotations

import unicodedata

from cucurbit.report.report import masked, printable
from cucurbit.report.styled import Line, Signs
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText

_WIDEST = 160
"""How many columns of a source line are shown."""


def excerpt(source: SourceText, span: Span, style: str, signs: Signs) -> list[Line]:
    """The first line of ``span`` and the marker below it; nothing if that line is empty."""
    raw = masked(source.line_text(span.line))
    if not raw.strip():
        return []
    end = span.end_column if span.end_line == span.line else len(raw.rstrip())
    start, end = min(span.column, len(raw)), min(max(end, span.column + 1), len(raw))
    first = max(0, min(start - 20, len(raw) - _WIDEST)) if end > _WIDEST else 0
    shown = printable(raw[first : first + _WIDEST])
    before = _width(printable(raw[first:start]))
    marked = max(1, _width(printable(raw[start : min(end, first + _WIDEST)])))
    number = str(span.line)
    gutter = " " * len(number)
    return [
        [(f" {number} {signs.bar} ", "blue"), (shown, "")],
        [(f" {gutter} {signs.bar} ", "blue"), (" " * before + signs.caret * marked, style)],
    ]


def _width(text: str) -> int:
    """The number of terminal columns that ``text`` takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
