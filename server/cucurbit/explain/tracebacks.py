"""Finds Python tracebacks in any text: plain, chained, in exception groups, and in logs with a prefix on each line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_FRAME = re.compile(r'File "(?P<path>[^"\n]+)", line (?P<line>\d{1,9})(?:, in (?P<name>.*\S))?\s*$')
_RAISED = re.compile(r"(?P<error>(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?::\s(?P<message>.*))?\s*$")
_ANYWHERE = re.compile(
    r"(?<![\w.])(?P<error>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Found|Warning)):\s(?P<message>\S.*)$"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_HEADER = "Traceback (most recent call last)"
_ESCAPED = re.compile(re.escape(_HEADER) + r":\\n")
_LONGEST = 10_000
"""How many characters of a line are read."""
_FAR = 60
"""The exception is searched for in this many lines after a frame: source excerpts between them may be long."""


@dataclass(frozen=True)
class TracebackFrame:
    """One ``File "path", line n, in name``; ``source`` is the source line below it, if there is one."""

    path: str
    line: int
    name: str
    source: str = ""


@dataclass(frozen=True)
class RaisedError:
    """One exception: ``error`` is its class as printed, ``message`` its first line, ``frames`` outermost first."""

    error: str
    message: str
    frames: tuple[TracebackFrame, ...] = ()

    @property
    def name(self) -> str:
        """The class name without its module."""
        return self.error.rpartition(".")[2]


def parse_tracebacks(text: str) -> tuple[RaisedError, ...]:
    """Every exception in ``text``, in printed order: a cause comes before the exception that it caused.

    A line such as ``ValueError: no`` is taken as an exception only if the text has no traceback.
    """
    text = _COLOUR.sub("", text)
    if _ESCAPED.search(text):
        # A traceback on one line, from a JSON log.
        text = text.replace("\\n", "\n").replace('\\"', '"')
    lines = [line[:_LONGEST] for line in text.splitlines()]
    found = _with_frames(lines)
    if not found:
        matches = [_ANYWHERE.search(line) for line in lines]
        found = [RaisedError(match["error"], match["message"].strip()) for match in matches if match is not None]
    return tuple(dict.fromkeys(found))


def _with_frames(lines: Sequence[str]) -> list[RaisedError]:
    found = []
    frames: list[TracebackFrame] = []
    column = last = 0
    for number, line in enumerate(lines):
        match = _FRAME.search(line)
        if match is not None:
            column, last = max(0, match.start() - 2), number
            frames.append(
                TracebackFrame(match["path"], int(match["line"]), match["name"] or "", _source(lines, number, column))
            )
        elif _HEADER in line:
            frames = []
        elif frames and number - last <= _FAR:
            raised = _raised(line, column)
            if raised is not None:
                found.append(RaisedError(*raised, tuple(frames)))
                frames = []
    return found


def _source(lines: Sequence[str], number: int, column: int) -> str:
    """The source line below a frame, which is indented by four columns."""
    below = lines[number + 1] if number + 1 < len(lines) else ""
    if _FRAME.search(below) or below[column : column + 4].strip():
        return ""
    return below[column + 4 :].strip()


def _raised(line: str, column: int) -> tuple[str, str] | None:
    """The exception that a line names at ``column``, the indentation of the traceback."""
    match = _RAISED.match(line[column:])
    return (match["error"], (match["message"] or "").strip()) if match is not None else None
