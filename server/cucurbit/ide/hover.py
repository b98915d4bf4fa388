"""Hover texts, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cucurbit.ide.file_outline import DeclaredTable, columns_markdown, declared_tables, table_at
from cucurbit.ide.markdown import code, prose
from cucurbit.ide.reach import NO_LINKS, Links, ReachTarget
from cucurbit.ide.table_status import (
    MOST,
    MigrationRun,
    TableStatus,
    TableStatuses,
    covers,
    listed,
    ordinal,
    registered_by,
    times,
)
from cucurbit.rules.shared.evidence import entry_name
from cucurbit.simulate.core.timeline import EventKind, ImportRecord, Link, TableDefinition, Timeline
from cucurbit.source.span import Span
from cucurbit.workspace.model import EntryKind

UNDER_WAY = "*The order of registration is not known yet: the first analysis is running.*"


@dataclass(frozen=True)
class Hover:
    """``definition``: the definition of a table that the hover is about."""

    span: Span
    markdown: str
    definition: TableDefinition | None = None


def hover_before_analysis(tables: Sequence[DeclaredTable], line: int, column: int) -> Hover | None:
    """The hover for a table before the first analysis: only what the file itself declares."""
    table = table_at(tables, line, column)
    if table is None:
        return None
    what = f"class {code(table.class_name)}" if table.class_name else "`Table(...)`"
    lines = [f"**table {code(table.table)}** · {what}", ""]
    if table.metadata:
        lines += [f"MetaData: {'that of ' if table.class_name else ''}{code(table.metadata)}", ""]
    lines += [*columns_markdown(table), UNDER_WAY]
    return Hover(table.name_span if covers(table.name_span, line, column) else table.span, "\n".join(lines))


def hover(statuses: TableStatuses, path: str, line: int, column: int, links: Links = NO_LINKS) -> Hover | None:
    """The hover at a position (1-based line, 0-based column in code points); None if there is nothing to show."""
    definition = statuses.definition_at(path, line, column)
    if definition is not None:
        place = definition.name_place
        at_name = place is not None and place.path == path and statuses.context.span(place).line <= line
        span = statuses.context.span(place if at_name and place is not None else definition.place)
        return Hover(span, "\n".join(definition_lines(statuses, definition, links)), definition)
    runs = statuses.runs_at(path, line, column)
    if runs:
        return Hover(statuses.context.span(runs[0].event.place), "\n".join(_runs(statuses, runs, links)))
    imports = statuses.imports_at(path, line, column)
    text = "\n".join(_imports(statuses, imports))
    if text:
        return Hover(statuses.context.span(imports[0][1].place), text)
    return _entry(statuses, path, line)


_MOST_STATUSES = 5
_MOST_OTHERS = 2
"""How many entry points and other definitions a hover lists: with these it has at most 15 lines."""


def definition_lines(statuses: TableStatuses, definition: TableDefinition, links: Links) -> Iterator[str]:
    """The hover of a table's definition, line by line."""
    context = statuses.context
    what = f"class {code(definition.class_name)}" if definition.class_name else "`Table(...)`"
    yield f"**table {code(definition.key)}** · {what} in {code(definition.module)}"
    yield ""
    metadata = definition.metadata
    is_own = metadata.place is not None and context.facts(metadata.place.path) is not None
    where = (
        f", created at {links.place(context.location(metadata.place))}" if is_own and metadata.place is not None else ""
    )
    yield f"MetaData: {code(metadata.label)} of {code(metadata.module)}{where}"
    yield ""
    yield from _columns(statuses, definition)
    seen = statuses.is_in_migrations(definition.place)
    if seen is not None:
        yield "- Alembic: " + ("registered by env.py" if seen else "**not registered by env.py**")
    yield from _other_definitions(statuses, definition, links)
    yield from _statuses(statuses, definition, links)


def _other_definitions(statuses: TableStatuses, definition: TableDefinition, links: Links) -> Iterator[str]:
    others = [
        each
        for each in statuses.definitions_of(definition.key)
        if each.place != definition.place and each.metadata == definition.metadata
    ]
    if others:
        places = [links.place(statuses.context.location(each.place)) for each in others]
        yield f"- {'another definition' if len(others) == 1 else 'other definitions'}: {listed(places, _MOST_OTHERS)}"


def _statuses(statuses: TableStatuses, definition: TableDefinition, links: Links) -> Iterator[str]:
    """What each entry point does with a definition: those of applications first, and rejections before the rest."""
    shown = sorted(
        statuses.of(definition.place),
        key=lambda each: (each.entry.kind is EntryKind.ALEMBIC, not each.is_rejected),
    )
    if not shown:
        yield "- no entry point executes this definition"
    at = statuses.context.location(definition.place)
    for status in shown[:_MOST_STATUSES]:
        target = ReachTarget(at, status.entry.target, status.event.kind)
        yield f"- {sentence(status)}{_nearest(statuses, status.link, target, links)}"
    if len(shown) > _MOST_STATUSES:
        yield f"- and in {times(len(shown) - _MOST_STATUSES, 'more entry point')}"


