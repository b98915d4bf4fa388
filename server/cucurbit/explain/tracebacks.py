"""Finds Python tracebacks in any text: plain, chained, in exception groups, and in logs with a prefix on each line.

Read besides: what pytest and rich print instead of a traceback, the one line that Alembic, Flask and uvicorn print for
an error of theirs, and a message that was pasted alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

_FRAME = re.compile(r'File "(?P<path>[^"\n]+)", line (?P<line>\d{1,9})(?:, in (?P<name>.*\S))?\s*$')
_RAISED = re.compile(r"(?P<error>(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?::\s(?P<message>.*))?\s*$")
_CLASS = (
    r"(?:[A-Za-z_]\w*\.)*(?:[A-Z]\w*(?:Error|Exception|Found|Warning|Interrupt|Exit|Group|Greenlet|Heads|Head)"
    r"|(?:Undefined|Duplicate|Invalid|Ambiguous)(?:Table|Column|Object|Function|Database|Schema|Alias|ForeignKey)"
    r"|[A-Z]\w*(?:Violation|Denied|Failure))"
)
"""Exception classes as their names show: those of drivers do not end in ``Error``."""
_ANYWHERE = re.compile(rf"(?<![\w.'(<])(?P<error>{_CLASS}):\s(?P<message>\S.*)$")
_TOOLS = re.compile(
    r"(?:^|[\s|])(?P<error>FAILED:|(?:ERROR|CRITICAL) \[[\w.]+\](?: Error:)?|ERROR:|Error:)\s+"
    r"(?P<message>\S(?:.*\S)?)\s*$"
)
"""What Alembic, Flask-Migrate, Flask and uvicorn print of an error instead of a traceback."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_HEADER = "Traceback (most recent call last)"
_ESCAPED = re.compile(re.escape(_HEADER) + r":?\\n")
_LONGEST = 10_000
"""How many characters of a line are read."""
_FAR = 60
"""The exception is searched for in this many lines after a frame: source excerpts between them may be long."""
_DETAILS = 12
"""How many lines after the first of a message are kept."""
_CHAINED = re.compile(r"(The above exception was the direct cause of|During handling of the above exception)")

_PYTEST = re.compile(r"(?P<path>[^\s:][^:\n]*\.py):(?P<line>\d+): (?:in (?P<name>\S+)|(?P<error>[A-Za-z_][\w.]*)?)\s*$")
_PYTEST_RAISED = re.compile(r"E\s{3,}(?P<text>\S.*)$")
_BOXED = re.compile(r"^(?P<prefix>(?:[^│\n]|│(?! ))*)│ (?P<text>.*)│\s*$")
_RICH = re.compile(r"(?:❱ )?(?P<path>\S.*?\.py):(?P<line>\d+) in (?P<name>.*\S)\s*$")
_BESIDE = re.compile(r"(?<!\s)\s{2,}[│╭╰].*$")
"""The box with local variables beside a source line."""
_WRAPPED = 4
"""Over how many lines the place of a frame may be wrapped."""
_RICH_SOURCE = re.compile(r"❱\s*\d+\s(?:│\s?)?(?P<source>.*)$")


@dataclass(frozen=True)
class TracebackFrame:
    """One ``File "path", line n, in name``; ``source`` is the source line below it, if there is one."""

    path: str
    line: int
    name: str
    source: str = ""


