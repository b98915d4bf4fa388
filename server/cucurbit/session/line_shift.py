"""Maps lines of an older text to lines of a newer one."""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.source.span import Span
from cucurbit.source.text import SourceText


@dataclass(frozen=True)
class LineShift:
    """Lines before ``first`` (1-based) did not move; from ``last`` on (in the old text) they moved by ``by`` lines.

    The lines between were edited: they are mapped to the first line of the edit.
    """

    first: int
    last: int
    by: int

    @classmethod
    def between(cls, then: SourceText, now: SourceText) -> LineShift:
        """The shift that one connected edit from ``then`` to ``now`` causes."""
        shorter = min(then.line_count, now.line_count)
        head = 0
        while head < shorter and then.line_text(head + 1) == now.line_text(head + 1):
            head += 1
        tail = 0
        while tail < shorter - head and then.line_text(then.line_count - tail) == now.line_text(now.line_count - tail):
            tail += 1
        return cls(head + 1, then.line_count - tail + 1, now.line_count - then.line_count)

    def move(self, span: Span) -> Span:
        """The span in the newer text. A span that overlaps the edit is clipped to it."""
        if span.end_line < self.first:
            return span
        if span.line >= self.last:
            return Span(span.line + self.by, span.column, span.end_line + self.by, span.end_column)
        line = min(span.line, max(self.first, self.last - 1 + self.by))
        end = span.end_line + self.by if span.end_line >= self.last else span.end_line
        return Span(line, span.column, max(line, end), span.end_column if end >= line else span.column)

    def back(self, line: int) -> int | None:
        """The line of the older text that is at ``line`` now; None if it was edited."""
        if line < self.first:
            return line
        return line - self.by if line - self.by >= self.last else None
