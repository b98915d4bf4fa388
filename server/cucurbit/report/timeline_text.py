"""A timeline as text: numbered events, nested by import, important ones highlighted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.report.report import counted
from cucurbit.report.styled import Line, Signs
from cucurbit.report.timeline_filter import TimelineFilter
from cucurbit.rules.shared.evidence import brief
from cucurbit.simulate.core.timeline import UNSHOWN_KINDS, Event, EventKind, Timeline
from cucurbit.workspace.model import EntryKind

_CLOSING = {EventKind.MODULE_FINISHED, EventKind.MODULE_FAILED}
_MIGRATED = {EventKind.MIGRATIONS_FINISHED, EventKind.MIGRATIONS_FAILED}
_ENDS = {EventKind.MODULE_FAILED: "{0} ends: {1}", EventKind.ENTRY_FAILED: "THE ENTRY POINT ENDS: {1}"}
"""Texts for a module or entry point that the program itself ends, with ``sys.exit`` for example."""


@dataclass(frozen=True)
class _TextRow:
    """One line of the timeline. ``sign`` and ``style`` highlight it; ``where`` is its place."""

    sign: str
    style: str
    text: str
    where: str


class _Renderer:
    def __init__(
        self, context: Context, timeline: Timeline, signs: Signs, shown: Callable[[str], str], chosen: TimelineFilter
    ) -> None:
        self._context = context
        self._chosen = chosen
        self._timeline = timeline
        self._signs = signs
        self._shown = shown
        self._explained: set[str] = set()

    def lines(self) -> Iterator[Line]:
        yield self._head()
        depth = number = 0
        events = self._chosen.shown(self._timeline)
        shown = [(event, self._row(event)) for event in events]
        digits = len(str(sum(row is not None for _, row in shown)))
        process = 0
        for event, row in shown:
            if event.process != process:
                process = event.process
                name = (
                    f"process {process}, with its own modules and MetaData" if process else "back in the first process"
                )
                yield [(f"{'':{digits}}   {'  ' * depth}({name})", "italic")]
            if event.kind in _CLOSING or event.kind in _MIGRATED:
                depth = max(0, depth - 1)
            if row is not None:
                number += 1
                yield self._line(number, digits, depth, event, row)
            if event.kind in {EventKind.MODULE_STARTED, EventKind.MIGRATIONS_STARTED}:
                depth += 1
        yield self._foot(_shown_count(self._timeline.events) - _shown_count(events))

    def _head(self) -> Line:
        entry = self._timeline.entry
        how = {
            EntryKind.ALEMBIC: "what the alembic command runs",
            EntryKind.SCRIPT: "run as __main__",
            EntryKind.MODULE: "imported" if not entry.startup else "imported, then started",
        }[entry.kind]
        named = ""
        if entry.named_by is not None:
            named = f", named by {self._shown(entry.named_by.path)}:{entry.named_by.span.line}"
        return [(entry.target, "bold"), (f"  ({how}{named})", "dim")]

    def _line(self, number: int, digits: int, depth: int, event: Event, row: _TextRow) -> Line:
        maybe = " " if event.certain else "?"
        indent = "  " * depth
        text = f"{indent}{row.sign + ' ' if row.sign else ''}{row.text}"
        return [
            (f"{number:>{digits}} ", "dim"),
            (f"{maybe} ", "bold yellow"),
            (text, row.style),
            (f"  {row.where}" if row.where else "", "cyan"),
        ]

    # --------------------------------------------------------------------- rows

    def _row(self, event: Event) -> _TextRow | None:
        """The line for an event; None for the end of a module, which the nesting shows."""
        signs, kind = self._signs, event.kind
        where = self._where(event)
        if event.is_end and kind in _ENDS:
            return _TextRow(signs.dot, "", _ENDS[kind].format(event.module, self._failure(event)), "")
        if kind is EventKind.MODULE_STARTED:
            return _TextRow("", "", event.module, self._shown(event.path))
        if kind is EventKind.MODULE_FAILED:
            return _TextRow(signs.cross, "bold red", f"{event.module} fails: {self._failure(event)}", "")
        if kind is EventKind.MIGRATIONS_STARTED:
            return _TextRow(signs.run, "bold magenta", f"MIGRATIONS START ({event.detail or 'upgrade'})", where)
        if kind is EventKind.MIGRATIONS_FINISHED:
            return _TextRow(signs.tick, "bold magenta", "MIGRATIONS FINISHED", "")
        if kind is EventKind.MIGRATIONS_FAILED:
            return _TextRow(signs.cross, "bold red", f"MIGRATIONS FAIL: {self._failure(event)}", "")
        if kind is EventKind.ENTRY_FAILED:
            return _TextRow(signs.cross, "bold red", f"THE ENTRY POINT FAILS: {self._failure(event)}", where)
        if event.definition is not None:
            return self._table(event, where)
        return self._other(event, where)

    def _table(self, event: Event, where: str) -> _TextRow | None:
        signs, definition = self._signs, event.definition
        if definition is None:
            return None
        name = f"table {definition.key}"
        if definition.class_name:
            name += f" ({definition.class_name})"
        if event.kind is EventKind.TABLE_REGISTERED:
            return _TextRow(signs.dot, "green", name, where)
        if event.kind not in {EventKind.TABLE_REJECTED, EventKind.TABLE_REUSED}:
            return None
        before = ""
        if event.other is not None:
            at = f"{self._shown(event.other.place.path)}:{self._context.span(event.other.place).line}"
            before = f", already registered at {at}"
        if event.kind is EventKind.TABLE_REUSED:
            return _TextRow(signs.dot, "bold yellow", f"{name} REDEFINED{before}", where)
        return _TextRow(signs.cross, "bold red", f"{name} REJECTED{before}", where)

    def _other(self, event: Event, where: str) -> _TextRow | None:
        signs, kind = self._signs, event.kind
        detail = f" ({event.detail})" if event.detail else ""
        error = event.failure.error if event.failure is not None else "exception"
        rows = {
            EventKind.CREATE_ALL: _TextRow(signs.run, "bold yellow", "create_all", where),
            EventKind.QUERY: _TextRow(signs.run, "yellow", f"query{detail}", where),
            EventKind.METADATA_CLEARED: _TextRow(signs.cross, "bold yellow", "MetaData cleared", where),
            EventKind.FAILURE_SWALLOWED: _TextRow(
                signs.cross, "yellow", f"the {error} is caught here, and the program continues", where
            ),
            EventKind.RESERVED_ATTRIBUTE: _TextRow(signs.cross, "yellow", f"reserved attribute{detail}", where),
            EventKind.CUT: _TextRow("...", "italic yellow", f"cut: {event.detail}", where),
        }
        if kind is EventKind.LOGGING_CONFIGURED and event.detail:
            return _TextRow(signs.dot, "yellow", f"logging configured, {event.detail} existing loggers", where)
        return rows.get(kind)

    def _where(self, event: Event) -> str:
        place = event.definition.place if event.definition is not None else event.place
        return f"{self._shown(place.path)}:{self._context.span(place).line}"

    def _failure(self, event: Event) -> str:
        """An exception with its message and where it is raised the first time, and only its name afterwards."""
        failure = event.failure
        if failure is None:
            return "an exception"
        whole = brief(failure)
        if whole in self._explained:
            return failure.error
        self._explained.add(whole)
        if self._context.facts(failure.place.path) is None:
            return whole
        return f"{whole} ({self._shown(failure.place.path)}:{self._context.span(failure.place).line})"

    def _foot(self, left_out: int) -> Line:
        events = self._timeline.events
        first = next((i for i, event in enumerate(events) if event.kind is EventKind.MIGRATIONS_STARTED), None)
        modules = sum(event.kind is EventKind.MODULE_STARTED for event in events)
        tables = sum(event.kind is EventKind.TABLE_REGISTERED for event in events)
        text = f"{counted(modules, 'module')} executed, {counted(tables, 'table')} registered"
        if first is not None and self._timeline.entry.kind is not EntryKind.ALEMBIC:
            before = sum(event.kind is EventKind.TABLE_REGISTERED for event in events[:first])
            text += f", {before} of them before the migrations start"
        rejected = sum(event.kind is EventKind.TABLE_REJECTED for event in events)
        parts: Line = [(f"{text}.", "bold")]
        if rejected:
            parts.append((f" {rejected} rejected.", "bold red"))
        if left_out:
            parts.append((f" {counted(left_out, 'event')} left out.", ""))
        if any(not event.certain for event in events):
            parts.append((" ? marks what depends on a value that cannot be determined.", "yellow"))
        return parts


def timeline_lines(
    context: Context,
    timeline: Timeline,
    signs: Signs,
    shown: Callable[[str], str],
    chosen: TimelineFilter = TimelineFilter(),  # noqa: B008 - it is immutable
) -> Iterator[Line]:
    """A timeline, one line for each event that is chosen; ``shown`` converts a path of the workspace for the reader."""
    return _Renderer(context, timeline, signs, shown, chosen).lines()


def _shown_count(events: Sequence[Event]) -> int:
    return sum(event.kind not in UNSHOWN_KINDS for event in events)
