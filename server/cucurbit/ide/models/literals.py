"""The places of names in the text of files: inside string literals, in class headers, left of assignments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.simulate.core.timeline import Place
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText

_LINES_ABOVE = 12
"""Lines above a call that are searched for the name to which it is assigned."""


@dataclass(frozen=True)
class Literal:
    """A string literal of one line without escapes: ``line`` and ``column`` of the first character of its text."""

    place: Place
    text: str
    line: int
    column: int

    def part(self, start: int, length: int) -> Span:
        """The span of a part of the text."""
        return Span(self.line, self.column + start, self.line, self.column + start + length)


class Literals:
    """Finds names in the current texts of files."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._sources: dict[str, SourceText | None] = {}

    def _source(self, path: str) -> SourceText | None:
        if path not in self._sources:
            text = self._context.workspace.text(path)
            self._sources[path] = None if text is None else SourceText(text)
        return self._sources[path]

    def at(self, place: Place | None, text: str) -> Literal | None:
        """The literal at ``place``; None if it is not written there as ``text`` between two quotes."""
        source = None if place is None else self._source(place.path)
        if place is None or source is None or not text:
            return None
        span = self._context.span(place)
        written = source.slice(span)
        for quote in ('"', "'"):
            start = written.find(quote)
            if start >= 0 and written == f"{written[:start]}{quote}{text}{quote}" and _is_prefix(written[:start]):
                return Literal(place, text, span.line, span.column + start + 1)
        return None

    def identifier(self, place: Place, name: str) -> Span | None:
        """The name in a class header."""
        source = self._source(place.path)
        if source is None:
            return None
        span = self._context.span(place)
        found = re.match(rf"class[ \t]+({re.escape(name)})\b", source.slice(span))
        return None if found is None else _on_line(span.line, span.column, found)

    def assigned(self, place: Place, name: str) -> Span | None:
        """The identifier at the start of the statement that contains ``place``, if it is ``name``."""
        source = self._source(place.path)
        if source is None:
            return None
        first = self._context.span(place).line
        pattern = re.compile(rf"[ \t]*({re.escape(name)})[ \t]*(?::|=(?!=))")
        for line in range(first, max(first - _LINES_ABOVE, 0), -1):
            found = pattern.match(source.line_text(line))
            if found is not None:
                return _on_line(line, 0, found)
        return None


def _is_prefix(text: str) -> bool:
    return text.lower() in ("", "r", "u")


def _on_line(line: int, column: int, found: re.Match[str]) -> Span:
    return Span(line, column + found.start(1), line, column + found.end(1))