def _nearest(statuses: TableStatuses, chain: Link | None, target: ReachTarget, links: Links) -> str:
    """The last step of a chain, and a link that shows all of it."""
    steps = statuses.context.chain(chain)
    if not steps:
        return ""
    how = links.how(target)
    last = f"{links.place(steps[-1].location)} {prose(steps[-1].message)}"
    return f": {last}" + (f" ({how})" if how else "")


def _columns(statuses: TableStatuses, definition: TableDefinition) -> Iterator[str]:
    facts, span = statuses.context.facts(definition.place.path), statuses.context.span(definition.place)
    for table in declared_tables(facts) if facts is not None else ():
        if table.span == span:
            yield from columns_markdown(table)


def sentence(status: TableStatus) -> str:
    """One status in words: ``registered 3rd in app.main, before the migrations``."""
    maybe = "" if status.event.certain else "possibly "
    entry = code(entry_name(status.entry))
    if status.event.kind is EventKind.TABLE_REJECTED:
        return f"{maybe}rejected in {entry}{_phase(status)}, as the table is already defined"
    if status.event.kind is EventKind.TABLE_REUSED:
        return f"{maybe}redefines an existing table in {entry}{_phase(status)}"
    return f"{maybe}registered {ordinal(status.order)} in {entry}{_phase(status)}"


def _phase(status: TableStatus) -> str:
    return f", {status.phase} the migrations" if status.phase else ""


def _runs(statuses: TableStatuses, runs: tuple[MigrationRun, ...], links: Links) -> Iterator[str]:
    yield "**migrations**"
    yield ""
    for run in runs[:MOST]:
        own = "" if run.event.process == 0 else " (in a separate process)"
        target = ReachTarget(statuses.context.location(run.event.place), run.entry.target, EventKind.MIGRATIONS_STARTED)
        how = _nearest(statuses, run.event.link, target, links)
        yield f"- from {code(entry_name(run.entry))}{own}: {times(run.before, 'table')} registered before{how}"
    if len(runs) > MOST:
        yield f"- and from {times(len(runs) - MOST, 'more entry point')}"


def _imports(statuses: TableStatuses, imports: tuple[tuple[Timeline, ImportRecord], ...]) -> Iterator[str]:
    """The tables that an import registers; nothing if it imports no model."""
    own = [each for each in imports if statuses.of_path(each[1].path)]
    brings = [(timeline, record, registered_by(timeline, record)) for timeline, record in imports]
    if not own and not any(tables for _, _, tables in brings):
        return
    record = imports[0][1]
    yield f"**import of {code(record.module)}**"
    yield ""
    keys = [code(each.key) for each in statuses.of_path(record.path)]
    if keys:
        yield f"Defines {times(len(keys), 'table')}: {listed(keys)}"
        yield ""
    told = False
    for timeline, each, tables in brings[:MOST]:
        if tables:
            told = True
            names = listed([code(table.key) for table in tables])
            yield f"- in {code(entry_name(timeline.entry))} it registers {times(len(tables), 'table')}: {names}"
        elif each.ran is False and statuses.of_path(each.path):
            told = True
            yield f"- in {code(entry_name(timeline.entry))} the module was already imported"
    if not told:
        yield "- it registers nothing"


def _entry(statuses: TableStatuses, path: str, line: int) -> Hover | None:
    """The hover on the first line of an entry point: the tables that it registers."""
    if line != 1:
        return None
    lines = []
    for timeline in statuses.context.timelines:
        if timeline.entry.path == path:
            count = len({event.definition for event in timeline.of(EventKind.TABLE_REGISTERED)})
            failed = next(timeline.of(EventKind.ENTRY_FAILED), None)
            lines.append(f"- {entry_summary(timeline)}")
            if failed is not None and failed.failure is not None and count == 0 and not failed.failure.is_end:
                lines.append("  - before any table is registered")
    return Hover(Span(1, 0, 1, 0), "\n".join(["**entry point**", "", *lines])) if lines else None


def entry_summary(timeline: Timeline) -> str:
    """What an entry point registers and whether it fails, in one line of Markdown."""
    count = len(timeline.tables)
    text = f"{code(entry_name(timeline.entry))} registers {times(count, 'table')}"
    failed = next(timeline.of(EventKind.ENTRY_FAILED), None)
    if failed is not None and failed.failure is not None and not failed.failure.is_end:
        text += f" and {'fails' if failed.certain else 'may fail'} with {code(failed.failure.error)}"
    return text
