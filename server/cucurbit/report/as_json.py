"""Converts findings, timelines, models and explanations to the documents of the JSON format."""

from __future__ import annotations

from collections.abc import Iterable

from cucurbit.analysis.context import Context
from cucurbit.explain.explanation import Explanation
from cucurbit.report import documents as d
from cucurbit.report.models_filter import EVERY_MODEL, ModelFilter
from cucurbit.report.report import Report, Reported
from cucurbit.rules.shared.coverage import Coverage
from cucurbit.rules.shared.drift import Drift
from cucurbit.rules.shared.inventory import ModelRecord
from cucurbit.rules.shared.revisions import message
from cucurbit.simulate.core.timeline import Event, EventKind, Place, Timeline
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.source.span import Span
from cucurbit.workspace.alembic.graph import RevisionGraph
from cucurbit.workspace.model import EntryKind

_MIGRATION_KINDS = {EventKind.MIGRATIONS_STARTED, EventKind.MIGRATIONS_FINISHED, EventKind.MIGRATIONS_FAILED}


def check_document(report: Report, entries: int, seen: Coverage) -> d.CheckDocument:
    """The findings, and what was seen, as ``docs/schemas/check.json`` describes them.

    ``entries`` is the number of simulated entry points.
    """
    return d.CheckDocument(d.VERSION, tuple(_finding(reported) for reported in report.findings), _seen(entries, seen))


def _seen(entries: int, seen: Coverage) -> d.CoverageItem:
    endings = tuple(
        d.EndingItem(
            d.entry_item(each.entry),
            each.certain,
            each.error,
            each.message,
            each.location.path,
            each.location.span.line,
        )
        for each in seen.endings
    )
    environments = tuple(d.SeenEnvironment(each.config, each.tables, each.failed) for each in seen.environments)
    return d.CoverageItem(entries, seen.tables, seen.registered, seen.unnamed, endings, environments)


def _finding(reported: Reported) -> d.FindingItem:
    finding = reported.finding
    return d.FindingItem(
        rule=finding.rule,
        severity=finding.severity,
        certainty="certain" if finding.certain else "uncertain",
        path=finding.location.path,
        range=document_range(finding.location.span),
        message=finding.message,
        related=tuple(
            d.RelatedPlace(related.location.path, related.location.span.line, related.text)
            for related in finding.related
        ),
        fixes=tuple(d.OfferedFix(fix.title, fix.safe) for fix in reported.fixes),
    )


def document_range(span: Span) -> d.Range:
    """A span with 1-based columns."""
    return d.Range(d.Position(span.line, span.column + 1), d.Position(span.end_line, span.end_column + 1))


def timeline_document(context: Context, timelines: tuple[Timeline, ...]) -> d.TimelineDocument:
    """Timelines as ``docs/schemas/timeline.json`` describes them."""
    return d.TimelineDocument(d.VERSION, tuple(_timeline(context, timeline) for timeline in timelines))


def _timeline(context: Context, timeline: Timeline) -> d.TimelineItem:
    events: dict[int, list[d.EventItem]] = {0: []}
    notes = []
    for event in timeline.events:
        if event.kind is EventKind.CUT:
            if not event.process:
                location = context.location(event.place)
                notes.append(d.Note(len(events[0]), location.path, location.span.line, event.detail))
        elif not is_own_run(timeline, event):
            item = _event(context, event)
            if item is not None:
                events.setdefault(event.process, []).append(item)
    return d.TimelineItem(
        d.entry_item(timeline.entry),
        tuple(events.pop(0)),
        tuple(notes),
        tuple(d.Subprocess(process, tuple(items)) for process, items in sorted(events.items())),
    )


def is_own_run(timeline: Timeline, event: Event) -> bool:
    """Whether an event belongs to the run of the alembic command itself, which no code of the workspace starts."""
    alembic = timeline.entry.kind is EntryKind.ALEMBIC
    return alembic and event.place.at == WHOLE_FILE and event.kind in _MIGRATION_KINDS


def _event(context: Context, event: Event) -> d.EventItem | None:
    """The event in the JSON format; None for a kind that it does not have."""
    kind, certain = event.kind, event.certain
    error = event.failure.error if event.failure is not None else "Exception"
    if kind is EventKind.MODULE_STARTED:
        return d.ModuleStarted(certain, event.module, event.path)
    if kind is EventKind.MODULE_FINISHED:
        return d.ModuleFinished(certain, event.module, event.path)
    if kind is EventKind.MODULE_FAILED:
        return d.ModuleFailed(certain, event.module, event.path, error)
    if kind is EventKind.MIGRATIONS_FINISHED:
        return d.MigrationsFinished(certain)
    if kind is EventKind.MIGRATIONS_FAILED:
        return d.MigrationsFailed(certain, error)
    if kind is EventKind.ENTRY_FAILED:
        return d.EntryFailed(certain, error)
    return _placed(context, event)


