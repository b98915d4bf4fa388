"""``aggregator-incomplete``: a model module that the aggregator leaves out, or may fail to import unseen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity, Subject
from cucurbit.analysis.imports import ResolvedImport
from cucurbit.analysis.rule import FixGate, Rule
from cucurbit.rules.model_not_in_migrations import missed
from cucurbit.rules.shared.aggregator.detection import (
    Aggregator,
    aggregator_for,
    aggregators,
    belongs,
    end_of_imports,
    environments_of,
)
from cucurbit.rules.shared.aggregator.fixes import complete, model_files
from cucurbit.rules.shared.aggregator.models import models_of
from cucurbit.rules.shared.environments import is_migration_file, is_view, same_metadata
from cucurbit.rules.shared.evidence import brief, table_names
from cucurbit.rules.shared.import_failures import fails, hidden_failure, hidden_imports
from cucurbit.simulate.core.timeline import Place, TableDefinition

NAME = "aggregator-incomplete"


@dataclass(frozen=True)
class MissingModule(Subject):
    """For the fixes: the aggregator and the model module that it lacks."""

    aggregator: Aggregator
    path: str


def _check(context: Context) -> Iterator[Finding]:
    for aggregator in aggregators(context):
        if not aggregator.walker:
            yield from _missing(context, aggregator)
        yield from _hidden(context, aggregator)


def _missing(context: Context, aggregator: Aggregator) -> Iterator[Finding]:
    place = end_of_imports(context, aggregator)
    environments = environments_of(context, aggregator)
    for path, tables in context.model_modules.items():
        if path in aggregator.covers or not belongs(context, aggregator, path):
            continue
        if aggregator_for(context, path, {table.metadata for table in tables}) is not aggregator:
            continue
        if all(table.in_function or is_view(context, table) for table in tables):
            continue
        if _collides(context, aggregator, tables):
            continue
        if any(all(each.registers(table) for table in tables) for each in environments):
            # env.py imports it directly, which does as well.
            continue
        if all(missed(context, table) is not None for table in tables):
            # model-not-in-migrations reports that, and the aggregator with it.
            continue
        noun = "table" if len(tables) == 1 else "tables"
        yield Finding(
            rule=NAME,
            severity=Severity.WARNING,
            certain=True,
            location=context.location(place),
            message=f"The aggregator {aggregator.path} does not import {path}, which defines the {noun} "
            f"{table_names(tables)}.",
            related=tuple(Related(context.location(each.place), f"defines '{each.key}'") for each in tables),
            subject=MissingModule(aggregator, path),
            cause=CommonCause(
                (aggregator.path, "missing"),
                f"The aggregator {aggregator.path} does not import {{number}} model modules: {{items}}.",
                (path,),
                f"{path} belongs below this import",
            ),
        )


def _collides(context: Context, aggregator: Aggregator, tables: Sequence[TableDefinition]) -> bool:
    """Whether the aggregator already has another definition of one of the tables: importing both would raise."""
    covered = [table for path in aggregator.covers for table in context.model_modules[path]]
    return any(
        one.key == other.key and same_metadata(one.metadata, other.metadata) for one in tables for other in covered
    )


# ------------------------------------------------------- failures that it hides


def _hidden(context: Context, aggregator: Aggregator) -> Iterator[Finding]:
    seen: set[Place] = set()
    for each, place in hidden_imports(context, aggregator.path):
        if place not in seen and _is_own(context, aggregator, each):
            seen.add(place)
            yield _hides(context, each, place)


def _is_own(context: Context, aggregator: Aggregator, each: ResolvedImport) -> bool:
    """Whether the import is of the project: a package that may not be installed is rightly optional."""
    if each.path:
        return not is_migration_file(context, each.path)
    top = each.module.partition(".")[0]
    roots = context.workspace.roots_of(aggregator.path)
    return any(context.workspace.find_spec(top, (root,)) is not None for root in roots)


def _hides(context: Context, each: ResolvedImport, place: Place) -> Finding:
    failed = hidden_failure((*context.timelines, *context.isolated), place)
    what = each.path or each.module
    if failed is None or failed.failure is None:
        return Finding(
            rule=NAME,
            severity=Severity.INFORMATION,
            certain=True,
            location=context.location(place),
            message=f"If {what} fails to import, this hides the failure, and the aggregator lacks its tables.",
            related=(Related(context.location(each.place), f"imports {each.module}"),),
        )
    return Finding(
        rule=NAME,
        severity=Severity.WARNING,
        certain=failed.certain,
        location=context.location(place),
        message=f"This hides that {what} {fails(failed)} to import "
        f"({brief(failed.failure)}): the aggregator lacks its tables.",
        related=(
            Related(context.location(each.place), f"imports {each.module}"),
            Related(context.location(failed.failure.place), f"raises {failed.failure.error}"),
        ),
    )


# ---------------------------------------------------------------------------- fixes


def _fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """Add the module that the finding misses."""
    context = gate.context
    models = models_of(context, finding.location.path)
    if models is None:
        return ()
    return complete(gate, models, list(dict.fromkeys(model_files(context, finding))), finding)


RULE = Rule(
    name=NAME,
    summary="A model module that the aggregator does not import, or whose failure it hides.",
    severity=Severity.WARNING,
    check=_check,
    fixes=_fixes,
)
