"""Differences as findings of ``models-not-migrated`` and ``migrations-not-modelled``, and the fix of both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.drift.difference import Difference
from cucurbit.analysis.edits import Fix, FixKind, NewFile
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity, Subject
from cucurbit.analysis.rule import FixGate
from cucurbit.fixes.revision_body import RevisionBody, revision_body
from cucurbit.rules.shared.coverage import coverage
from cucurbit.rules.shared.database_upgrades import upgrades
from cucurbit.rules.shared.drift import Drift, drifts
from cucurbit.rules.shared.environments import is_test, managed_by, same_metadata
from cucurbit.rules.shared.history import history_of
from cucurbit.rules.shared.revision_template import new_revision
from cucurbit.rules.shared.revisions import graphs
from cucurbit.simulate.core.operations import AlterColumn, AnyChange, DropColumn, DropTable, Operation, RenameTable
from cucurbit.simulate.core.shapes import ColumnShape, TableShape
from cucurbit.simulate.core.timeline import EventKind, Place
from cucurbit.workspace.alembic.graph import RevisionGraph
from cucurbit.workspace.model import MigrationEnvironment

MODELS = "models-not-migrated"
MIGRATIONS = "migrations-not-modelled"


def is_of_models(difference: Difference) -> bool:
    """Whether the models have it and the revisions do not."""
    return not difference.op.startswith("remove_")


@dataclass(frozen=True)
class DriftSubject(Subject):
    """For the fix: the environment whose differences are found, by its configuration."""

    config: str
    section: str


def drift_findings(context: Context, rule: str) -> Iterator[Finding]:
    """The certain differences of one kind as findings of its rule."""
    seen: set[tuple[Place, str]] = set()
    for drift in drifts(context):
        if drift.begins_empty or not drift.heads:
            continue
        promise = _promises(context, drift.environment)
        for each in drift.comparison.differences:
            finding = _finding(context, drift, each, promise) if each.certain else None
            # Two environments may have one set of models.
            if finding is not None and finding.rule == rule and (each.place, each.message) not in seen:
                seen.add((each.place, each.message))
                yield finding


def finding_of(context: Context, drift: Drift, difference: Difference) -> Finding:
    """A difference as ``cucurbit drift`` reports it to code hosts: what is certain is an error."""
    return Finding(
        rule=MODELS if is_of_models(difference) else MIGRATIONS,
        severity=Severity.ERROR if difference.certain else Severity.WARNING,
        certain=difference.certain,
        location=context.location(difference.place),
        message=f"{difference.op}: {difference.message} ({drift.environment.config}).",
    )


@dataclass(frozen=True)
class _Promises:
    """What is known of how databases are made. ``tables``: only revisions make tables; ``columns``: or columns."""

    tables: bool
    columns: bool
    evidence: tuple[Related, ...]


def _promises(context: Context, environment: MigrationEnvironment) -> _Promises:
    started = next(iter(upgrades(context, environment)), None)
    creates = _creates_all(context, environment)
    return _Promises(not creates, not creates or started is not None, () if started is None else started.evidence)


def _creates_all(context: Context, environment: MigrationEnvironment) -> bool:
    """Whether the project calls ``create_all`` on what the environment manages, tests aside."""
    env = managed_by(context, environment)
    return env is None or any(
        event.kind is EventKind.CREATE_ALL
        and (event.metadata is None or any(same_metadata(event.metadata, each) for each in env.metadata))
        and not is_test(event.place.path, environment.directory)
        for timeline in (*context.timelines, *context.isolated)
        for event in timeline.events
    )


def _finding(context: Context, drift: Drift, each: Difference, promise: _Promises) -> Finding | None:
    if is_of_models(each):
        return _of_models(context, drift, each, promise)
    return _of_migrations(context, drift, each)


def _made(
    context: Context,
    drift: Drift,
    each: Difference,
    severity: Severity,
    message: str,
    place: Place,
    related: tuple[Related, ...] = (),
) -> Finding:
    models = is_of_models(each)
    config, what = drift.environment.config, f"{each.op} {each.table}{'' if each.name is None else '.' + each.name}"
    told = "the models have what no revision creates" if models else "the revisions leave what the models do not have"
    return Finding(
        rule=MODELS if models else MIGRATIONS,
        severity=severity,
        certain=True,
        location=context.location(place),
        message=message,
        related=related,
        subject=DriftSubject(config, drift.environment.section),
        cause=CommonCause(
            (config, each.op),
            f"{{number}} differences for autogenerate ({{items}}): {told} ({config}). `cucurbit drift` lists them.",
            (what,),
            each.message,
        ),
    )


# --------------------------------------------------------------------- of the models


def _of_models(context: Context, drift: Drift, each: Difference, promise: _Promises) -> Finding | None:
    if each.op == "add_table" and isinstance(each.model, TableShape):
        if each.message.startswith("env.py"):
            # `schemas-not-compared` says so.
            return None
        severity = Severity.ERROR if promise.tables else Severity.WARNING
        message = f"No revision creates the table '{each.table}'"
        dropped = _dropped(context, drift, each)
        if "does not exist any more" in each.message:
            message = f"A revision drops or renames the table '{each.table}', and none creates it again"
        message += f": on a database that the migrations made, every query of it fails.{_rename(each, 'table')}"
        return _made(context, drift, each, severity, message, each.place, (*dropped, *promise.evidence))
    if each.op == "add_column":
        severity = Severity.ERROR if promise.columns else Severity.WARNING
        dropped = _dropped(context, drift, each)
        message = f"No revision creates {each.table}.{each.name}"
        if dropped:
            message = f"A revision drops or renames {each.table}.{each.name}, and none creates it again"
        message += f": on a database that the migrations made, every query of it fails.{_rename(each, 'column')}"
        return _made(context, drift, each, severity, message, each.place, (*dropped, *promise.evidence))
    if each.op == "add_index" and each.home is None:
        # That of a table that does not exist.
        return None
    severity = Severity.INFORMATION if each.op == "modify_comment" else Severity.WARNING
    message = f"Autogenerate would write `{each.op}`: {each.message}."
    return _made(context, drift, each, severity, message, each.place)


def _dropped(context: Context, drift: Drift, each: Difference) -> tuple[Related, ...]:
    """The last operation of a revision that drops or renames what the models have."""
    history = history_of(context, drift.environment)
    steps = (step for script in history.graph.order for step in history.steps[script.id])
    places = [step.place for step in steps if _takes_away(step.operation, each.table, each.name)]
    return tuple(Related(context.location(place), "this revision drops or renames it") for place in places[-1:])


def _takes_away(operation: Operation, table: str, column: str | None) -> bool:
    if isinstance(operation, AnyChange) or operation.table is None or operation.table.key != table:
        return False
    if column is None:
        return isinstance(operation, (DropTable, RenameTable))
    if isinstance(operation, AlterColumn) and operation.new_name is None:
        return False
    return isinstance(operation, (DropColumn, AlterColumn)) and operation.column.text == column


def _rename(each: Difference, what: str) -> str:
    if not each.renamed:
        return ""
    return f" It looks like the new name of the {what} '{each.renamed}', which autogenerate would drop."


# ----------------------------------------------------------------- of the migrations


def _of_migrations(context: Context, drift: Drift, each: Difference) -> Finding | None:
    created = Related(context.location(each.place), f"this revision creates {_what(each)}")
    if each.op == "remove_table":
        if each.table in context.memo(_defined) or context.memo(coverage).unknown:
            # `model-not-in-migrations` and others say why env.py does not register it. A table whose name is not known
            # may be this one.
            return None
        renamed = f" It looks like the old name of the table '{each.renamed}'." if each.renamed else ""
        message = f"The models have no table '{each.table}': autogenerate would drop it, with its rows.{renamed}"
        return _made(context, drift, each, Severity.WARNING, message, each.place)
    if each.home is None:
        return None
    if each.op == "remove_column":
        required = _is_required(each.standing) and not _inserts_by_sql(context, each.table)
        message = f"The models have no column {each.table}.{each.name}: autogenerate would drop it, with its values."
        if required:
            message += " It is NOT NULL without a default: every INSERT that the models make fails."
        if each.renamed:
            message += f" It looks like the old name of the column '{each.renamed}'."
        severity = Severity.ERROR if required else Severity.WARNING
        return _made(context, drift, each, severity, message, each.home, (created,))
    message = f"Autogenerate would write `{each.op}`: {each.message}."
    return _made(context, drift, each, Severity.INFORMATION, message, each.home, (created,))


def _what(each: Difference) -> str:
    """What a revision creates, by its name: a finding may be about several differences."""
    return "it" if each.name is None else f"{each.table}.{each.name}"


def _defined(context: Context) -> frozenset[str]:
    """The tables that some program defines. One statement may define several, each time with another name."""
    return frozenset(each.key for each in context.executed_definitions())


def _is_required(column: object) -> bool:
    """Whether an INSERT has to give a value for a column."""
    return (
        isinstance(column, ColumnShape)
        and column.nullable is False
        and column.primary_key is False
        and column.certain
        and not column.open
        and column.server_default is None
        and column.identity is None
        and column.computed is None
        and column.default is None
    )


def _inserts_by_sql(context: Context, table: str) -> bool:
    """Whether some file has SQL that inserts into a table: it may give the value."""
    bare = table.rpartition(".")[2]
    written = re.compile(rf"insert\s+into\s+[\"'`\w.]*{re.escape(bare)}", re.IGNORECASE)
    paths = (path for path in context.workspace.python_files() if context.workspace.mentions(path, bare))
    return any(written.search(context.workspace.text(path) or "") for path in paths)


# --------------------------------------------------------------------------- the fix


def written(
    context: Context, drift: Drift, message: str, only: Callable[[Difference], bool] | None = None
) -> tuple[NewFile, RevisionBody] | None:
    """A new revision with the certain differences that are asked for; None if there are none, or no place for it."""
    graph = _graph(context, drift.environment)
    chosen = [each for each in drift.comparison.differences if each.certain and (only is None or only(each))]
    if graph is None or not chosen or len(drift.heads) > 1:
        return None
    env = managed_by(context, drift.environment)
    body = revision_body(chosen, batch=env is not None and env.target.options.as_batch is True)
    made = new_revision(context, graph, drift.heads, message, body) if body.upgrade else None
    return None if made is None else (made, body)


def _graph(context: Context, environment: MigrationEnvironment) -> RevisionGraph | None:
    return next((each for each in graphs(context) if each.environment == environment), None)


def drift_fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """Write the revision that creates and changes what autogenerate would; what it would drop is left out."""
    subject = finding.subject
    if not isinstance(subject, DriftSubject):
        return ()
    key = (subject.config, subject.section)
    drift = next((e for e in drifts(gate.context) if (e.environment.config, e.environment.section) == key), None)
    made = None if drift is None else written(gate.context, drift, "follow the models", is_of_models)
    if made is None:
        return ()
    file, body = made
    note = "Read it before it runs: a new name of a column is written as another column."
    if body.left_out:
        note += f" Left out, as a value is not known: {'; '.join(body.left_out)}."
    title = "Write the revision that creates what the models have"
    return gate.offered(Fix(title, False, FixKind.QUICKFIX, (file,), rule=finding.rule, note=note), finding)
