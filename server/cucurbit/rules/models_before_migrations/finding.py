"""``models-before-migrations``: an import that executes model modules before migrations run in the same process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity, Subject
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.statement_at import import_statement
from cucurbit.analysis.wording import listed
from cucurbit.rules.models_before_migrations.fixes import move_below_migrations
from cucurbit.rules.shared.evidence import (
    counted,
    entries_named,
    first_step_beside,
    labelled,
    table_names,
)
from cucurbit.simulate.core.timeline import Event, EventKind, Link, LinkKind, Place, TableDefinition, Timeline
from cucurbit.workspace.model import EntryKind

NAME = "models-before-migrations"


@dataclass(frozen=True)
class BeforeMigrations(Subject):
    """The import statement (or call) that executes the models, and the call that starts the migrations."""

    statement: Place
    migrations: Place


@dataclass
class _Early:
    """What one statement executes before migrations, over all entry points."""

    statement: Place
    kind: LinkKind
    target: str
    migrations: dict[Place, Event] = field(default_factory=dict)
    timelines: list[Timeline] = field(default_factory=list)
    tables: dict[Place, tuple[TableDefinition, Link]] = field(default_factory=dict)
    rejected: bool = False
    certain: bool = False

    @property
    def cause(self) -> str:
        """The file that starts the migrations: one cause for all that imports models before them."""
        return next(iter(self.migrations)).path


def check(context: Context) -> Iterator[Finding]:
    found: dict[Place, _Early] = {}
    for timeline in context.timelines:
        if timeline.entry.kind is not EntryKind.ALEMBIC:
            _gather(context, timeline, found)
    same: dict[str, list[_Early]] = {}
    for early in found.values():
        same.setdefault(early.cause, []).append(early)
    for group in same.values():
        when = _when(context, group)
        for early in group:
            yield _finding(context, early, when)


def _gather(context: Context, timeline: Timeline, found: dict[Place, _Early]) -> None:
    start = next(
        (index for index, event in enumerate(timeline.events) if event.runs_revisions and event.process == 0),
        None,
    )
    if start is None:
        return
    migrations = timeline.events[start]
    refused = _refused(timeline, start)
    for event in timeline.events[:start]:
        definition = event.definition
        if event.kind is not EventKind.TABLE_REGISTERED or event.process != 0 or definition is None:
            continue
        if not migrations.may_follow(event):
            continue
        link = first_step_beside(event.link, migrations)
        if link is None:
            continue
        statement = import_statement(context, link.place)
        early = found.setdefault(statement, _Early(statement, link.kind, link.target))
        early.migrations.setdefault(migrations.place, migrations)
        if timeline not in early.timelines:
            early.timelines.append(timeline)
        if event.link is not None:
            early.tables.setdefault(definition.place, (definition, event.link))
        early.rejected |= definition in refused
        early.certain |= event.certain and migrations.certain


def _refused(timeline: Timeline, start: int) -> set[TableDefinition]:
    """The definitions for whose sake the migrations refuse another one."""
    found = set()
    for event in timeline.events[start:]:
        if event.kind in (EventKind.MIGRATIONS_FINISHED, EventKind.MIGRATIONS_FAILED) and event.process == 0:
            break
        if event.kind is EventKind.TABLE_REJECTED and event.other is not None:
            found.add(event.other)
    return found


def _when(context: Context, group: Sequence[_Early]) -> str:
    """Before which migrations, and in which entry points."""
    places = dict.fromkeys(context.at(place) for early in group for place in early.migrations)
    timelines = [timeline for early in group for timeline in early.timelines]
    return f"before the migrations at {listed(places)} run ({entries_named(timelines)})"


def _finding(context: Context, early: _Early, when_any: str) -> Finding:
    definitions = [definition for definition, _ in early.tables.values()]
    modules: dict[str, tuple[TableDefinition, Link]] = {}
    for definition, link in early.tables.values():
        modules.setdefault(definition.place.path, (definition, link))
    what = "Models are imported here" if early.kind is LinkKind.IMPORT else f"{early.target}() here imports models"
    message = (
        f"{what} {_when(context, [early])}:"
        f" {counted(len(modules), 'module')} with {counted(len(definitions), 'table')} ({table_names(definitions)})"
        f"{_outcome(early)}"
    )
    cause = CommonCause(
        (early.cause,),
        f"Models are imported by {{places}} statements {when_any}: {{items}}{_outcome(early)}",
        tuple(f"'{definition.key}'" for definition in definitions),
        f"imports {counted(len(modules), 'module')} with {counted(len(definitions), 'table')}",
    )
    related = [Related(context.location(place), "the migrations are started here") for place in early.migrations]
    for path, (definition, link) in modules.items():
        number = sum(1 for each in definitions if each.place.path == path)
        related += labelled(context, _from(link, early, context), f"to {path}")
        tables = f"table '{definition.key}'" if number == 1 else f"{number} tables, the first is '{definition.key}'"
        related.append(Related(context.location(definition.place), f"defines {tables}", f"to {path}"))
    return Finding(
        NAME,
        Severity.WARNING if early.rejected else Severity.INFORMATION,
        early.certain,
        context.location(early.statement),
        message,
        tuple(related),
        BeforeMigrations(early.statement, next(iter(early.migrations))),
        cause,
    )


def _outcome(early: _Early) -> str:
    if early.rejected:
        again = "env.py then defines one of these tables again, and the migrations fail"
        return f". {again}. Import them after the migrations."
    return ", which env.py finds in MetaData already."


def _from(link: Link, early: _Early, context: Context) -> Link:
    """The chain without the steps that lead to the statement."""
    kept: Link | None = None
    for step in link:
        if kept is not None or import_statement(context, step.place) == early.statement:
            kept = Link(step.kind, step.place, step.target, kept)
    return kept if kept is not None else link


RULE = Rule(
    NAME,
    "An import executes model modules before migrations run in the same process.",
    Severity.WARNING,
    check,
    fixes=move_below_migrations,
)
