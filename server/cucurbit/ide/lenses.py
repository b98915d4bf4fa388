"""Lines of text above models, env.py and migration calls, and hints beside models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.ide.standing import Standing, Standings, entry_name, ordinal, times
from cucurbit.simulate.core.timeline import Place
from cucurbit.source.span import Span
from cucurbit.workspace.model import EntryKind


@dataclass(frozen=True)
class Lens:
    """``entry`` is the target of the entry point whose timeline the lens leads to, empty where there is none."""

    span: Span
    title: str
    entry: str = ""


@dataclass(frozen=True)
class Hint:
    """Stands behind ``line``'s ``column``."""

    line: int
    column: int
    label: str
    tooltip: str


def lenses(standings: Standings, path: str) -> tuple[Lens, ...]:
    """The lenses of a file, in its order."""
    found = [*_models(standings, path), *_environment(standings, path), *_migrations(standings, path)]
    return tuple(sorted(found, key=lambda lens: lens.span))


def _models(standings: Standings, path: str) -> Iterator[Lens]:
    for definition in standings.of_path(path):
        apps = [each for each in standings.of(definition.place) if each.entry.kind is not EntryKind.ALEMBIC]
        parts = []
        if apps:
            parts.append(_in_words(apps[0]))
            if len(apps) > 1:
                parts[0] += f" (+{len(apps) - 1})"
        else:
            parts.append("no application entry point executes this")
        seen = standings.is_in_migrations(definition.place)
        if seen is not None:
            parts.append("seen by Alembic" if seen else "not seen by Alembic")
        yield Lens(standings.context.span(definition.place), "; ".join(parts), apps[0].entry.target if apps else "")


def _in_words(standing: Standing) -> str:
    entry = entry_name(standing.entry)
    phase = f", {standing.phase} migrations" if standing.phase else ""
    if standing.is_rejected:
        return f"rejected in {entry}{phase}"
    if standing.order == 0:
        return f"laid over another definition in {entry}{phase}"
    maybe = "" if standing.event.certain else "perhaps "
    return f"{maybe}registered {ordinal(standing.order)} in {entry}{phase}"


def _environment(standings: Standings, path: str) -> Iterator[Lens]:
    for timeline in standings.context.alembic_timelines():
        if timeline.entry.path == path:
            config = f" ({timeline.entry.target})" if timeline.entry.target != "alembic.ini" else ""
            yield Lens(
                Span(1, 0, 1, 0), f"registers {times(len(timeline.tables), 'table')}{config}", timeline.entry.target
            )


def _migrations(standings: Standings, path: str) -> Iterator[Lens]:
    places: dict[Place, list[tuple[str, int]]] = {}
    for run in standings.runs:
        if run.event.place.path == path:
            places.setdefault(run.event.place, []).append((run.entry.target, run.before))
    for place, runs in places.items():
        target, before = max(runs, key=lambda run: run[1])
        more = f" (+{len(runs) - 1})" if len(runs) > 1 else ""
        yield Lens(
            standings.context.span(place), f"{times(before, 'model')} registered before in {target}{more}", target
        )


def hints(standings: Standings, path: str) -> tuple[Hint, ...]:
    """The order of registration, behind the header of each model."""
    found = []
    for definition in standings.of_path(path):
        told = standings.of(definition.place)
        orders = [each for each in told if each.order and each.entry.kind is not EntryKind.ALEMBIC] or [
            each for each in told if each.order
        ]
        if orders:
            span = standings.context.span(definition.place)
            tooltip = "\n".join(_in_words(each) for each in told)
            found.append(Hint(span.end_line, span.end_column, f"#{orders[0].order}", tooltip))
    return tuple(found)