def _placed(context: Context, event: Event) -> d.EventItem | None:
    kind, definition = event.kind, event.definition
    if kind in {EventKind.TABLE_REGISTERED, EventKind.TABLE_REJECTED}:
        if definition is None:
            return None
        line = context.span(definition.place).line
        made = d.TableRegistered if kind is EventKind.TABLE_REGISTERED else d.TableRejected
        return made(event.certain, definition.key, definition.place.path, line)
    if kind in {EventKind.MIGRATIONS_STARTED, EventKind.CREATE_ALL}:
        started = d.MigrationsStarted if kind is EventKind.MIGRATIONS_STARTED else d.CreateAll
        return started(event.certain, event.place.path, context.span(event.place).line)
    return None


def models_document(context: Context, chosen: ModelFilter = EVERY_MODEL) -> d.ModelsDocument:
    """The chosen part of the inventory as ``docs/schemas/models.json`` describes it."""
    dead = tuple(
        d.DeadItem(
            each.table, each.class_name, each.location.path, each.location.span.line, each.reason.value, each.shadow
        )
        for each in chosen.dead(context)
    )
    return d.ModelsDocument(d.VERSION, tuple(_model(record) for record in chosen.records(context)), dead)


def _model(record: ModelRecord) -> d.ModelItem:
    return d.ModelItem(
        table=record.key,
        class_name=record.class_name,
        path=record.location.path,
        line=record.location.span.line,
        metadata=record.metadata,
        environments=tuple(
            d.EnvironmentItem(view.config, view.env_path, view.registered.value, view.held)
            for view in record.environments
        ),
        entry_points=tuple(
            d.RegistrationItem(
                d.entry_item(each.entry),
                each.registered.value,
                each.order,
                each.before_migrations,
            )
            for each in record.registrations
        ),
    )


def revisions_document(context: Context, graphs: Iterable[RevisionGraph]) -> d.RevisionsDocument:
    """Graphs of revisions as ``docs/schemas/revisions.json`` describes them."""
    return d.RevisionsDocument(d.VERSION, tuple(_graph(context, graph) for graph in graphs))


def _graph(context: Context, graph: RevisionGraph) -> d.RevisionEnvironment:
    numbers = {each.id: number for number, each in enumerate(graph.order, 1)}
    return d.RevisionEnvironment(
        config=graph.environment.config,
        section=graph.environment.section,
        complete=graph.is_complete,
        unknown=graph.doubts,
        heads=tuple(each.id for each in graph.heads),
        bases=tuple(each.id for each in graph.bases),
        faults=tuple(
            d.RevisionFault(each.fault.value, each.name, each.words, tuple(script.path for script in each.scripts))
            for each in graph.faults
        ),
        revisions=tuple(
            d.RevisionItem(
                revision=each.id,
                path=each.path,
                line=context.span(Place(each.path, each.names.revision.at)).line,
                message=message(context, each),
                number=numbers.get(each.id, 0),
                down_revision=each.parents,
                depends_on=each.dependencies,
                branch_labels=each.labels,
            )
            for each in sorted(graph.scripts, key=lambda script: (numbers.get(script.id, 0), script.path))
        ),
    )


def drift_document(context: Context, drifts: Iterable[Drift]) -> d.DriftDocument:
    """The drift of environments as ``docs/schemas/drift.json`` describes it."""
    return d.DriftDocument(d.VERSION, tuple(_drift(context, each) for each in drifts))


def _drift(context: Context, drift: Drift) -> d.DriftEnvironment:
    return d.DriftEnvironment(
        config=drift.environment.config,
        section=drift.environment.section,
        heads=drift.heads,
        complete=drift.is_complete,
        unknown=drift.doubts,
        differences=tuple(
            d.DifferenceItem(
                op=each.op,
                table=each.table,
                name=each.name,
                path=each.place.path,
                line=context.span(each.place).line,
                certain=each.certain,
                message=each.message,
            )
            for each in drift.comparison.differences
        ),
    )


def explain_document(explanations: Iterable[Explanation]) -> d.ExplainDocument:
    """Explanations as ``docs/schemas/explain.json`` describes them."""
    items = tuple(
        d.ExplanationItem(
            error=each.error,
            message=each.message,
            cause=each.cause,
            raised_here=each.raised_here,
            summary=each.summary,
            related=tuple(
                d.RelatedPlace(link.location.path, link.location.span.line, link.text) for link in each.related
            ),
            advice=each.advice,
        )
        for each in explanations
    )
    return d.ExplainDocument(d.VERSION, items)
