"""The data of the diagram on the timeline page: nested rows in order of execution, and findings on them."""

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
"""Kinds of rows for a module or entry point that the program itself ends, with ``sys.exit`` for example."""

_RAISED = {EventKind.MODULE_FAILED, EventKind.ENTRY_FAILED}
_ALARMING = {"rejected", "failed", "entry-failed", "migrations-failed", "swallowed", "reserved", "cut"}


class DiagramFile(msgspec.Struct, frozen=True):
    """A file: ``path`` as the reader sees it, ``uri`` to open it."""

    path: str
    uri: str


class DiagramStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place and what happens there. ``file`` is an index into ``files``; lines are 1-based, columns 0-based."""

    file: int
    line: int
    column: int
    text: str


class DiagramRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event.

    ``parent`` is the row in which it happens, -1 at the top; ``via`` are the imports and calls that lead there from the
    parent; ``other`` is the row of the earlier definition of the same table. ``name`` names a module or a table.
    """

    kind: RowKind
    name: str
    file: int
    line: int
    column: int
    detail: str = ""
    parent: int = -1
    certain: bool = True
    via: tuple[DiagramStep, ...] = ()
    other: int = -1


class DiagramMark(msgspec.Struct, frozen=True):
    """A finding on a timeline: the row of its place, and a row for each step of its evidence; -1: no row."""

    finding: int
    row: int
    steps: tuple[int, ...]


class DiagramLane(msgspec.Struct, frozen=True):
    """One timeline. ``how`` describes how its entry point is started."""

    target: str
    kind: str
    how: str
    rows: tuple[DiagramRow, ...]
    marks: tuple[DiagramMark, ...]


class DiagramFinding(msgspec.Struct, frozen=True):
    """A finding."""

    rule: str
    severity: str
    certain: bool
    message: str
    url: str
    place: DiagramStep
    steps: tuple[DiagramStep, ...]


class DiagramFocus(msgspec.Struct, frozen=True):
    """The place to select first; ``line`` is 1-based."""

    uri: str
    line: int


class TimelineDiagram(msgspec.Struct, frozen=True):
    """All data of the page.

    ``editor`` is the template of links to the source (empty: the URIs of the files), ``focus`` the place to select
    first.
    """

    version: str
    files: tuple[DiagramFile, ...]
    findings: tuple[DiagramFinding, ...]
    lanes: tuple[DiagramLane, ...]
    editor: str = ""
    focus: DiagramFocus | None = None


@dataclass(frozen=True)
class DiagramView:
    """How files are presented: ``shown`` and ``uri`` convert a path of the workspace.

    ``moved`` converts a span in the facts of a file to a span in the text that the reader sees.
    """

    shown: Callable[[str], str]
    uri: Callable[[str], str]
    moved: Callable[[str, Span], Span] = lambda _, span: span
    editor: str = ""
    focus: DiagramFocus | None = None


def how_started(entry: EntryPoint) -> str:
    """How an entry point is started, in words."""
    return {
        EntryKind.ALEMBIC: "what the alembic command runs",
        EntryKind.SCRIPT: "run as __main__",
        EntryKind.MODULE: "imported" if not entry.startup else "imported, then started",
    }[entry.kind]


def timeline_diagram(
    context: Context, timelines: Sequence[Timeline], findings: Sequence[Finding], view: DiagramView, version: str
) -> TimelineDiagram:
    """The diagram of ``timelines``, with the findings about them.

    A finding is shown only on the timelines of ``context`` that contain most of its evidence.
    """
    drawer = _DiagramBuilder(context, view)
    drawn = {timeline.entry: drawer.lane(timeline) for timeline in (*timelines, *context.timelines)}
    best = [max((lane.holds(f) for lane in drawn.values()), default=0.0) for f in findings]
    lanes: list[DiagramLane] = []
    kept: dict[Finding, int] = {}
    for timeline in timelines:
        lane = drawn[timeline.entry]
        marks = [
            lane.mark(finding, kept.setdefault(finding, len(kept)))
            for finding, most in zip(findings, best, strict=True)
            if most > 0 and lane.holds(finding) == most
        ]
        entry = timeline.entry
        lanes.append(DiagramLane(entry.target, entry.kind.value, how_started(entry), tuple(lane.rows), tuple(marks)))
    shown = tuple(map(drawer.finding, kept))  # This adds files.
    return TimelineDiagram(version, tuple(drawer.files), shown, tuple(lanes), view.editor, view.focus)


