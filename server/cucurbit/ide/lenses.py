"""Code lenses above models, env.py and migration calls, and inlay hints beside models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.ide.table_status import TableStatus, TableStatuses, ordinal, times
from cucurbit.rules.shared.evidence import entry_name
from cucurbit.rules.shared.inventory import Dead, dead_definitions_in
from cucurbit.simulate.core.timeline import Place
from cucurbit.source.span import Span
from cucurbit.workspace.model import EntryKind


@dataclass(frozen=True)
class Lens:
    """``entry`` is the target of the entry point whose timeline a click opens, at ``span``; empty if there is none."""

    span: Span
    title: str
    entry: str = ""


@dataclass(frozen=True)
class Hint:
    """An inlay hint after ``column`` of ``line``."""

    line: int
    column: int
    label: str
    tooltip: str


def lenses(statuses: TableStatuses, path: str) -> tuple[Lens, ...]:
    """The lenses of a file, from top to bottom."""
    found = [
        *_models(statuses, path),
        *_never_executed(statuses, path),
        *_environment(statuses, path),
        *_migrations(statuses, path),
    ]
    return tuple(sorted(found, key=lambda lens: lens.span))


def _models(statuses: TableStatuses, path: str) -> Iterator[Lens]:
    for definition in statuses.of_path(path):
        apps = [each for each in statuses.of(definition.place) if each.entry.kind is not EntryKind.ALEMBIC]
        seen = statuses.is_in_migrations(definition.place)
        alembic = () if seen is None else ("seen by Alembic" if seen else "not seen by Alembic",)
        title = ", ".join([*alembic, *_by_applications(apps)])
        # A click should show what is wrong, if anything is.
        first = min(apps, key=lambda each: (not each.is_rejected, each.order > 0), default=None)
        yield Lens(statuses.context.span(definition.place), title, first.entry.target if first else "")


def _never_executed(statuses: TableStatuses, path: str) -> Iterator[Lens]:
    """Above definitions that nothing executes, such as those behind a line that fails."""
    for dead in dead_definitions_in(statuses.context, path):
        if dead.reason is not Dead.COMMENT:
            yield Lens(dead.location.span, f"never registered: {dead.why}")


def _by_applications(apps: list[TableStatus]) -> Iterator[str]:
    """What the applications do with a definition: in detail for one, in numbers for several."""
    if not apps:
        yield "no application entry point executes this"
    elif len(apps) == 1:
        yield _in_words(apps[0])
    else:
        registered = sum(each.order > 0 for each in apps)
        rejected = sum(each.is_rejected for each in apps)
        redefining = len(apps) - registered - rejected
        if registered:
            yield f"registered by {times(registered, 'entry point')}"
        if rejected:
            yield f"rejected in {times(rejected, 'entry point')}"
        if redefining:
            yield f"redefines an existing table in {times(redefining, 'entry point')}"


def _in_words(status: TableStatus) -> str:
    entry = entry_name(status.entry)
    phase = f", {status.phase} migrations" if status.phase else ""
    if status.is_rejected:
        return f"rejected in {entry}{phase}"
    if status.order == 0:
        return f"redefines an existing table in {entry}{phase}"
    maybe = "" if status.event.certain else "possibly "
    return f"{maybe}registered {ordinal(status.order)} in {entry}{phase}"


def _environment(statuses: TableStatuses, path: str) -> Iterator[Lens]:
    for timeline in statuses.context.alembic_timelines():
        if timeline.entry.path == path:
            config = f" ({timeline.entry.target})" if timeline.entry.target != "alembic.ini" else ""
            yield Lens(
                Span(1, 0, 1, 0), f"registers {times(len(timeline.tables), 'table')}{config}", timeline.entry.target
            )


def _migrations(statuses: TableStatuses, path: str) -> Iterator[Lens]:
    places: dict[Place, list[tuple[str, int]]] = {}
    for run in statuses.runs:
        if run.event.place.path == path:
            places.setdefault(run.event.place, []).append((run.entry.target, run.before))
    for place, runs in places.items():
        target, before = max(runs, key=lambda run: run[1])
        more = f" (+{len(runs) - 1})" if len(runs) > 1 else ""
        yield Lens(
            statuses.context.span(place), f"{times(before, 'model')} registered before in {target}{more}", target
        )


def hints(statuses: TableStatuses, path: str) -> tuple[Hint, ...]:
    """The order of registration, shown after the header of each model."""
    found = []
    for definition in statuses.of_path(path):
        told = statuses.of(definition.place)
        orders = [each for each in told if each.order and each.entry.kind is not EntryKind.ALEMBIC] or [
            each for each in told if each.order
        ]
        if orders:
            span = statuses.context.span(definition.place)
            tooltip = "\n".join(_in_words(each) for each in told)
            found.append(Hint(span.end_line, span.end_column, f"#{orders[0].order}", tooltip))
    return tuple(found)
