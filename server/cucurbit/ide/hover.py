"""What is told of the thing under the pointer, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cucurbit.ide.outline import Declared, columns_told, declared, table_at
from cucurbit.ide.standing import (
    MOST,
    MigrationRun,
    Standing,
    Standings,
    covers,
    entry_name,
    listed,
    ordinal,
    registered_by,
    times,
)
from cucurbit.simulate.core.timeline import EventKind, ImportRecord, Link, TableDefinition, Timeline
from cucurbit.source.span import Span
from cucurbit.workspace.model import EntryKind

UNDER_WAY = "*What registers it, and in which order, is still being worked out.*"


@dataclass(frozen=True)
class Hover:
    span: Span
    markdown: str


def hover_meanwhile(tables: Sequence[Declared], line: int, column: int) -> Hover | None:
    """What a file says by itself of the table at a position, as long as nothing is known of what is executed."""
    table = table_at(tables, line, column)
    if table is None:
        return None
    what = f"class `{table.class_name}`" if table.class_name else "`Table(...)`"
    lines = [f"**table `{table.table}`** · {what}", ""]
    if table.metadata:
        lines += [f"MetaData: {'that of ' if table.class_name else ''}`{table.metadata}`", ""]
    lines += [*columns_told(table), UNDER_WAY]
    return Hover(table.name_span if covers(table.name_span, line, column) else table.span, "\n".join(lines))


def hover(standings: Standings, path: str, line: int, column: int) -> Hover | None:
    """What is at a position (1-based line, 0-based column in code points); None where there is nothing to tell."""
    definition = standings.definition_at(path, line, column)
    if definition is not None:
        place = definition.name_place
        at_name = place is not None and place.path == path and standings.context.span(place).line <= line
        span = standings.context.span(place if at_name and place is not None else definition.place)
        return Hover(span, "\n".join(_definition(standings, definition)))
    runs = standings.runs_at(path, line, column)
    if runs:
        return Hover(standings.context.span(runs[0].event.place), "\n".join(_runs(standings, runs)))
    imports = standings.imports_at(path, line, column)
    text = "\n".join(_imports(standings, imports))
    if text:
        return Hover(standings.context.span(imports[0][1].place), text)
    return _entry(standings, path, line)


def _definition(standings: Standings, definition: TableDefinition) -> Iterator[str]:
    what = f"class `{definition.class_name}`" if definition.class_name else "`Table(...)`"
    yield f"**table `{definition.key}`** · {what} in `{definition.module}`"
    yield ""
    metadata = definition.metadata
    is_own = metadata.place is not None and standings.context.facts(metadata.place.path) is not None
    where = f", made at {standings.context.at(metadata.place)}" if is_own and metadata.place is not None else ""
    yield f"MetaData: `{metadata.label}` of `{metadata.module}`{where}"
    yield ""
    yield from _columns(standings, definition)
    seen = standings.is_in_migrations(definition.place)
    if seen is not None:
        yield "Alembic: " + ("registered by env.py" if seen else "**not registered by env.py**")
        yield ""
    others = [each for each in standings.definitions_of(definition.key) if each.place != definition.place]
    for other in others[:MOST]:
        if other.metadata == definition.metadata:
            yield f"- another definition: {standings.context.at(other.place)}"
    apps = [each for each in standings.of(definition.place) if each.entry.kind is not EntryKind.ALEMBIC]
    alembic = [each for each in standings.of(definition.place) if each.entry.kind is EntryKind.ALEMBIC]
    shown = [*apps, *alembic]
    if not shown:
        yield "- no entry point executes this definition"
    for standing in shown[:MOST]:
        yield f"- {sentence(standing)}"
        yield from (f"  {step}" for step in _chain(standings, standing.link))
    if len(shown) > MOST:
        yield f"- and from {times(len(shown) - MOST, 'more entry point')}"


def _columns(standings: Standings, definition: TableDefinition) -> Iterator[str]:
    facts, span = standings.context.facts(definition.place.path), standings.context.span(definition.place)
    for table in declared(facts) if facts is not None else ():
        if table.span == span:
            yield from columns_told(table)


def sentence(standing: Standing) -> str:
    """One standing in words, as ``registered 3rd in app.main, before the migrations``."""
    maybe = "" if standing.event.certain else "perhaps "
    entry = f"`{entry_name(standing.entry)}`"
    if standing.event.kind is EventKind.TABLE_REJECTED:
        return f"{maybe}rejected in {entry}{_phase(standing)}: the table is defined already"
    if standing.event.kind is EventKind.TABLE_REUSED:
        return f"{maybe}laid over another definition in {entry}{_phase(standing)}"
    return f"{maybe}registered {ordinal(standing.order)} in {entry}{_phase(standing)}"


def _phase(standing: Standing) -> str:
    return f", {standing.phase} the migrations" if standing.phase else ""


def _chain(standings: Standings, link: Link | None) -> Iterator[str]:
    steps = standings.context.chain(link)
    skipped = max(0, len(steps) - MOST)
    for step in steps[: MOST // 2] if skipped else steps:
        yield f"- {step.location.path}:{step.location.span.line} {step.message}"
    if skipped:
        yield f"- … {times(skipped, 'more step')}"
        for step in steps[-MOST // 2 :]:
            yield f"- {step.location.path}:{step.location.span.line} {step.message}"


def _runs(standings: Standings, runs: tuple[MigrationRun, ...]) -> Iterator[str]:
    yield "**migrations**"
    yield ""
    for run in runs[:MOST]:
        own = "" if run.event.process == 0 else " (a process of its own)"
        yield f"- from `{entry_name(run.entry)}`{own}: {times(run.before, 'table')} registered before"
        yield from (f"  {step}" for step in _chain(standings, run.event.link))


def _imports(standings: Standings, imports: tuple[tuple[Timeline, ImportRecord], ...]) -> Iterator[str]:
    """What an import registers; nothing where it brings in no model."""
    own = [each for each in imports if standings.of_path(each[1].path)]
    brings = [(timeline, record, registered_by(timeline, record)) for timeline, record in imports]
    if not own and not any(tables for _, _, tables in brings):
        return
    record = imports[0][1]
    yield f"**import of `{record.module}`**"
    yield ""
    keys = [f"`{each.key}`" for each in standings.of_path(record.path)]
    if keys:
        yield f"Defines {times(len(keys), 'table')}: {listed(keys)}"
        yield ""
    told = False
    for timeline, each, tables in brings[:MOST]:
        if tables:
            told = True
            names = listed([f"`{table.key}`" for table in tables])
            yield f"- in `{entry_name(timeline.entry)}` it registers {times(len(tables), 'table')}: {names}"
        elif each.ran is False and standings.of_path(each.path):
            told = True
            yield f"- in `{entry_name(timeline.entry)}` the module was imported before"
    if not told:
        yield "- it registers nothing"


def _entry(standings: Standings, path: str, line: int) -> Hover | None:
    """On the first line of a file that is an entry point: what it registers."""
    if line != 1:
        return None
    lines = []
    for timeline in standings.context.timelines:
        if timeline.entry.path == path:
            count = len({event.definition for event in timeline.of(EventKind.TABLE_REGISTERED)})
            failed = next(timeline.of(EventKind.ENTRY_FAILED), None)
            lines.append(f"- {entry_summary(timeline)}")
            if failed is not None and failed.failure is not None and count == 0 and not failed.failure.is_end:
                lines.append("  - before any table is registered")
    return Hover(Span(1, 0, 1, 0), "\n".join(["**entry point**", "", *lines])) if lines else None


def entry_summary(timeline: Timeline) -> str:
    """What an entry point comes to, in one line of Markdown."""
    count = len(timeline.tables)
    text = f"`{entry_name(timeline.entry)}` registers {times(count, 'table')}"
    failed = next(timeline.of(EventKind.ENTRY_FAILED), None)
    if failed is not None and failed.failure is not None and not failed.failure.is_end:
        text += f" and {'fails' if failed.certain else 'may fail'} with `{failed.failure.error}`"
    return text
