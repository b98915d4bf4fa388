"""One file's text to its facts. Nothing a text may hold makes it raise."""

from __future__ import annotations

import ast
from collections.abc import Callable
from itertools import accumulate
from typing import TypeAlias

import msgspec

from cucurbit.source.comments import comments
from cucurbit.source.facts import NO_FACTS, ModuleFacts, SyntaxProblem
from cucurbit.source.grammar import UNREADABLE, parse
from cucurbit.source.lower_stmt import steps
from cucurbit.source.lowering import Lowering
from cucurbit.source.repair import repair
from cucurbit.source.span import START, Span

_MARK = "\ufeff"

Spans: TypeAlias = tuple[tuple[Span, ...], ...]


def read(text: str) -> ModuleFacts:
    """The facts of one file's text, total: what cannot be read is left out and said in ``problem``.

    A byte order mark at the start counts as a character, as in the text.
    """
    marked = text.startswith(_MARK)
    normal = unified(text[1:] if marked else text)
    clean, problem = _clean(normal)
    module = _read(clean, problem)
    return _behind_mark(module) if marked else module


def unified(text: str) -> str:
    """Every line ending as LF: that changes no line and no column."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _clean(text: str) -> tuple[str, SyntaxProblem | None]:
    """The text without the characters that Python reads in no file; the first of them is a problem."""
    problem: SyntaxProblem | None = None
    if "\0" in text:
        problem = _at("source code cannot contain null bytes", text, text.index("\0"))
        text = text.replace("\0", " ")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        problem = problem or _at("source code contains bytes that are invalid in its encoding", text, error.start)
        text = text.encode("utf-8", "replace").decode()
    return text, problem


def _at(message: str, text: str, place: int) -> SyntaxProblem:
    line = text.count("\n", 0, place) + 1
    column = place - (text.rfind("\n", 0, place) + 1)
    return SyntaxProblem(message, Span(line, column, line, column + 1), certain=True)


def _read(text: str, problem: SyntaxProblem | None) -> ModuleFacts:
    data = text.encode()
    try:
        module = _lower(parse(data), data, None, frozenset())
    except UNREADABLE as error:
        try:
            repaired = repair(data, error)
            module = _lower(repaired.tree, repaired.data, repaired.problem, repaired.type_parameters)
            module = msgspec.structs.replace(module, spans=_within(module.spans, text))
        except RecursionError:
            too_deep = SyntaxProblem("nested too deeply to be read", START, certain=False)
            module = msgspec.structs.replace(NO_FACTS, problem=too_deep)
        module = msgspec.structs.replace(module, problem=_in_text(module.problem, data))
    return msgspec.structs.replace(module, comments=comments(text), problem=problem or module.problem)


def _lower(
    tree: ast.Module, data: bytes, problem: SyntaxProblem | None, type_parameters: frozenset[str]
) -> ModuleFacts:
    to = Lowering(data.split(b"\n"), type_parameters)
    to.bodies[0] = steps(to, tree.body)
    return ModuleFacts(tuple(to.bodies), places(to, data), tuple(to.within), (), problem)


def places(to: Lowering, data: bytes) -> Spans:
    """The places of each body of what was lowered from ``data``, in code points."""
    spans = tuple([tuple(each) for each in to.places])
    return spans if data.isascii() else moved(spans, _CodePoints(to.lines).span)


def moved(spans: Spans, move: Callable[[Span], Span]) -> Spans:
    """Each place of each body as ``move`` moves it."""
    return tuple([tuple([move(span) for span in each]) for each in spans])


def _in_text(problem: SyntaxProblem | None, data: bytes) -> SyntaxProblem | None:
    if problem is None or data.isascii():
        return problem
    return msgspec.structs.replace(problem, span=_CodePoints(data.split(b"\n")).span(problem.span))


def _within(spans: Spans, text: str) -> Spans:
    """A repaired line may be longer than the one in the text, whose end is the last place there is."""
    ends = [len(line) for line in text.split("\n")]

    def cut(span: Span) -> Span:
        start, end = min(span.column, ends[span.line - 1]), min(span.end_column, ends[span.end_line - 1])
        return Span(span.line, start, span.end_line, end)

    return moved(spans, cut)


_LONG_LINE = 1_000
"""Bytes of a line of which each place is worked out once, since many may be asked for."""


class _CodePoints:
    """Columns in bytes as columns in code points."""

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines
        self._long: dict[int, list[int]] = {}
        """For each byte of a long line, how many code points begin before it."""

    def span(self, span: Span) -> Span:
        return Span(
            span.line,
            self._column(span.line, span.column),
            span.end_line,
            self._column(span.end_line, span.end_column),
        )

    def _column(self, number: int, offset: int) -> int:
        line = self._lines[number - 1]
        if len(line) <= _LONG_LINE:
            before = line[:offset]
            return offset if before.isascii() else len(before.decode("utf-8", "replace"))
        columns = self._long.get(number)
        if columns is None:
            begins = [byte & 0xC0 != 0x80 for byte in line]
            columns = self._long[number] = list(accumulate(begins, initial=0))
        return columns[min(offset, len(line))]


def _behind_mark(module: ModuleFacts) -> ModuleFacts:
    """Every place on the first line one column further."""

    def behind(span: Span) -> Span:
        if span.line > 1 or span == START:
            return span
        end = span.end_column + (span.end_line == 1)
        return Span(span.line, span.column + 1, span.end_line, end)

    problem = module.problem
    return ModuleFacts(
        module.bodies,
        moved(module.spans, behind),
        module.within,
        tuple([msgspec.structs.replace(comment, span=behind(comment.span)) for comment in module.comments]),
        problem and msgspec.structs.replace(problem, span=behind(problem.span)),
    )
