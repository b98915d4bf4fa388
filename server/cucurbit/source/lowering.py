"""What the lowering of statements and of expressions share: the table of spans, and the raw lines for headers."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from cucurbit.source.expressions import At, in_body
from cucurbit.source.facts import Step
from cucurbit.source.span import Span

_BLANK = re.compile(rb"[\s\\]*")
_WORD = re.compile(rb"[^\s\\:;,#()\[\]{}=.]+")
_HEADER = re.compile(rb"[^:#]*")


class Lowering:
    """The state of one file's lowering.

    ``bodies``, ``places`` and ``within`` are those of :class:`ModuleFacts` as far as they are there; ``spans`` are the
    places of the body being lowered, ``number`` is its number, ``base`` what their indices are added to.

    ``lines`` are the UTF-8 lines without their ends. Columns in ``spans`` count UTF-8 bytes, as in :mod:`ast`, until
    the reader converts them. ``yields`` says whether the function being lowered has a ``yield`` of its own.
    ``depth`` counts the expressions, ``blocks`` the blocks around the node being lowered. ``unknown`` are the names
    of type parameters, which stand for nothing that is known.
    """

    __slots__ = (
        "base", "blocks", "bodies", "depth", "lines", "number", "places", "spans", "unknown", "within", "yields",
    )  # fmt: skip

    def __init__(self, lines: list[bytes], unknown: frozenset[str] = frozenset()) -> None:
        self.lines = lines
        self.spans: list[Span] = []
        self.base: At = 0
        self.number = 0
        self.bodies: list[tuple[Step, ...]] = [()]
        self.places: list[list[Span]] = [self.spans]
        self.within: list[int] = [0]
        self.yields = False
        self.depth = 0
        self.blocks = 0
        self.unknown = unknown

    def at(self, node: ast.expr | ast.stmt | ast.alias | ast.excepthandler) -> At:
        """The place of the whole node, which is added."""
        return self.add(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)

    def add(self, line: int, column: int, end_line: int, end_column: int) -> At:
        spans = self.spans
        spans.append(Span(line, column, end_line, end_column))
        return self.base + len(spans) - 1

    def body(self, lower: Callable[[], tuple[Step, ...]]) -> int:
        """Lower a function's body, with places of its own. Gives its number."""
        number = len(self.bodies)
        self.bodies[number] = self._apart(lower, number)
        return number

    def class_body(self, lower: Callable[[], tuple[Step, ...]]) -> tuple[Step, ...]:
        """Lower a class's body, with places of its own: what is added to it moves no place behind the class."""
        return self._apart(lower, self.within[self.number])

    def _apart(self, lower: Callable[[], tuple[Step, ...]], within: int) -> tuple[Step, ...]:
        outer = self.spans, self.base, self.number
        self.spans, self.number = [], len(self.bodies)
        self.base = in_body(self.number, 0)
        self.bodies.append(())
        self.places.append(self.spans)
        self.within.append(within)
        lowered = lower()
        self.spans, self.base, self.number = outer
        return lowered

    def header(self, start: ast.stmt | ast.excepthandler, line: int, column: int) -> int:
        """The span from the start of a compound statement to its colon, the first one behind the position."""
        end_line, end_column = self._colon(line, column)
        return self.add(start.lineno, start.col_offset, end_line, end_column)

    def _colon(self, line: int, column: int) -> tuple[int, int]:
        lines = self.lines
        for number in range(line, len(lines) + 1):
            text = lines[number - 1]
            match = _HEADER.match(text, column)
            end = match.end() if match else len(text)
            if text[end : end + 1] == b":":
                return number, end
            column = 0
        return line, column

    def word(self, line: int, column: int, skip: int) -> tuple[int, int, int]:
        """Line, start and end of the ``skip``-th word (0-based) at or behind a position."""
        lines = self.lines
        while line <= len(lines):
            text = lines[line - 1]
            blank = _BLANK.match(text, column)
            start = blank.end() if blank else column
            match = _WORD.match(text, start)
            if match is None:
                line += 1
                column = 0
            elif skip == 0:
                return line, start, match.end()
            else:
                skip -= 1
                column = match.end()
        return line, column, column

    def marker(self, line: int, column: int) -> tuple[int, int]:
        """The place of the ``@`` before a decorator's expression."""
        found = self.lines[line - 1].rfind(b"@", 0, column)
        while found < 0 and line > 1:
            line -= 1
            found = self.lines[line - 1].rfind(b"@")
        return line, max(found, 0)
