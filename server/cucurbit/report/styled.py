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

    A word that is wider than that, a path for example, stays whole, beside the signs that the line begins with.
    """
    room = max(width, len(indent) + 20)
    current: Line = []
    used, has_text = 0, False
    for text, style in line:
        for word in _WORDS.findall(printable(text)):
            at = _break_at(current, word) if has_text and used + columns(word) > room and not word.isspace() else None
            if at is not None:
                current, carried = _split(current, at)
                yield current
                current = [(indent, indent_style), *carried]
                used = sum(columns(piece) for piece, _ in current)
                has_text = bool(carried)
                piece = word if carried else word.lstrip()
            else:
                piece = word
            current.append((piece, style))
            used += columns(piece)
            has_text = has_text or any(c.isalnum() for c in piece)
    if current:
        yield current


def _break_at(line: Line, word: str) -> int | None:
    """Before which piece a full line is broken: ``word``, or the start of it in other styles; None if at none."""
    kept = len(line)
    while kept > 1 and not word[:1].isspace():
        kept -= 1
        word = line[kept][0]
    stays = any(c.isalnum() for text, _ in line[:kept] for c in text)
    return kept if stays and word[:1].isspace() else None


def _split(line: Line, at: int) -> tuple[Line, Line]:
    """A full line up to a piece, and what goes to the next line."""
    carried = line[at:]
    return line[:at], [(carried[0][0].lstrip(), carried[0][1]), *carried[1:]] if carried else []


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
