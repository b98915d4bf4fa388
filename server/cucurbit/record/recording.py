"""A recording as values, and the reader of the recorder's output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

import msgspec

Event: TypeAlias = Mapping[str, object]
"""One event, in the form of the timeline schema."""


class CannotRecord(Exception):
    """Nothing could be recorded; the message explains why to the user."""


class CommandEnd(Enum):
    """How the command ended."""

    ENDED = "ended"
    SERVED = "served"
    """A server had started, and was stopped."""
    TIMED_OUT = "timed-out"
    KILLED = "killed"
    """A signal ended it that this program did not send."""


@dataclass(frozen=True)
class RecordedProcess:
    """One Python process, or one of several programs that ran in it in turn. Versions are empty if not loaded.

    ``program`` is the program that it ran, ``parent`` the number of the process that started it; None for the first
    process, or if unknown. ``own_main``: the main program is of the workspace, or the entry point was run directly.
    ``end`` is how it ended (``exit``, ``entry``, ``_exit``, ``execv``); empty if it was stopped.
    """

    number: int
    program: str
    parent: int | None
    forked: bool
    own_main: bool
    end: str
    python: str
    sqlalchemy: str
    alembic: str
    events: tuple[Event, ...]

    def started(self, path: str) -> bool:
        """Whether this process executed the module in ``path``."""
        return any(event["event"] == "module-started" and event.get("path") == path for event in self.events)


@dataclass(frozen=True)
class Recording:
    """What a command did. ``status`` is its exit status, as the operating system reports it.

    ``troubles`` describe packages that could not be recorded, and Pythons that are too old.
    """

    processes: tuple[RecordedProcess, ...]
    outcome: CommandEnd
    status: int
    troubles: tuple[str, ...]

    def process_of(self, path: str) -> RecordedProcess | None:
        """The first process that executed the module in ``path``."""
        return next((process for process in self.processes if process.started(path)), None)


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the recorder's output: an event, or the start or end of a process."""

    process: int
    event: str | None = None
    began: str | None = None
    own_main: str | None = None
    python: str = ""
    parent: int = 0
    forked: bool = False
    library: str | None = None
    version: str = ""
    ended: str | None = None
    serving: str | None = None
    stops: bool = True
    trouble: str | None = None
    too_old: str | None = None


@dataclass
class _OpenProcess:
    """A process whose lines are still being read."""

    pid: int
    parent: int | None
    began: _Line
    program: str
    own_main: bool = False
    end: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


class RecordingReader:
    """Reads the lines of the recorder while they are written."""

    def __init__(self) -> None:
        self._processes: list[_OpenProcess] = []
        self._live: dict[int, _OpenProcess] = {}
        self._rest = b""
        self._first: int | None = None
        self.troubles: list[str] = []
        self.served = False
        """A server has started."""
        self.must_stop = False
        """The server does not stop by itself, or is not the first process, which may restart it."""
        self.is_over = False
        """The entry point was run directly, and is finished."""

    def feed(self, data: bytes) -> None:
        """Read more of the output; an incomplete line is kept for the next call."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            try:
                known = msgspec.json.decode(line, type=_Line)
                event = msgspec.json.decode(line, type=dict[str, object])
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            self._take(known, event)

    def _take(self, line: _Line, event: dict[str, object]) -> None:
        if line.too_old is not None:
            self.troubles.append(f"Python {line.too_old} was started; a recording needs 3.8 or newer")
        elif line.trouble is not None:
            self.troubles.append(line.trouble)
        elif line.began is not None:
            self._begin(line)
        elif line.process in self._live:
            self._go_on(self._live[line.process], line, event)

    def _begin(self, line: _Line) -> None:
        first = self._first is None
        if first:
            self._first = line.process
        elder = self._live.get(line.parent)
        parent = self._processes.index(elder) if elder is not None else None
        program = elder.program if line.forked and elder is not None else line.began or ""
        process = _OpenProcess(line.process, parent, line, program)
        process.own_main = line.forked and elder is not None and elder.own_main
        self._processes.append(process)
        self._live[line.process] = process

    def _go_on(self, process: _OpenProcess, line: _Line, event: dict[str, object]) -> None:
        if line.event is not None:
            if process.end == "entry":
                return
            process.end = ""
            process.own_main |= line.event == "entry-failed" or event.get("module") == "__main__"
            process.events.append({name: value for name, value in event.items() if name != "process"})
        elif line.own_main is not None:
            process.own_main, process.program = True, line.own_main
        elif line.library is not None:
            process.versions[line.library] = line.version
        elif line.ended is not None:
            process.end = process.end or line.ended
            self.is_over |= line.ended == "entry" and line.process == self._first
        elif line.serving is not None:
            self.served = True
            self.must_stop |= not line.stops or line.process != self._first

    def processes(self) -> tuple[RecordedProcess, ...]:
        """The processes read so far."""
        return tuple(
            RecordedProcess(
                number=number,
                program=each.program,
                parent=each.parent,
                forked=each.began.forked,
                own_main=each.own_main,
                end=each.end,
                python=each.began.python,
                sqlalchemy=each.versions.get("sqlalchemy", ""),
                alembic=each.versions.get("alembic", ""),
                events=tuple(each.events),
            )
            for number, each in enumerate(self._processes)
        )


def own_events(lines: Iterable[bytes]) -> list[Event]:
    """The events in the recorder's lines, of all processes."""
    found = [msgspec.json.decode(line, type=dict[str, object]) for line in lines]
    return [{name: value for name, value in each.items() if name != "process"} for each in found if "event" in each]
