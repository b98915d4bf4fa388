"""Styled text as values, so that a report has the same text with and without colours."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO, TypeAlias

from cucurbit.report.report import printable

Segment: TypeAlias = tuple[str, str]
"""Text and its style, as rich names it; an empty style is plain text."""

Line: TypeAlias = list[Segment]

SEVERITY_STYLES = {"error": "bold red", "warning": "bold yellow", "information": "bold blue", "hint": "bold cyan"}


@dataclass(frozen=True)
class Signs:
    """Symbols that the encoding of the output can represent."""

    arrow: str
    bar: str
    caret: str
    cross: str
    dot: str
    run: str
    tick: str
    dash: str
    more: str


UNICODE = Signs(arrow="╭─", bar="│", caret="^", cross="✗", dot="●", run="▶", tick="✓", dash="—", more="…")
ASCII = Signs(arrow="-->", bar="|", caret="^", cross="x", dot="*", run=">", tick="v", dash="-", more="...")


def signs_for(encoding: str | None) -> Signs:
    """The symbols that can be written in ``encoding``."""
    try:
        "".join(vars(UNICODE).values()).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


def plain(line: Line) -> str:
    """A line without styles and trailing blanks."""
    return "".join(printable(text) for text, _ in line).rstrip()


def wrapped(line: Line, width: int, indent: str, indent_style: str = "") -> Iterator[Line]:
    """A line in pieces of at most ``width`` columns, broken at blanks; all but the first begin with ``indent``.

    A word that is wider than that, a path for example, stays whole.
    """
    room = max(width, len(indent) + 20)
    current: Line = []
    used = 0
    for text, style in line:
        for word in _WORDS.findall(printable(text)):
            breaks = bool(current) and used + columns(word) > room and not word.isspace()
            if breaks:
                yield current
                current, used = [(indent, indent_style)], columns(indent)
            piece = word.lstrip() if breaks else word
            current.append((piece, style))
            used += columns(piece)
    if current:
        yield current


_WORDS = re.compile(r"\s*\S+|\s+$")


def columns(text: str) -> int:
    """The number of terminal columns that ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def write_plain(lines: Iterable[Line], stream: TextIO) -> None:
    stream.writelines(plain(line) + "\n" for line in lines)


def write_coloured(lines: Iterable[Line], stream: TextIO) -> None:
    """Write lines with their styles, in the colours that the terminal supports; the terminal wraps long lines."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, force_terminal=True, soft_wrap=True, highlight=False, markup=False, emoji=False)
    for line in lines:
        console.print(Text.assemble(*((printable(text), style) for text, style in line)))


def write(lines: Iterable[Line], *, coloured: bool, stream: TextIO | None = None) -> None:
    """Write lines to ``stream`` (by default standard output)."""
    target = sys.stdout if stream is None else stream
    (write_coloured if coloured else write_plain)(lines, target)
