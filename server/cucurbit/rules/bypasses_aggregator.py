"""``bypasses-aggregator``: a model module imported directly instead of through the aggregator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity, Subject
from cucurbit.analysis.imports import ResolvedImport, executions, imports_of
from cucurbit.analysis.rule import FixGate, Rule
from cucurbit.analysis.unused_names import is_used
from cucurbit.fixes.python_source import python_source
from cucurbit.rules.shared.aggregator.detection import (
    AggregatedImport,
    Aggregator,
    aggregator_for,
    aggregators,
    owns,
    runs_before,
)
from cucurbit.rules.shared.aggregator.fixes import complete_and_route, route_file, route_imports
from cucurbit.rules.shared.aggregator.models import models_of
from cucurbit.rules.shared.aggregator.writing import existing
from cucurbit.rules.shared.environments import is_test, managed
from cucurbit.rules.shared.evidence import entry_name, table_names
from cucurbit.simulate.core.timeline import Place, Timeline
from cucurbit.workspace.model import EntryKind

NAME = "bypasses-aggregator"


@dataclass(frozen=True)
class Bypass(Subject):
    """For the fixes: the import statement that goes past the aggregator."""

    aggregator: Aggregator
    statement: Place


def _check(context: Context) -> Iterator[Finding]:
    if not aggregators(context):
        return
    starts: dict[str, Timeline] = {}
    for timeline in context.timelines:
        starts.setdefault(timeline.entry.path, timeline)
    done: set[Place] = set()
    for path, timeline in starts.items():
        for finding, statement in _from_start(context, path, timeline):
            if statement not in done:
                done.add(statement)
                yield finding
    if NAME in context.workspace.settings.extend_select:
        yield from _everywhere(context, frozenset(starts))


def _from_start(context: Context, path: str, timeline: Timeline) -> Iterator[tuple[Finding, Place]]:
    """The imports of models in env.py or in an entry module, one finding a statement."""
    is_env = timeline.entry.kind is EntryKind.ALEMBIC
    for aggregator, each, reached in _model_imports(context, path):
        is_script = not is_env and timeline.entry.named_by is None and not timeline.entry.startup
        through = aggregator.path in timeline.visited or (is_script and aggregator.covers <= timeline.visited)
        if through and (each.path in aggregator.covers or is_used(context, path, each.bound)):
            # The aggregator runs as well, or in a script all that it imports: this import goes past nothing.
            continue
        severity = Severity.INFORMATION if is_script else Severity.WARNING
        who = path if is_env else f"{path} ({entry_name(timeline.entry)})"
        yield (
            _finding(context, path, aggregator, each, reached, severity, f"{who} imports"),
            Place(path, each.statement),
        )


def _everywhere(context: Context, starts: frozenset[str]) -> Iterator[Finding]:
    """Every other import of models: legal, and a hint only for those who ask."""
    inner = {file for each in aggregators(context) for file in (each.path, *each.covers)}
    done: set[Place] = set()
    for path in context.workspace.python_files():
        if path in starts or path in inner or is_test(path):
            continue
        for aggregator, each, reached in _model_imports(context, path):
            statement = Place(path, each.statement)
            if statement not in done:
                done.add(statement)
                yield _finding(context, path, aggregator, each, reached, Severity.HINT, "This imports")


def _model_imports(context: Context, path: str) -> Iterator[tuple[Aggregator, ResolvedImport, tuple[str, ...]]]:
    """The imports of a file that mean a model module, with the aggregator that they go past."""
    models = context.model_modules
    env_files = {each.target.env_path for each in context.memo(managed)}
    for each in imports_of(context, path):
        if each.path not in models:
            continue
        aggregator = aggregator_for(context, path, {table.metadata for table in models[each.path]})
        if aggregator is None or aggregator.path == path or runs_before(aggregator, each):
            continue
        if not owns(context, aggregator, each.path):
            continue
        if each.path in aggregator.covers or path in env_files:
            reached = context.memo(executions).closure(each.path)
            if aggregator.path not in reached:
                yield aggregator, each, (each.path,)


def _finding(
    context: Context,
    path: str,
    aggregator: Aggregator,
    each: ResolvedImport,
    reached: tuple[str, ...],
    severity: Severity,
    start: str,
) -> Finding:
    tables = [table for file in reached for table in context.model_modules[file]]
    return Finding(
        rule=NAME,
        severity=severity,
        certain=True,
        location=context.location(Place(path, each.statement)),
        message=f"{start} {each.path} ({table_names(tables)}) directly, not through the aggregator {aggregator.path}.",
        related=(
            *(
                Related(context.location(item.place), "the aggregator imports it here")
                for item in _same(aggregator, each)
            ),
            *(Related(context.location(table.place), f"defines '{table.key}'") for table in tables),
        ),
        subject=Bypass(aggregator, Place(path, each.statement)),
        cause=CommonCause(
            (path, aggregator.path),
            f"{start} {{number}} model modules directly, not through the aggregator {aggregator.path}: {{items}}.",
            (each.path,),
            f"imports {each.path}",
        ),
    )


def _same(aggregator: Aggregator, each: ResolvedImport) -> list[AggregatedImport]:
    return [item for item in aggregator.imports if item.path == each.path][:1]


# ---------------------------------------------------------------------------- fixes


def _fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    context = gate.context
    path = finding.location.path
    models = models_of(context, path)
    aggregator = existing(context, models) if models is not None else None
    source = python_source(context, path)
    if models is None or aggregator is None or source is None:
        return ()
    found = route_file(gate, aggregator, path, finding) or complete_and_route(gate, models, path, finding)
    placed = source.statement_at(finding.location.span.line, finding.location.span.column)
    return (*found, *route_imports(gate, aggregator, path, placed, finding)) if placed is not None else found


RULE = Rule(
    name=NAME,
    summary="env.py or an entry point imports model modules directly, not through the aggregator.",
    severity=Severity.WARNING,
    check=_check,
    fixes=_fixes,
)
