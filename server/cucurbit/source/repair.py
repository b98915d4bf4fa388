"""A text with syntax errors to one that Python reads, by blanking as little as possible.

What is blanked leaves blanks, so that everything else keeps its line and column.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

import msgspec
from tree_sitter import Tree

from cucurbit.source.facts import SyntaxProblem
from cucurbit.source.grammar import UNREADABLE, parse, reads
from cucurbit.source.logical import LogicalLine, logical_lines
from cucurbit.source.newer import Older, has_older_syntax, older_statements, take_back
from cucurbit.source.span import Span
from cucurbit.source.tokens import Kind, tokens

_LARGEST = 500_000
"""Bytes; a larger text with an error is given up, since each attempt reads all of it."""
_EFFORT = 3_000_000
"""Bytes that may be read in all attempts on one text together; a line costs as much as :data:`_LINE` more of them."""
_LINE = 30
_MOST_ATTEMPTS = 100
_HEADERS = frozenset(b"class def async if elif else for while with try except finally match case @".split())
_NEUTRAL = {b"except": b"except:", b"elif": b"elif 0:", b"else": b"else:", b"finally": b"finally:"}
_LAYOUT = ("expected an indented block", "unexpected indent", "unindent does not match")
"""How the messages start that are about indentation, not about what a bracket holds."""
_TRY = re.compile(rb"([ \t\f]*)try: ?")
_NUMBERS = re.compile(r" (?:on|at) line \d+|\s*\([^()]*\bline \d+\)")
_ON_LINE = re.compile(r"on line (\d+)$")
_NEVER_VALID = ("`", "$", "?")
_CERTAIN_MESSAGES = (
    "cannot assign",
    "cannot delete",
    "expected 'except'",
    "illegal target",
    "leading zeros",
    "Missing parentheses",
    "non-default",
    "positional argument",
)
"""What no Python is going to read, though the more lenient grammar does."""


@dataclass(frozen=True)
class Repaired:
    """``tree`` of the text ``data``, whose lines and columns are those of the broken one."""

    tree: ast.Module
    data: bytes
    problem: SyntaxProblem
    type_parameters: frozenset[str]


def repair(data: bytes, error: Exception) -> Repaired:
    """The best that can be read of ``data``, on which :func:`parse` raised ``error``."""
    problem = _problem(error, data, certain=False)
    if len(data) > _LARGEST or not isinstance(error, SyntaxError):
        return _by_chunks(data, problem, frozenset())
    older = take_back(data)
    try:
        whole = msgspec.structs.replace(problem, whole=True)
        return Repaired(parse(older.data), older.data, whole, older.type_parameters)
    except SyntaxError as remaining:
        error = remaining
    except UNREADABLE:
        return _by_chunks(data, problem, older.type_parameters)
    if _is_certain(error, older.tree):
        problem = _problem(error, older.data, certain=True)
    return _Work(older).run(error, problem)


def _is_certain(error: SyntaxError, tree: Tree) -> bool:
    if isinstance(error, IndentationError) or (error.msg or "").startswith(_CERTAIN_MESSAGES):
        return True
    if (error.text or "")[max((error.offset or 1) - 1, 0) :].startswith(_NEVER_VALID):
        return True
    return tree.root_node.has_error or has_older_syntax(tree)


def _problem(error: Exception, data: bytes, *, certain: bool) -> SyntaxProblem:
    """The problem's place in bytes, from the error's; its message without line numbers, which move."""
    if not isinstance(error, SyntaxError):
        return SyntaxProblem("nested too deeply to be read", Span(1, 0, 1, 0), certain=False)
    message = _NUMBERS.sub("", error.msg or "invalid syntax").encode("utf-8", "replace").decode()
    lines = data.split(b"\n")
    line = min(max(error.lineno or 1, 1), len(lines))
    text = lines[line - 1]
    shown = text.decode()
    start = len(shown[: max((error.offset or 1) - 1, 0)].encode())
    start = min(start, len(text.rstrip()))
    end = len(text.rstrip())
    if error.end_lineno == line and error.end_offset is not None and error.end_offset > (error.offset or 1):
        end = min(end, len(shown[: error.end_offset - 1].encode()))
    return SyntaxProblem(message, Span(line, start, line, max(start, end)), certain)


def _by_chunks(data: bytes, problem: SyntaxProblem, unknown: frozenset[str]) -> Repaired:
    """What is left when each top-level statement that cannot be read by itself is blanked."""
    lines = data.split(b"\n")
    if len(data) <= _LARGEST:
        for first, last in _chunks(lines):
            if not reads(b"\n".join(lines[first : last + 1])):
                lines[first : last + 1] = [b""] * (last + 1 - first)
        try:
            remaining = b"\n".join(lines)
            return Repaired(parse(remaining), remaining, problem, unknown)
        except UNREADABLE:
            pass
    return Repaired(ast.Module([], []), b"\n" * (len(lines) - 1), problem, unknown)


def _chunks(lines: list[bytes]) -> list[tuple[int, int]]:
    """First and last line of each top-level statement."""
    chunks: list[tuple[int, int]] = []
    joins = (b"else", b"elif", b"except", b"finally")
    decorated = False
    for line in logical_lines(lines):
        if chunks and (line.indent > 0 or line.keyword in joins or decorated):
            chunks[-1] = (chunks[-1][0], line.last)
        else:
            chunks.append((line.first, line.last))
        decorated = line.indent == 0 and line.keyword == b"@"
    return chunks


class _Work:
    """One text being repaired: its lines, changed attempt by attempt."""

    def __init__(self, older: Older) -> None:
        self.older = older
        self.lines = older.data.split(b"\n")
        self.attempts = max(min(_EFFORT // (len(older.data) + _LINE * len(self.lines) + 1), _MOST_ATTEMPTS), 4)

    def run(self, error: SyntaxError, problem: SyntaxProblem) -> Repaired:
        unknown = self.older.type_parameters
        self._blank_older()
        self._close_string()
        last = (0, "")
        for _ in range(self.attempts):
            data = b"\n".join(self.lines)
            try:
                return Repaired(parse(data), data, problem, unknown)
            except SyntaxError as again:
                error = again
            except UNREADABLE:
                break
            where = (error.lineno or 0, error.msg or "")
            self._improve(error, stuck=where == last)
            last = where
        return _by_chunks(b"\n".join(self.lines), problem, unknown)

    def _blank_older(self) -> None:
        """Python 2's statements all at once: a file that has one has many."""
        for node in older_statements(self.older.tree):
            row, column = node.start_point
            end_row, end_column = node.end_point
            for number in range(row, min(end_row, len(self.lines) - 1) + 1):
                text = self.lines[number]
                start = column if number == row else 0
                end = min(end_column if number == end_row else len(text), len(text))
                filler = b"0".ljust(end - start) if number == row and end > start else b" " * (end - start)
                self.lines[number] = text[:start] + filler + text[end:]

    def _close_string(self) -> None:
        """Where one triple quote too many stands, the line whose loss makes the text readable goes."""
        for quote in (b'"""', b"'''"):
            odd = [number for number, text in enumerate(self.lines) if text.count(quote) % 2]
            if len(odd) % 2 == 0:
                continue
            for number in odd[: min(self.attempts, 24)]:
                kept = self.lines[number]
                self.lines[number] = b""
                if reads(b"\n".join(self.lines)):
                    return
                self.lines[number] = b" " * (len(kept) - len(kept.lstrip())) + b"0"
                if reads(b"\n".join(self.lines)):
                    return
                self.lines[number] = kept

    def _improve(self, error: SyntaxError, *, stuck: bool) -> None:
        logical = logical_lines(self.lines)
        message = error.msg or ""
        index = _index(logical, (error.lineno or 1) - 1)
        if index is None:
            self.lines = [b""] * len(self.lines)
        elif (opening := _unclosed(logical, index)) is not None and not message.startswith(_LAYOUT):
            self._blank_statement(logical, opening)
        elif stuck and logical[index].keyword not in _NEUTRAL:
            self._blank_around(logical, index)
        elif message.startswith("expected an indented block"):
            self._fill(logical, index, message)
        elif message.startswith("expected 'except'"):
            self._open_try(logical, index)
        elif message.startswith("unexpected indent"):
            self._blank_indented(logical, index)
        else:
            self._blank_statement(logical, index)

    def _blank(self, logical: list[LogicalLine], first: int, last: int) -> None:
        start, end = logical[first].first, logical[last].last
        self.lines[start : end + 1] = [b""] * (end + 1 - start)

    def _blank_indented(self, logical: list[LogicalLine], index: int) -> None:
        """The block that is indented too far, or the one line that cuts it off from the block it belongs to."""
        line = logical[index]
        cut, before = logical[max(index - 1, 0)], logical[max(index - 2, 0)]
        # Two blank lines are how people set off what does not belong to the block above.
        if before.indent >= line.indent > cut.indent and cut.first - before.last <= 2 and cut.keyword not in _HEADERS:
            self._blank(logical, index - 1, index - 1)
        else:
            self._blank(logical, index, _last_inner(logical, index, line.indent))

    def _fill(self, logical: list[LogicalLine], index: int, message: str) -> None:
        """A statement for an empty block, behind the colon of its header."""
        match = _ON_LINE.search(message)
        found = _index(logical, int(match.group(1)) - 1) if match else max(index - 1, 0)
        header = logical[index if found is None else found]
        for number in range(header.last, header.first - 1, -1):
            colon = _colon(self.lines[number])
            if colon is not None:
                self.lines[number] = self.lines[number][: colon + 1] + b" 0"
                return
        self._blank(logical, index, index)

    def _open_try(self, logical: list[LogicalLine], index: int) -> None:
        """A ``try`` without handlers is one that catches nothing: ``if 1``."""
        for line in reversed(logical[: index + 1]):
            text = self.lines[line.first]
            start = _TRY.match(text)
            if start is not None and self._is_bare_try(logical, line):
                self.lines[line.first] = start.group(1) + b"if 1:" + text[start.end() :]
                return
        self._blank_statement(logical, index)

    def _is_bare_try(self, logical: list[LogicalLine], start: LogicalLine) -> bool:
        for line in logical[logical.index(start) + 1 :]:
            if line.indent <= start.indent:
                return not (line.indent == start.indent and line.keyword in (b"except", b"finally"))
        return True

    def _blank_statement(self, logical: list[LogicalLine], index: int) -> None:
        line = logical[index]
        previous = logical[index - 1] if index else None
        if previous is not None and previous.keyword == b"@" and not _is_decorated(line, previous):
            self._blank(logical, _first_decorator(logical, index - 1), index - 1)
            return
        neutral = _NEUTRAL.get(line.keyword)
        text = self.lines[line.first]
        blanks = text[: len(text) - len(text.lstrip())]
        inner = _last_inner(logical, index, line.indent + 1) if line.keyword in _HEADERS else index
        if neutral is not None and text.strip() != neutral and inner > index:
            self._blank(logical, index, index)
            self.lines[line.first] = blanks + neutral
            return
        first = _first_decorator(logical, index) if line.keyword in (b"def", b"class", b"async", b"@") else index
        self._blank(logical, first, inner)

    def _blank_around(self, logical: list[LogicalLine], index: int) -> None:
        """The innermost block around a line with its header; at the top level, the statement and what it holds."""
        indent = logical[index].indent
        first = index
        while first > 0 and logical[first].indent >= indent > 0:
            first -= 1
        self._blank(
            logical,
            _first_decorator(logical, first),
            max(index, _last_inner(logical, first, 1 + logical[first].indent)),
        )


