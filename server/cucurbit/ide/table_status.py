"""The status of each table definition on each timeline, for hovers, lenses and hints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cucurbit.analysis.context import Context
from cucurbit.simulate.core.timeline import Event, EventKind, ImportRecord, Link, Place, TableDefinition, Timeline
from cucurbit.source.span import Span
from cucurbit.workspace.model import EntryKind, EntryPoint

_TABLES = (EventKind.TABLE_REGISTERED, EventKind.TABLE_REUSED, EventKind.TABLE_REJECTED)


@dataclass(frozen=True)
class TableStatus:
    """One definition on one timeline.

    ``order`` is the number of tables registered in the process so far, including this one; 0 if it is not registered.
    ``phase``: ``before``, ``during`` or ``after`` the first migrations in the same process; empty if none run.
    """

    entry: EntryPoint
    definition: TableDefinition
    order: int
    phase: str
    event: Event

    @property
    def link(self) -> Link | None:
        return self.event.link

    @property
    def is_rejected(self) -> bool:
        return self.event.kind is EventKind.TABLE_REJECTED


@dataclass(frozen=True)
class MigrationRun:
    """One start of migrations on a timeline, and the number of tables that its process had registered before."""

    entry: EntryPoint
    event: Event
    before: int
    process: int


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th..."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def times(count: int, noun: str) -> str:
    """``1 table``, ``2 tables``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


MOST = 8
"""How many tables, entry points or links are listed; of the rest only the number is shown."""


def listed(names: list[str], most: int = MOST) -> str:
    """Names separated by commas, each once; only the number of those after the first ``most``."""
    unique = list(dict.fromkeys(names))
    rest = len(unique) - most
    return ", ".join(unique[:most]) + (f" and {rest} more" if rest > 0 else "")


def covers(span: Span, line: int, column: int) -> bool:
    """Whether a span contains a position."""
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


class TimelineIndex:
    """Indexes of timelines: the statuses of definitions, the starts of migrations, and imports; each built once.

    It depends on the timelines only, so it is valid for every snapshot that has the same timelines.
    """

    def __init__(self, timelines: tuple[Timeline, ...], isolated: tuple[Timeline, ...]) -> None:
        self.timelines = timelines
        self.isolated = isolated

    @cached_property
    def _events(self) -> tuple[Mapping[Place, tuple[TableStatus, ...]], tuple[MigrationRun, ...]]:
        statuses: dict[Place, list[TableStatus]] = {}
        runs: list[MigrationRun] = []
        for timeline in self.timelines:
            for each in _index(timeline):
                if isinstance(each, MigrationRun):
                    runs.append(each)
                else:
                    statuses.setdefault(each.definition.place, []).append(each)
        return {place: tuple(found) for place, found in statuses.items()}, tuple(runs)

    @property
    def statuses(self) -> Mapping[Place, tuple[TableStatus, ...]]:
        """The statuses of each definition, in the order of the entry points."""
        return self._events[0]

    @property
    def runs(self) -> tuple[MigrationRun, ...]:
        """Every start of migrations."""
        return self._events[1]

    @cached_property
    def imports(self) -> Mapping[str, tuple[tuple[Timeline, ImportRecord], ...]]:
        """The executed imports of each file, on every timeline."""
        found: dict[str, list[tuple[Timeline, ImportRecord]]] = {}
        for timeline in (*self.timelines, *self.isolated):
            for record in timeline.imports:
                found.setdefault(record.importer_path, []).append((timeline, record))
        return {path: tuple(each) for path, each in found.items()}


class TableStatuses:
    """The statuses of all definitions in one context; ``index`` is the index of its timelines."""

    def __init__(self, context: Context, index: TimelineIndex | None = None) -> None:
        self.context = context
        self._index = TimelineIndex(context.timelines, context.isolated) if index is None else index

    def of(self, place: Place) -> tuple[TableStatus, ...]:
        """The statuses of the definition at ``place``, in the order of the entry points."""
        return self._index.statuses.get(place, ())

    @property
    def runs(self) -> tuple[MigrationRun, ...]:
        return self._index.runs

    def of_path(self, path: str) -> tuple[TableDefinition, ...]:
        """The tables that a file defines, from top to bottom."""
        return self.context.model_modules.get(path, ())

    def definitions_of(self, key: str) -> tuple[TableDefinition, ...]:
        """Every definition of a table."""
        return tuple(each for each in self.context.definitions.values() if each.key == key)

    def is_in_migrations(self, place: Place) -> bool | None:
        """Whether any env.py registers the definition; None if the workspace has no Alembic environment."""
        timelines = list(self.context.alembic_timelines())
        if not timelines:
            return None
        return any(status.entry.kind is EntryKind.ALEMBIC and not status.is_rejected for status in self.of(place))

    # ------------------------------------------------------------ at a position

    def definition_at(self, path: str, line: int, column: int) -> TableDefinition | None:
        """The definition whose header, ``Table(`` call or table name is at a position."""
        for definition in self.of_path(path):
            for place in (definition.place, definition.name_place):
                if place is not None and place.path == path and covers(self.context.span(place), line, column):
                    return definition
        return None

    def imports_at(self, path: str, line: int, column: int) -> tuple[tuple[Timeline, ImportRecord], ...]:
        """The executed imports at a position, on every timeline."""
        return tuple(
            (timeline, record)
            for timeline, record in self._index.imports.get(path, ())
            if covers(self.context.span(record.place), line, column)
        )

    def runs_at(self, path: str, line: int, column: int) -> tuple[MigrationRun, ...]:
        """The migration calls at a position."""
        return tuple(
            run
            for run in self.runs
            if run.event.place.path == path and covers(self.context.span(run.event.place), line, column)
        )


def registered_by(timeline: Timeline, record: ImportRecord) -> tuple[TableDefinition, ...]:
    """The tables that are registered during an import, in order."""
    return tuple(
        event.definition
        for event in timeline.events[record.first : record.last]
        if event.kind is EventKind.TABLE_REGISTERED and event.definition is not None
    )


def _index(timeline: Timeline) -> Iterator[TableStatus | MigrationRun]:
    counts: dict[int, int] = {}
    phases: dict[int, str] = {}
    migrates = {event.process for event in timeline.of(EventKind.MIGRATIONS_STARTED)}
    is_app = timeline.entry.kind is not EntryKind.ALEMBIC
    for event in timeline.events:
        process = event.process
        if event.kind is EventKind.MIGRATIONS_STARTED and is_app:
            phases.setdefault(process, "during")
            yield MigrationRun(timeline.entry, event, counts.get(process, 0), process)
        elif event.kind in (EventKind.MIGRATIONS_FINISHED, EventKind.MIGRATIONS_FAILED):
            if process in phases:
                phases[process] = "after"
        elif event.kind in _TABLES and event.definition is not None:
            order = 0
            if event.kind is EventKind.TABLE_REGISTERED:
                order = counts[process] = counts.get(process, 0) + 1
            phase = phases.get(process, "before") if is_app and process in migrates else ""
            yield TableStatus(timeline.entry, event.definition, order, phase, event)