@dataclass(frozen=True)
class RaisedError:
    """One exception: ``error`` is its class as printed, ``message`` its first line, ``frames`` outermost first.

    ``details`` are further lines of the message: the SQL statement, the fields that a validation refuses. ``error`` is
    ``FAILED`` where Alembic printed a line instead of a traceback, and empty for a message that stands alone.
    """

    error: str
    message: str
    frames: tuple[TracebackFrame, ...] = ()
    details: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The class name without its module."""
        return self.error.rpartition(".")[2]

    @property
    def is_warning(self) -> bool:
        """Whether it is a warning that was printed: nothing was raised."""
        return self.name.endswith("Warning")


def parse_tracebacks(text: str, known: Callable[[str], bool] = lambda _: False) -> tuple[RaisedError, ...]:
    """Every exception in ``text``, in printed order: a cause comes before the exception that it caused.

    A line such as ``ValueError: no`` is taken as an exception only if the text has no traceback. ``known`` says whether
    a line holds a message that can be explained: such a line counts wherever it is, even without an exception's name.
    """
    text = _COLOUR.sub("", text)
    if _ESCAPED.search(text):
        # A traceback on one line, from a JSON log.
        text = text.replace("\\n", "\n").replace('\\"', '"')
    lines = [line[:_LONGEST] for line in text.splitlines()]
    found = _with_frames(lines) or _of_rich(lines) or _of_pytest(lines)
    told = [each for each in _of_tools(lines, known) if all(each.message not in other.message for other in found)]
    if not found and not told:
        return tuple(dict.fromkeys(_alone(lines, known)))
    return tuple(
        dict.fromkeys(_without_drivers([*(each for each in told if known(each.message) or not found), *found]))
    )


# ------------------------------------------------------------- Python's own form


def _with_frames(lines: Sequence[str]) -> list[RaisedError]:
    found = []
    frames: list[TracebackFrame] = []
    column = last = 0
    for number, line in enumerate(lines):
        match = _FRAME.search(line)
        if match is not None:
            column, last = max(0, match.start() - 2), number
            source = _source(lines, number, column)
            frames.append(TracebackFrame(match["path"], int(match["line"]), match["name"] or "", source))
        elif _HEADER in line:
            frames = []
        elif frames and number - last <= _FAR:
            raised = _raised(line, column)
            if raised is not None:
                found.append(RaisedError(*raised, tuple(frames), _details(lines, number, column)))
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


def _details(lines: Sequence[str], number: int, column: int) -> tuple[str, ...]:
    """The lines of a message after its first, up to an empty one or the next traceback."""
    found: list[str] = []
    for line in lines[number + 1 : number + 1 + _DETAILS]:
        rest = line[column:].rstrip()
        if not rest or _HEADER in rest or _CHAINED.search(rest) or _FRAME.search(rest):
            break
        found.append(rest)
    return tuple(found)


# -------------------------------------------------------------- pytest and rich


def _of_pytest(lines: Sequence[str]) -> list[RaisedError]:
    """The errors that pytest prints: ``path:line: in name`` (or the class), code, and ``E   `` before the message."""
    found: list[RaisedError] = []
    frames: list[TracebackFrame] = []
    raised: RaisedError | None = None
    for number, line in enumerate(lines):
        said = _PYTEST_RAISED.match(line)
        place = _PYTEST.match(line)
        if said is not None:
            if raised is None:
                match = _RAISED.match(said["text"])
                if match is not None and match["message"]:
                    raised = RaisedError(match["error"], match["message"].strip(), tuple(frames))
            else:
                raised = replace(raised, details=(*raised.details[:_DETAILS], said["text"].strip()))
        elif place is not None:
            frames.append(TracebackFrame(place["path"], int(place["line"]), place["name"] or "", _above(lines, number)))
            if raised is not None:
                # The place of the error stands below its message, unless the short form was asked for.
                found.append(replace(raised, frames=tuple(frames)))
                frames, raised = [], None
        elif raised is not None and line.startswith(("===", "___", "---", "!!!")):
            found.append(raised)
            frames, raised = [], None
        elif line.startswith(("===", "___ ")):
            frames = []
    return [*found, raised] if raised is not None else found


def _above(lines: Sequence[str], number: int) -> str:
    """The source of a place of pytest: below it in the short form, above it behind ``>`` in the long one."""
    below = lines[number + 1] if number + 1 < len(lines) else ""
    if below.startswith("    ") and below.strip():
        return below.strip()
    for line in reversed(lines[max(0, number - _FAR) : number]):
        if line.startswith(">"):
            return line[1:].strip()
        if _PYTEST.match(line):
            break
    return ""


def _of_rich(lines: Sequence[str]) -> list[RaisedError]:
    """The errors in the boxes that rich draws (Typer and Textual too): the exception stands below the box."""
    found: list[RaisedError] = []
    frames: list[TracebackFrame] = []
    prefix = ""
    heads: list[str] = []
    width = 0
    for number, line in enumerate(lines):
        boxed = _BOXED.match(line)
        text = boxed["text"].strip() if boxed is not None else ""
        heads = _joined(heads, text) if text else []
        place = next(filter(None, map(_RICH.match, heads)), None)
        if place is not None and boxed is not None:
            frames.append(TracebackFrame(place["path"], int(place["line"]), place["name"].strip("<>") or ""))
            if place["name"] == "<module>":
                frames[-1] = replace(frames[-1], name="<module>")
            prefix, heads, width = boxed["prefix"], [], len(line.rstrip())
        elif boxed is not None and frames:
            source = _RICH_SOURCE.search(boxed["text"])
            if source is not None and not frames[-1].source:
                frames[-1] = replace(frames[-1], source=_BESIDE.sub("", source["source"]).strip())
        elif frames and "─" not in line:
            raised = _raised(_unwrapped(lines[number:], width, len(prefix)), len(prefix))
            if raised is not None:
                found.append(RaisedError(*raised, tuple(frames)))
                frames = []
    return found


def _unwrapped(lines: Sequence[str], width: int, prefix: int) -> str:
    """The first line, with those that follow only because there were no more than ``width`` columns."""
    whole = lines[0].rstrip()
    for line, following in pairwise(lines):
        word = following[prefix:].partition(" ")[0]
        if not word or len(line.rstrip()) + 1 + len(word) <= width:
            break
        whole += f" {following[prefix:].rstrip()}"
    return whole


def _joined(heads: Sequence[str], text: str) -> list[str]:
    """What the lines of a paragraph in a box may have been before rich wrapped them: at a blank, or within a path."""
    if len(heads) >= 2**_WRAPPED:
        return [text]
    return [*(f"{head}{blank}{text}" for blank in ("", " ") for head in heads), text]


# ------------------------------------------------------------------ single lines


def _of_tools(lines: Sequence[str], known: Callable[[str], bool]) -> Iterator[RaisedError]:
    """The errors that a tool tells in a line of its own, and warnings whose message is known; each message once."""
    seen: set[str] = set()
    for line in lines:
        warning = _ANYWHERE.search(line)
        match = _TOOLS.search(line)
        found: RaisedError | None = None
        if warning is not None:
            if warning["error"].endswith("Warning") and known(warning["message"]):
                found = RaisedError(warning["error"], warning["message"].strip())
        elif match is not None and (match["error"] == "FAILED:" or known(match["message"])):
            found = RaisedError("FAILED", match["message"])
        if found is not None and found.message not in seen:
            seen.add(found.message)
            yield found


def _alone(lines: Sequence[str], known: Callable[[str], bool]) -> Iterator[RaisedError]:
    """Exceptions on lines of their own; where there are none, the lines with a known message."""
    found = [
        RaisedError(match["error"], match["message"].strip(), (), _details(lines, number, max(0, match.start())))
        for number, line in enumerate(lines)
        if (match := _ANYWHERE.search(line)) is not None
    ]
    raised = [each for each in found if not each.is_warning or known(each.message)]
    if raised:
        yield from raised
        return
    yield from (RaisedError("", line.strip()) for line in lines if known(line))


# -------------------------------------------------------------------- one error


def _without_drivers(found: Sequence[RaisedError]) -> Iterator[RaisedError]:
    """The errors without those of a database driver that SQLAlchemy raised again as its own: they say the same."""
    for number, error in enumerate(found):
        said = error.message.rstrip(". ")
        if not said or not any(error.name in later.message and said in later.message for later in found[number + 1 :]):
            yield error
