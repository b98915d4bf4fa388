"""Where a cursor stands in a text that may be half typed: in which string, of which argument of which call.

Only the text is looked at, so that completion need not wait for an analysis of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.source.span import Span
from cucurbit.source.text import SourceText
from cucurbit.source.tokens import Kind, tokens

_MOST_LINES = 400
"""Lines above the cursor that are looked through for the start of its top-level statement."""

_TOP_LEVEL = re.compile(r"""[^\s#)\]}"']""")
_CLASS = re.compile(r"([ \t]*)class[ \t]+(\w+)")
_INDENT = re.compile(r"[ \t]*")
_WORD = re.compile(r"\w*")
_PATH = re.compile(r"[\w.]*")
_QUOTE = re.compile(r"""[A-Za-z]{0,2}(\"\"\"|'''|"|')""")
_STRINGS = (Kind.SHORT_STRING, Kind.UNCLOSED, Kind.LONG_STRING)


@dataclass(frozen=True)
class OpenBracket:
    """An open bracket around the cursor, the innermost first.

    ``opener`` is the bracket, ``callee`` the dotted name before it (``op.f``, empty if there is none), ``index`` the
    number of items before the one at the cursor, ``item`` what is written of that before the cursor's string or word,
    ``keyword`` its name, empty if it has none. ``inside`` is the text from the bracket to the cursor.
    """

    opener: str
    callee: str
    index: int
    item: str
    keyword: str
    inside: str

    @property
    def function(self) -> str:
        """The last part of the callee's name."""
        return self.callee.rpartition(".")[2]


@dataclass(frozen=True)
class Cursor:
    """``span`` is what a completion replaces: from the start of the string at the cursor, else of the word there, to
    the end of the word (in a string: of the dotted name).

    ``before`` is the part of it before the cursor. ``statement`` is the text from the start of the line of the
    outermost bracket to the cursor; ``before_bracket`` the text before the innermost one.
    """

    span: Span
    before: str
    in_string: bool
    frames: tuple[OpenBracket, ...]
    class_name: str
    statement: str
    before_bracket: str


def cursor_at(source: SourceText, line: int, column: int) -> Cursor | None:
    """The cursor at a position; None in comments and outside of brackets."""
    first = _first_line(source, line)
    base = source.offset(first, 0)
    offset = source.offset(line, column)
    text = source.text[base:offset]
    # The rest of the line tells whether a string is closed on it.
    rest = source.line_text(line)[column:]
    string, opened, in_comment = _scan(text + rest, len(text))
    if in_comment:
        return None
    if string is None:
        string = start = _word_start(text)
        stop = _word_end(rest)
        in_string = False
    else:
        in_string = True
        quote = _QUOTE.match(text, string)
        if quote is None or "\n" in text[string:]:
            return None
        start, stop = quote.end(), _path_end(rest)
    frames = tuple(_frames(text, opened, string))
    if not frames:
        return None
    outer = opened[0][0]
    return Cursor(
        Span(line, column - (len(text) - start), line, column + stop),
        text[start:],
        in_string,
        frames,
        _enclosing_class(source, line),
        text[text.rfind("\n", 0, outer) + 1 :],
        text[: opened[-1][0]],
    )


def _first_line(source: SourceText, line: int) -> int:
    """The line of the top-level statement around a line."""
    for number in range(line, max(line - _MOST_LINES, 0), -1):
        if _TOP_LEVEL.match(source.line_text(number)):
            return number
    return max(line - _MOST_LINES, 1)


def _scan(text: str, end: int) -> tuple[int | None, list[tuple[int, list[int]]], bool]:
    """The start of the string at index ``end``, the open brackets with their commas, and whether it is a comment."""
    opened: list[tuple[int, list[int]]] = []
    last = 0
    for kind, start, stop in tokens(text):
        _commas(text, last, min(start, end), opened)
        if start >= end:
            break
        if kind in _STRINGS and (stop > end or (kind is Kind.UNCLOSED and stop == end)):
            return start, opened, False
        if kind is Kind.COMMENT and stop >= end:
            return None, opened, True
        if kind is Kind.OPEN:
            opened.append((start, []))
        elif kind is Kind.CLOSE and opened:
            opened.pop()
        last = stop
    else:
        _commas(text, last, end, opened)
    return None, opened, False


def _commas(text: str, start: int, end: int, opened: list[tuple[int, list[int]]]) -> None:
    if opened:
        at = text.find(",", start, end)
        while at >= 0:
            opened[-1][1].append(at)
            at = text.find(",", at + 1, end)


def _frames(text: str, opened: list[tuple[int, list[int]]], end: int) -> Iterator[OpenBracket]:
    """``end`` is where the item at the cursor begins, or the next inner bracket's callee."""
    for start, commas in reversed(opened):
        item = text[(commas[-1] if commas else start) + 1 : end]
        first = _name_start(text, start)
        name = text[first:start].strip() if text[start] in "([" else ""
        yield OpenBracket(text[start], name, len(commas), item.strip(), _keyword(item), text[start:])
        end = first


def _keyword(item: str) -> str:
    """The name in ``name=``, which is all that is written of an item."""
    item = item.rstrip()
    if not item.endswith("=") or item.endswith(("==", "!=", "<=", ">=", ":=")):
        return ""
    name = item[:-1].strip()
    return name if name.isidentifier() else ""


def _name_start(text: str, end: int) -> int:
    """The start of the dotted name before index ``end``; ``end`` if there is none."""
    start = len(text[:end].rstrip())
    if start == 0 or not (text[start - 1].isalnum() or text[start - 1] == "_"):
        return end
    while start and (text[start - 1].isalnum() or text[start - 1] in "_."):
        start -= 1
    return start


def _word_start(text: str) -> int:
    start = len(text)
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    return start


def _word_end(rest: str) -> int:
    found = _WORD.match(rest)
    return found.end() if found is not None else 0


def _path_end(rest: str) -> int:
    found = _PATH.match(rest)
    return found.end() if found is not None else 0


def _enclosing_class(source: SourceText, line: int) -> str:
    """The name of the class in whose body a line is, by indentation; empty if it is in none."""
    text = source.line_text(line)
    indent = _indent(text)
    for number in range(line, max(line - _MOST_LINES, 0), -1):
        text = source.line_text(number)
        found = _CLASS.match(text)
        if found is not None and len(found[1]) < indent:
            return found[2]
        if text.strip() and not text.lstrip().startswith(("#", ")", "]", "}")):
            indent = min(indent, _indent(text))
        if not indent and number != line:
            return ""
    return ""


def _indent(text: str) -> int:
    found = _INDENT.match(text)
    return len(found[0]) if found is not None else 0
