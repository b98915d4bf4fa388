"""Timelines as the picture that the timeline page draws: nested rows in order of execution, and findings over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from cucurbit.analysis.context import Context, describe
from cucurbit.analysis.finding import Finding
from cucurbit.report.links import rule_url
from cucurbit.rules.shared.evidence import brief
from cucurbit.simulate.core.timeline import Event, EventKind, Link, TableDefinition, Timeline
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.source.span import Span
from cucurbit.workspace.model import EntryKind, EntryPoint, Location

RowKind = Literal[
    "module", "table", "rejected", "reused", "migrations", "migrated", "migrations-failed", "failed", "entry-failed",
    "ended", "entry-ended", "create-all", "query", "cleared", "swallowed", "reserved", "logging", "cut", "process",
]  # fmt: skip

_CLOSING = {
    EventKind.MODULE_FINISHED: EventKind.MODULE_STARTED,
    EventKind.MODULE_FAILED: EventKind.MODULE_STARTED,
    EventKind.MIGRATIONS_FINISHED: EventKind.MIGRATIONS_STARTED,
    EventKind.MIGRATIONS_FAILED: EventKind.MIGRATIONS_STARTED,
}
_KINDS: Mapping[EventKind, RowKind] = {
    EventKind.MODULE_STARTED: "module",
    EventKind.MODULE_FAILED: "failed",
    EventKind.TABLE_REGISTERED: "table",
    EventKind.TABLE_REJECTED: "rejected",
    EventKind.TABLE_REUSED: "reused",
    EventKind.MIGRATIONS_STARTED: "migrations",
    EventKind.MIGRATIONS_FINISHED: "migrated",
    EventKind.MIGRATIONS_FAILED: "migrations-failed",
    EventKind.CREATE_ALL: "create-all",
    EventKind.ENTRY_FAILED: "entry-failed",
    EventKind.QUERY: "query",
    EventKind.METADATA_CLEARED: "cleared",
    EventKind.FAILURE_SWALLOWED: "swallowed",
    EventKind.LOGGING_CONFIGURED: "logging",
    EventKind.RESERVED_ATTRIBUTE: "reserved",
    EventKind.CUT: "cut",
}
_ENDS: Mapping[EventKind, RowKind] = {EventKind.MODULE_FAILED: "ended", EventKind.ENTRY_FAILED: "entry-ended"}
"""What is said where no failure ends a module or the entry point, but the program itself."""

_RAISED = {EventKind.MODULE_FAILED, EventKind.ENTRY_FAILED}
_ALARMING = {"rejected", "failed", "entry-failed", "migrations-failed", "swallowed", "reserved", "cut"}


class File(msgspec.Struct, frozen=True):
    """``path`` as the reader knows it, ``uri`` to open it."""

    path: str
    uri: str


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place with what happens there. ``file`` counts the picture's files; lines are 1-based, columns 0-based."""

    file: int
    line: int
    column: int
    text: str


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happens.

    ``parent`` is the row in which it happens, -1 at the top; ``via`` the imports and calls that lead there from the
    parent; ``other`` the row of the definition that stood already. ``name`` is a module's or a table's name.
    """

    kind: RowKind
    name: str
    file: int
    line: int
    column: int
    detail: str = ""
    parent: int = -1
    certain: bool = True
    via: list[Step] = []
    other: int = -1


class Mark(msgspec.Struct, frozen=True):
    """A finding on a timeline: the row of its place, and one for each step of its evidence; -1 where there is none."""

    finding: int
    row: int
    steps: list[int]


class Lane(msgspec.Struct, frozen=True):
    """One timeline. ``how`` says how its entry point is started."""

    target: str
    kind: str
    how: str
    rows: list[Row]
    marks: list[Mark]


class Shown(msgspec.Struct, frozen=True):
    """A finding."""

    rule: str
    severity: str
    certain: bool
    message: str
    url: str
    place: Step
    steps: list[Step]


class Focus(msgspec.Struct, frozen=True):
    """Where the reader is; ``line`` is 1-based."""

    uri: str
    line: int


class Picture(msgspec.Struct, frozen=True):
    """What the page shows.

    ``editor`` is the template of links to the source (empty: the files' own URIs), ``focus`` what is looked at first.
    """

    version: str
    files: list[File]
    findings: list[Shown]
    lanes: list[Lane]
    editor: str = ""
    focus: Focus | None = None


@dataclass(frozen=True)
class View:
    """How the reader knows files: ``shown`` and ``uri`` of a path of the workspace.

    ``moved`` gives a span of the facts as a span of the text that the reader sees.
    """

    shown: Callable[[str], str]
    uri: Callable[[str], str]
    moved: Callable[[str, Span], Span] = lambda _, span: span
    editor: str = ""
    focus: Focus | None = None


def how_started(entry: EntryPoint) -> str:
    """How Python comes to an entry point, in words."""
    return {
        EntryKind.ALEMBIC: "what the alembic command runs",
        EntryKind.SCRIPT: "run as __main__",
        EntryKind.MODULE: "imported" if not entry.startup else "imported, then started",
    }[entry.kind]


def picture(
    context: Context, timelines: Sequence[Timeline], findings: Sequence[Finding], view: View, version: str
) -> Picture:
    """The picture of ``timelines``, with those of the findings that are about them.

    A finding is shown on the timelines of ``context`` that hold most of its evidence, and on no other.
    """
    drawer = _Drawer(context, view)
    drawn = {timeline.entry: drawer.lane(timeline) for timeline in (*timelines, *context.timelines)}
    best = [max((lane.holds(f) for lane in drawn.values()), default=0.0) for f in findings]
    lanes: list[Lane] = []
    kept: dict[Finding, int] = {}
    for timeline in timelines:
        lane = drawn[timeline.entry]
        marks = [
            lane.mark(finding, kept.setdefault(finding, len(kept)))
            for finding, most in zip(findings, best, strict=True)
            if most > 0 and lane.holds(finding) == most
        ]
        entry = timeline.entry
        lanes.append(Lane(entry.target, entry.kind.value, how_started(entry), lane.rows, marks))
    return Picture(version, drawer.files, [drawer.finding(each) for each in kept], lanes, view.editor, view.focus)


@dataclass
class _Drawer:
    context: Context
    view: View
    files: list[File] = field(default_factory=list)
    _known: dict[str, int] = field(default_factory=dict)

    def file(self, path: str) -> int:
        if path not in self._known:
            self._known[path] = len(self.files)
            self.files.append(File(self.view.shown(path), self.view.uri(path)))
        return self._known[path]

    def step(self, location: Location, text: str) -> Step:
        span = self.view.moved(location.path, location.span)
        return Step(self.file(location.path), span.line, span.column, text)

    def finding(self, finding: Finding) -> Shown:
        return Shown(
            finding.rule,
            finding.severity.value,
            finding.certain,
            finding.message,
            rule_url(finding.rule),
            self.step(finding.location, ""),
            [self.step(each.location, each.message) for each in finding.related],
        )

    def lane(self, timeline: Timeline) -> _Lane:
        lane = _Lane(self)
        for event in timeline.events:
            lane.add(event)
        return lane


_Spot = tuple[str, int]
"""A path and a line of its facts."""


@dataclass
class _Lane:
    """The rows of one timeline as they are drawn, and where each of them is evidence for."""

    drawer: _Drawer
    rows: list[Row] = field(default_factory=list)
    _open: list[tuple[int, Event]] = field(default_factory=list)
    _standing: dict[TableDefinition, int] = field(default_factory=dict)
    _own: dict[_Spot, list[int]] = field(default_factory=dict)
    _through: dict[_Spot, list[tuple[int, str]]] = field(default_factory=dict)
    _files: dict[str, int] = field(default_factory=dict)
    _explained: set[str] = field(default_factory=set)
    _process: int = 0

    def add(self, event: Event) -> None:
        if event.process != self._process:
            self._process = event.process
            name = f"process {event.process}" if event.process else ""
            self._put("process", name, event, "its modules and MetaData are its own" if name else "")
        opener = _CLOSING.get(event.kind)
        kind = (event.is_end and _ENDS.get(event.kind)) or _KINDS.get(event.kind)
        if kind is not None and not (kind == "logging" and not event.detail):
            self._put(kind, self._name(event), event, self._detail(event))
        if opener is not None:
            self._close(opener, event)
        elif event.kind in _CLOSING.values():
            self._open.append((len(self.rows) - 1, event))

    def _close(self, opener: EventKind, event: Event) -> None:
        for index in range(len(self._open) - 1, -1, -1):
            started = self._open[index][1]
            if started.kind is opener and (started.module, started.path) == (event.module, event.path):
                del self._open[index:]
                return

    def _put(self, kind: RowKind, name: str, event: Event, detail: str) -> None:
        definition = event.definition
        place = definition.place if definition is not None else event.place
        location = self.drawer.context.location(place)
        here = self.drawer.step(location, "")
        if event.kind in _RAISED and event.failure is not None and event.failure.place.at != WHOLE_FILE:
            # Where it is raised says more than the file that it leaves.
            here = self.drawer.step(self.drawer.context.location(event.failure.place), "")
        row = len(self.rows)
        parent, above = (self._open[-1][0], self._open[-1][1].link) if self._open else (-1, None)
        via = list(self._via(row, event.link, above))
        other = self._standing.get(event.other, -1) if event.other is not None else -1
        self.rows.append(Row(kind, name, here.file, here.line, here.column, detail, parent, event.certain, via, other))
        if kind == "module":
            self._files.setdefault(place.path, row)
        else:
            self._own.setdefault((place.path, location.span.line), []).append(row)
        if definition is not None and kind in {"table", "reused"}:
            self._standing[definition] = row

    def _via(self, row: int, link: Link | None, above: Link | None) -> Iterator[Step]:
        """The links between a row and its parent's code, outermost first."""
        found = []
        while link is not None and link is not above:
            found.append(link)
            link = link.outer
        for each in reversed(found):
            # The start of the entry point is no place in the source that says so.
            if each.place.at != WHOLE_FILE:
                location = self.drawer.context.location(each.place)
                self._through.setdefault(_spot(location), []).append((row, describe(each)))
                yield self.drawer.step(location, describe(each))

    def _name(self, event: Event) -> str:
        if event.definition is not None:
            return event.definition.key
        return event.module

    def _detail(self, event: Event) -> str:
        """The class of a table; why something fails, in full where it first shows and by its name while it travels."""
        if event.kind is EventKind.FAILURE_SWALLOWED:
            return event.failure.error if event.failure is not None else "exception"
        if event.definition is not None:
            return event.definition.class_name
        if event.failure is None:
            return event.detail
        whole = brief(event.failure)
        if whole in self._explained:
            return event.failure.error
        self._explained.add(whole)
        return whole

    # ----------------------------------------------------------------- findings

    def holds(self, finding: Finding) -> float:
        """How much of a finding's evidence lies on this timeline, from 0 to 1."""
        spots = [_spot(finding.location), *(_spot(each.location) for each in finding.related)]
        found: float = sum(spot in self._own or spot in self._through for spot in spots)
        if not found and finding.location.path in self._files:
            found = 0.5
        return found / len(spots)

    def mark(self, finding: Finding, number: int) -> Mark:
        steps: list[int] = []
        for each in finding.related:
            steps.append(self._row(_spot(each.location), each.message, steps[-1] if steps else -1))
        return Mark(number, self._place(finding), steps)

    def _place(self, finding: Finding) -> int:
        spot = _spot(finding.location)
        own = self._own.get(spot, [])
        alarming = [row for row in own if self.rows[row].kind in _ALARMING]
        through = [row for row, _ in self._through.get(spot, [])]
        return next(iter([*alarming, *own, *through]), self._files.get(finding.location.path, -1))

    def _row(self, spot: _Spot, message: str, before: int) -> int:
        """The row of a step: what the message says leads there, below the step before where there is one there."""
        through = self._through.get(spot, [])
        said = [row for row, described in through if message.endswith(described)]
        rows = said or [*self._own.get(spot, []), *(row for row, _ in through)]
        return next((row for row in rows if self._is_below(row, before)), rows[0] if rows else -1)

    def _is_below(self, row: int, ancestor: int) -> bool:
        while row >= 0:
            if row == ancestor:
                return True
            row = self.rows[row].parent
        return False


def _spot(location: Location) -> _Spot:
    return location.path, location.span.line
