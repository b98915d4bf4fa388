"""How a table comes to be registered, or migrations to be run: the chain of imports and calls, on request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cucurbit.analysis.finding import Related
from cucurbit.ide.markdown import link
from cucurbit.ide.table_status import MigrationRun, TableStatus, TableStatuses, ordinal
from cucurbit.rules.shared.evidence import entry_name
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.source.span import Span
from cucurbit.workspace.model import Location


@dataclass(frozen=True)
class ReachTarget:
    """Which chain: that of an event of ``kind`` at a line of a file, on the timeline of the entry point ``entry``."""

    location: Location
    entry: str
    kind: EventKind


@dataclass(frozen=True)
class ReachChain:
    """A chain from the entry point to what happens, which is the last step."""

    title: str
    steps: tuple[Related, ...]


@dataclass(frozen=True)
class Links:
    """How texts in Markdown refer to places.

    ``uri`` is the URI of a file, empty if there is none; ``moved`` converts a span in the facts of a file to a span in
    the text that the reader sees; ``reach`` is the URI of a command that shows a chain, empty if there is none.
    """

    uri: Callable[[str], str] = lambda _: ""
    moved: Callable[[str, Span], Span] = lambda _, span: span
    reach: Callable[[ReachTarget], str] = lambda _: ""

    def place(self, location: Location) -> str:
        """``path:line``, as a link if possible."""
        line = self.moved(location.path, location.span).line
        uri = self.uri(location.path)
        return link(f"{location.path}:{line}", f"{uri}#L{line}" if uri else "")

    def how(self, target: ReachTarget) -> str:
        """A link that shows the chain; empty if there is none."""
        uri = self.reach(target)
        return link("how", uri) if uri else ""


NO_LINKS = Links()


def reach(statuses: TableStatuses, path: str, line: int, entry: str, kind: EventKind) -> ReachChain | None:
    """The chain of the first such event at a line (1-based) of a file; None if there is none."""
    context = statuses.context
    if kind is EventKind.MIGRATIONS_STARTED:
        for run in statuses.runs:
            at = context.location(run.event.place)
            if run.entry.target == entry and (at.path, at.span.line) == (path, line):
                return ReachChain(f"How {entry_name(run.entry)} starts migrations", _steps(statuses, run, at))
        return None
    for definition in statuses.of_path(path):
        at = context.location(definition.place)
        for status in statuses.of(definition.place):
            if status.entry.target == entry and status.event.kind is kind and at.span.line == line:
                return ReachChain(f"How {definition.key} is {_done(status)}", _steps(statuses, status, at))
    return None


def _steps(statuses: TableStatuses, found: TableStatus | MigrationRun, at: Location) -> tuple[Related, ...]:
    steps = statuses.context.chain(found.event.link)
    if isinstance(found, MigrationRun):
        return steps or (Related(at, "starts migrations"),)
    return (*steps, Related(at, f"{found.definition.key} is {_done(found)}"))


def _done(status: TableStatus) -> str:
    entry = entry_name(status.entry)
    if status.is_rejected:
        return f"rejected in {entry}"
    if status.event.kind is EventKind.TABLE_REUSED:
        return f"redefined in {entry}"
    return f"registered {ordinal(status.order)} in {entry}"
