"""Logical lines of a text that may be broken, told from brackets, strings and comments alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cucurbit.source.tokens import Kind, tokens

_STATEMENT = re.compile(
    rb"[ \t]*(?:(?:class|def|import|from|async|with|while|try|return|raise|del|assert|global|nonlocal|pass)\b|@\w"
    rb"|(?:elif|except)\b|(?:else|finally)\s*:|\w+\s*=\s)"
)
"""A line that cannot stand inside brackets (or hardly): where a bracket that is never closed is given up."""
_HEADER = re.compile(rb"[ \t]*(?:class|def|if|elif|for|while|with|except|case)\b")
_KEYWORD = re.compile(rb"[a-z]+|@")


class LogicalLine(NamedTuple):
    """A statement's line with those that continue it; ``first`` and ``last`` are 0-based and inclusive.

    ``indent`` counts bytes, a tab moving to the next multiple of 8 as in Python. ``keyword`` is the first word where
    it is all small letters, or ``@``. ``unclosed``: a bracket in it is never closed.
    """

    first: int
    last: int
    indent: int
    keyword: bytes
    unclosed: bool


def logical_lines(lines: list[bytes]) -> list[LogicalLine]:
    """The logical lines of the text that ``lines`` make up; blank lines and comments are in none."""
    return list(_logical_lines(lines))


def _logical_lines(lines: list[bytes]) -> Iterator[LogicalLine]:
    ends, unclosed = _ends(lines)
    number = 0
    while number < len(lines):
        text = lines[number]
        bare = text.lstrip(b" \t\f")
        if not bare or bare.startswith(b"#"):
            number += 1
            continue
        last = ends[number]
        keyword = _KEYWORD.match(bare)
        blanks = text[: len(text) - len(bare)].rpartition(b"\f")[2]
        yield LogicalLine(
            number, last, len(blanks.expandtabs(8)), keyword.group() if keyword else b"", number in unclosed
        )
        number = last + 1


def _ends(lines: list[bytes]) -> tuple[list[int], set[int]]:
    """For each line in which a logical line starts, its last line; and where those start that never close a bracket."""
    starts = [0]
    unclosed: set[int] = set()
    number = 0
    depth = 0
    text = b"\n".join(lines).decode("latin-1")
    for kind, start, end in tokens(text):
        if kind is Kind.OPEN:
            depth += 1
        elif kind is Kind.CLOSE:
            depth = max(depth - 1, 0)
        elif kind is Kind.NEWLINE:
            number += 1
            if depth and _gives_up(lines, starts[-1], number):
                unclosed.add(starts[-1])
                depth = 0
            if depth == 0:
                starts.append(number)
        elif kind is not Kind.COMMENT:
            number += text.count("\n", start, end)
    if depth:
        unclosed.add(starts[-1])
    ends = list(range(len(lines)))
    for start, following in zip(starts, [*starts[1:], len(lines)], strict=True):
        ends[start] = max(following - 1, start)
    return ends, unclosed


def _gives_up(lines: list[bytes], start: int, number: int) -> bool:
    """Whether line ``number`` cannot belong to the open bracket of the logical line that starts at ``start``."""
    if _indent(lines[number]) <= _indent(lines[start]):
        return _STATEMENT.match(lines[number]) is not None
    return lines[number - 1].rstrip().endswith(b":") and _HEADER.match(lines[number - 1]) is not None


def _indent(text: bytes) -> int:
    return len(text) - len(text.lstrip(b" \t\f"))