@dataclass
class _DiagramBuilder:
    context: Context
    view: DiagramView
    files: list[DiagramFile] = field(default_factory=list)
    _known: dict[str, int] = field(default_factory=dict)

    def file(self, path: str) -> int:
        if path not in self._known:
            self._known[path] = len(self.files)
            self.files.append(DiagramFile(self.view.shown(path), self.view.uri(path)))
        return self._known[path]

    def step(self, location: Location, text: str) -> DiagramStep:
        span = self.view.moved(location.path, location.span)
        return DiagramStep(self.file(location.path), span.line, span.column, text)

    def finding(self, finding: Finding) -> DiagramFinding:
        return DiagramFinding(
            finding.rule,
            finding.severity.value,
            finding.certain,
            finding.message,
            rule_url(finding.rule),
            self.step(finding.location, ""),
            tuple(self.step(each.location, each.text) for each in finding.related),
        )

    def lane(self, timeline: Timeline) -> _LaneBuilder:
        lane = _LaneBuilder(self)
        for event in timeline.events:
            lane.add(event)
        return lane


_Spot = tuple[str, int]
"""A path and a line in its facts."""


@dataclass
class _LaneBuilder:
    """Builds the rows of one timeline, and an index of the places that they show."""

    drawer: _DiagramBuilder
    rows: list[DiagramRow] = field(default_factory=list)
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
            self._put("process", name, event, "with its own modules and MetaData" if name else "")
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
            # The place where the exception is raised is more useful than the file that it leaves.
            here = self.drawer.step(self.drawer.context.location(event.failure.place), "")
        row = len(self.rows)
        parent, above = (self._open[-1][0], self._open[-1][1].link) if self._open else (-1, None)
        via = tuple(self._via(row, event.link, above))
        other = self._standing.get(event.other, -1) if event.other is not None else -1
        self.rows.append(
            DiagramRow(kind, name, here.file, here.line, here.column, detail, parent, event.certain, via, other)
        )
        if kind == "module":
            self._files.setdefault(place.path, row)
        else:
            self._own.setdefault((place.path, location.span.line), []).append(row)
        if definition is not None and kind in {"table", "reused"}:
            self._standing[definition] = row

    def _via(self, row: int, link: Link | None, above: Link | None) -> Iterator[DiagramStep]:
        """The imports and calls between a row and its parent, outermost first."""
        found = []
        while link is not None and link is not above:
            found.append(link)
            link = link.outer
        for each in reversed(found):
            # The start of the entry point has no place in the source.
            if each.place.at != WHOLE_FILE:
                location = self.drawer.context.location(each.place)
                self._through.setdefault(_spot(location), []).append((row, describe(each)))
                yield self.drawer.step(location, describe(each))

    def _name(self, event: Event) -> str:
        if event.definition is not None:
            return event.definition.key
        return event.module

    def _detail(self, event: Event) -> str:
        """The class of a table, or the exception: with its message and place the first time, then only its name."""
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
        place = event.failure.place
        if self.drawer.context.facts(place.path) is None:
            return whole
        span = self.drawer.view.moved(place.path, self.drawer.context.span(place))
        return f"{whole} ({self.drawer.view.shown(place.path)}:{span.line})"

    # ----------------------------------------------------------------- findings

    def holds(self, finding: Finding) -> float:
        """The share of a finding's evidence that is on this timeline, from 0 to 1."""
        spots = [_spot(finding.location), *(_spot(each.location) for each in finding.related)]
        found: float = sum(spot in self._own or spot in self._through for spot in spots)
        if not found and finding.location.path in self._files:
            found = 0.5
        return found / len(spots)

    def mark(self, finding: Finding, number: int) -> DiagramMark:
        steps: list[int] = []
        for each in finding.related:
            steps.append(self._row(_spot(each.location), each.text, steps[-1] if steps else -1))
        return DiagramMark(number, self._place(finding), tuple(steps))

    def _place(self, finding: Finding) -> int:
        spot = _spot(finding.location)
        own = self._own.get(spot, [])
        alarming = [row for row in own if self.rows[row].kind in _ALARMING]
        through = [row for row, _ in self._through.get(spot, [])]
        return next(iter([*alarming, *own, *through]), self._files.get(finding.location.path, -1))

    def _row(self, spot: _Spot, message: str, before: int) -> int:
        """The row of a step of evidence: the one that the message describes, if possible below the step before."""
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
