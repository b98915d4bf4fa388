"""Python tracebacks, found in any text: bare, chained, in exception groups, in logs with something before each line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_FRAME = re.compile(r'File "(?P<path>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<name>.+?))?\s*$')
_RAISED = re.compile(r"(?P<error>(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?::\s(?P<message>.*))?\s*$")
_ANYWHERE = re.compile(
    r"(?<![\w.])(?P<error>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Found|Warning)):\s(?P<message>\S.*)$"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_HEADER = "Traceback (most recent call last)"
_ESCAPED = re.compile(re.escape(_HEADER) + r":\\n")
_LONGEST = 10_000
"""Characters of a line that are looked at."""
_FAR = 60
"""Lines behind a frame within which the exception is looked for: a message may follow long source excerpts."""


@dataclass(frozen=True)
class Frame:
    """One ``File "path", line n, in name``; ``source`` is the line of source below it, if there is one."""

    path: str
    line: int
    name: str
    source: str = ""


@dataclass(frozen=True)
class RaisedError:
    """One exception: ``error`` is its class as printed, ``message`` its first line, ``frames`` outermost first."""

    error: str
    message: str
    frames: tuple[Frame, ...] = ()

    @property
    def name(self) -> str:
        """The class's own name."""
        return self.error.rpartition(".")[2]


def parse_tracebacks(text: str) -> tuple[RaisedError, ...]:
    """Every exception in ``text``, in the order in which they are printed: causes come before what they caused.

    A line such as ``ValueError: no`` without a traceback counts where there is no traceback at all.
    """
    text = _COLOUR.sub("", text)
    if _ESCAPED.search(text):
        # A traceback that a JSON log holds on one line.
        text = text.replace("\\n", "\n").replace('\\"', '"')
    lines = [line[:_LONGEST] for line in text.splitlines()]
    found = _with_frames(lines)
    if not found:
        matches = [_ANYWHERE.search(line) for line in lines]
        found = [RaisedError(match["error"], match["message"].strip()) for match in matches if match is not None]
    return tuple(dict.fromkeys(found))


def _with_frames(lines: Sequence[str]) -> list[RaisedError]:
    found = []
    frames: list[Frame] = []
    column = last = 0
    for number, line in enumerate(lines):
        match = _FRAME.search(line)
        if match is not None:
            column, last = max(0, match.start() - 2), number
            frames.append(Frame(match["path"], int(match["line"]), match["name"] or "", _source(lines, number, column)))
        elif _HEADER in line:
            frames = []
        elif frames and number - last <= _FAR:
            raised = _raised(line, column)
            if raised is not None:
                found.append(RaisedError(*raised, tuple(frames)))
                frames = []
    return found


def _source(lines: Sequence[str], number: int, column: int) -> str:
    """The source below a frame: it stands four columns in."""
    below = lines[number + 1] if number + 1 < len(lines) else ""
    if _FRAME.search(below) or below[column : column + 4].strip():
        return ""
    return below[column + 4 :].strip()


def _raised(line: str, column: int) -> tuple[str, str] | None:
    """The exception that a line names at ``column``: nothing is indented less within a traceback."""
    match = _RAISED.match(line[column:])
    return (match["error"], (match["message"] or "").strip()) if match is not None else None
