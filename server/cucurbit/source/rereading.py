"""A text that was edited, read again only where it is another one.

A file is a sequence of statements. Where an edit lies within a few of them, those are parsed by themselves: what stands
before and behind them is read as it was, as the tokenizer comes to each statement of a module in the same state, and
nothing in Python's grammar looks beyond the end of one. Where that is not certain, or the edit moves what facts refer
to, the whole text is read.
"""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from cucurbit.source import reader
from cucurbit.source.comments import comments
from cucurbit.source.facts import ModuleFacts, Step
from cucurbit.source.grammar import UNREADABLE, parse
from cucurbit.source.lower_stmt import steps
from cucurbit.source.lowering import Lowering
from cucurbit.source.span import Span


class Mark(msgspec.Struct, frozen=True, gc=False):
    """One statement of a module: its lines (1-based, inclusive), and how much the facts hold of those before it."""

    first: int
    last: int
    steps: int
    spans: int
    bodies: int


@dataclass(frozen=True, eq=False)
class Reading:
    """The facts of a text, with what it takes to read its next version; ``marks`` is empty where that is read whole.

    The lines of ``text`` end in LF.
    """

    text: str
    facts: ModuleFacts
    marks: tuple[Mark, ...] = ()


def unbroken(text: str, before: Reading | None = None) -> Reading | None:
    """What :func:`cucurbit.source.reader.read` says of a text, with the help of the reading of an earlier version.

    None where it has a syntax error, which is not looked for any further.
    """
    text = reader.unified(text)
    if "\0" in text or text.startswith("\ufeff"):
        # These are left out before a text is read.
        module = reader.read(text)
        return Reading(text, module) if module.problem is None else None
    again = None
    if before is not None and before.marks:
        with suppress(*UNREADABLE):
            again = _again(before, text)
    return _whole(text) if again is None else again


def _whole(text: str) -> Reading | None:
    try:
        return _marked(text)
    except UNREADABLE:
        return None


def _marked(text: str) -> Reading:
    data = text.encode()
    to = Lowering(data.split(b"\n"))
    own, marks = _lowered(to, parse(data).body, 0)
    bodies = (own, *to.bodies[1:])
    facts = ModuleFacts(bodies, reader.places(to, data), tuple(to.within), comments(text))
    return Reading(text, facts, tuple(marks))


def _lowered(to: Lowering, nodes: Iterable[ast.stmt], before: int) -> tuple[tuple[Step, ...], list[Mark]]:
    """The steps of statements of a module, ``before`` of which stand before them."""
    found: list[Step] = []
    marks = []
    for node in nodes:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        last = node.end_lineno or node.lineno
        marks.append(Mark(first, last, before + len(found), to.base + len(to.spans), len(to.bodies)))
        found += steps(to, [node])
    return tuple(found), marks


def _again(before: Reading, text: str) -> Reading | None:
    """The reading of an edited text; None where it is to be read as a whole.

    :raises SyntaxError: and what else :func:`parse` raises, where the edited statements do not stand by themselves.
    """
    start, stop = _edited(before, text)
    marks, old = before.marks, before.facts
    shift = text.count("\n") - before.text.count("\n")
    head = marks[start - 1].last if start else 0
    lines = text.split("\n")
    middle = lines[head : marks[stop].first - 1 + shift if stop < len(marks) else None]
    if any(some and some[-1].rstrip().endswith("\\") for some in (lines[:head], middle)):
        return None
    # So that lines are numbered as in the text.
    data = ("\n" * head + "\n".join(middle)).encode()
    from_, to_ = _mark(before, start), _mark(before, stop)
    to = Lowering(data.split(b"\n"))
    to.base, to.bodies = from_.spans, [()] * from_.bodies
    to.places += [[]] * (from_.bodies - 1)
    to.within = list(old.within[: from_.bodies])
    own, fresh = _lowered(to, parse(data).body, from_.steps)
    grown = from_.steps + len(own) - to_.steps
    if stop < len(marks) and (from_.spans + len(to.spans), len(to.bodies)) != (to_.spans, to_.bodies):
        return None
    spans = reader.places(to, data)
    behind = _down((old.spans[0][to_.spans :], *old.spans[to_.bodies :]), shift)
    return Reading(
        text,
        ModuleFacts(
            (
                (*old.body[: from_.steps], *own, *old.body[to_.steps :]),
                *old.bodies[1 : from_.bodies],
                *to.bodies[from_.bodies :],
                *old.bodies[to_.bodies :],
            ),
            (
                (*old.spans[0][: from_.spans], *spans[0], *behind[0]),
                *old.spans[1 : from_.bodies],
                *spans[from_.bodies :],
                *behind[1:],
            ),
            (*to.within, *old.within[to_.bodies :]),
            comments(text),
        ),
        (*marks[:start], *fresh, *(_later(mark, shift, grown) for mark in marks[stop:])),
    )


def _edited(before: Reading, text: str) -> tuple[int, int]:
    """The statements of ``before`` to be read again, as a range of its marks: those edited and their neighbours.

    Text that is added behind a statement may be a part of it: a line of a function, an ``else``.
    """
    marks, old = before.marks, before.text
    same = _common_prefix(old, text)
    rest = min(len(old), len(text)) - same
    first = old.count("\n", 0, same) + 1
    last = old.count("\n", 0, len(old) - _common_suffix(old, text, rest)) + 1
    start = max(bisect_left(marks, first, key=lambda mark: mark.last) - 1, 0)
    stop = min(bisect_right(marks, last, key=lambda mark: mark.first) + 1, len(marks))
    # Statements on one line are read together.
    while start and marks[start - 1].last >= marks[start].first:
        start -= 1
    while stop < len(marks) and marks[stop - 1].last >= marks[stop].first:
        stop += 1
    return start, stop


def _common_prefix(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.startswith(other[low:middle], low):
            low = middle
        else:
            high = middle - 1
    return low


def _common_suffix(one: str, other: str, most: int) -> int:
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if one.endswith(other[len(other) - middle : len(other) - low], 0, len(one) - low):
            low = middle
        else:
            high = middle - 1
    return low


def _mark(reading: Reading, number: int) -> Mark:
    """The mark of a statement; of the one behind the last, what all of them hold."""
    if number < len(reading.marks):
        return reading.marks[number]
    module = reading.facts
    return Mark(0, 0, len(module.body), len(module.spans[0]), len(module.bodies))


def _later(mark: Mark, lines: int, grown: int) -> Mark:
    if not lines and not grown:
        return mark
    return Mark(mark.first + lines, mark.last + lines, mark.steps + grown, mark.spans, mark.bodies)


def _down(spans: Sequence[tuple[Span, ...]], lines: int) -> reader.Spans:
    if not lines:
        return tuple(spans)
    return reader.moved(
        tuple(spans), lambda span: Span(span.line + lines, span.column, span.end_line + lines, span.end_column)
    )