def _unclosed(logical: list[LogicalLine], index: int) -> int | None:
    """The last logical line up to ``index`` whose bracket is never closed: it swallows all that follows."""
    return next((place for place in range(index, -1, -1) if logical[place].unclosed), None)


def _is_decorated(line: LogicalLine, decorator: LogicalLine) -> bool:
    return line.keyword in (b"@", b"def", b"class", b"async") and line.indent == decorator.indent


def _index(logical: list[LogicalLine], number: int) -> int | None:
    """The logical line in which a line (0-based) stands, or the last one before it."""
    found: int | None = None
    for index, line in enumerate(logical):
        if line.first > number:
            break
        found = index
    return found if found is not None else (0 if logical else None)


def _last_inner(logical: list[LogicalLine], index: int, indent: int) -> int:
    """The last of the lines behind ``index`` that are indented by at least ``indent``."""
    last = index
    while last + 1 < len(logical) and logical[last + 1].indent >= indent:
        last += 1
    return last


def _first_decorator(logical: list[LogicalLine], index: int) -> int:
    first = index
    while first > 0 and logical[first - 1].keyword == b"@" and logical[first - 1].indent == logical[index].indent:
        first -= 1
    return first


def _colon(text: bytes) -> int | None:
    """The last colon of a header's last line, comment apart."""
    found = tokens(text.decode("latin-1"), layout=False)
    end = next((start for kind, start, _ in found if kind is Kind.COMMENT or kind is Kind.UNCLOSED), len(text))
    code = text[:end].rstrip()
    return len(code) - 1 if code.endswith(b":") else None
