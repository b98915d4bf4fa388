"""Styled text as values, so that a report has the same text with and without colours."""

from __future__ import annotations

import sys
from collections.abc import Iterable
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


UNICODE = Signs(arrow="╭─", bar="│", caret="^", cross="✗", dot="●", run="▶", tick="✓", dash="—")
ASCII = Signs(arrow="-->", bar="|", caret="^", cross="x", dot="*", run=">", tick="v", dash="-")


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
