"""How much of a workspace was seen: tables that stand in its files, those registered, and where programs end early."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.rules.shared.environments import is_migration_file, is_test
from cucurbit.rules.shared.evidence import brief, entry_name
from cucurbit.rules.shared.failing_entries import fails_certainly, failure_location, failure_of, is_syntax_error
from cucurbit.rules.shared.import_failures import RELATIVE
from cucurbit.simulate.core.timeline import CutKind, Event, EventKind, Place, Timeline
from cucurbit.workspace.model import EntryKind, EntryPoint, Location


@dataclass(frozen=True)
class Ending:
    """An entry point that ends before its end: in an exception, or where it cannot be followed any longer.

    ``error`` is the name of the exception's class, empty where there is none.
    """

    entry: EntryPoint
    error: str
    message: str
    location: Location
    certain: bool

    @property
    def name(self) -> str:
        return entry_name(self.entry)

    @property
    def text(self) -> str:
        """A sentence that says where it ends, and why."""
        verb = "ends" if self.certain else "may end"
        return f"{self.name} {verb} at {self.location.path}:{self.location.span.line}: {self.message}."


@dataclass(frozen=True)
class UnnamedTable:
    """A mapped class or a ``Table(...)`` of which the name, the schema or the MetaData is not known: ``detail``."""

    location: Location
    detail: str


@dataclass(frozen=True)
class EnvironmentCoverage:
    """An Alembic environment, and how many tables its env.py registers.

    ``failed``: env.py ends in an exception; ``may_import_more``: it imports something that is not known.
    """

    config: str
    tables: int
    failed: bool
    may_import_more: bool


@dataclass(frozen=True)
class Coverage:
    """What was seen of a workspace, tests and revisions aside.

    ``tables`` are the mapped classes and ``Table(...)`` calls in its files, ``registered`` those that some entry point
    registers, ``unknown`` those whose name is not known. ``unfollowed`` counts the places at which a program imports
    what is not known.
    """

    tables: int
    registered: int
    unknown: tuple[UnnamedTable, ...]
    endings: tuple[Ending, ...]
    environments: tuple[EnvironmentCoverage, ...]
    unfollowed: int

    @property
    def unnamed(self) -> int:
        """How many tables have a name that is not known."""
        return len(self.unknown)

    @property
    def empty_environments(self) -> tuple[EnvironmentCoverage, ...]:
        """Those that reach their end and register no table."""
        return tuple(each for each in self.environments if not each.tables and not each.failed)

    @property
    def lacking_environments(self) -> tuple[EnvironmentCoverage, ...]:
        """Those that register fewer tables than there are, and import something that is not known."""
        return tuple(each for each in self.environments if each.may_import_more and each.tables < self.tables)

    @property
    def notes(self) -> tuple[str, ...]:
        """What keeps findings from being found, a sentence each."""
        empty = (f"{each.config}: its env.py registers no table." for each in self.empty_environments)
        return (*empty, *(each.text for each in self.endings))

    @property
    def is_in_doubt(self) -> bool:
        """Whether finding nothing may only mean that little was seen."""
        return bool(self.endings or self.empty_environments)


def coverage(context: Context) -> Coverage:
    """The coverage of a snapshot. Ask through :meth:`Context.memo`."""
    named = {place for place in context.definitions if _counts(context, place.path)}
    cuts = {event.place: event for each in context.per_timeline(_unnamed) for event in each if event.place not in named}
    unknown = tuple(UnnamedTable(context.location(each.place), each.detail) for each in cuts.values())
    registered = {place for each in context.per_timeline(_registered) for place in each} & named
    endings = tuple(each for each in context.per_timeline(_ending) if each is not None)
    environments = tuple(_environments(context))
    unfollowed = {place for each in context.per_timeline(_unfollowed) for place in each}
    tables = len(named) + len(unknown)
    return Coverage(tables, len(registered), unknown, endings, environments, len(unfollowed))


def _environments(context: Context) -> Iterator[EnvironmentCoverage]:
    seen: set[str] = set()
    for timeline in context.alembic_timelines():
        environment = timeline.entry.environment
        if environment is None or environment.env_path in seen:
            continue
        seen.add(environment.env_path)
        if not environment.is_configured and not timeline.entry.startup:
            continue
        targets = (each for each in timeline.targets if each.env_path == environment.env_path)
        tables = {each.key for target in targets for each in target.registered}
        failed = any(True for _ in timeline.of(EventKind.MIGRATIONS_FAILED, EventKind.ENTRY_FAILED))
        more = any(_is_unfollowed_import(context, event) for event in timeline.of(EventKind.CUT))
        yield EnvironmentCoverage(environment.config, len(tables), failed, more)


def _counts(context: Context, path: str) -> bool:
    return context.facts(path) is not None and not is_test(path) and not is_migration_file(context, path)


def _unnamed(context: Context, timeline: Timeline) -> tuple[Event, ...]:
    """The classes and calls that make a table of a name that is not known."""
    cuts = (event for event in timeline.of(EventKind.CUT) if event.cut is CutKind.TABLE)
    return tuple(
        event for event in cuts if _counts(context, event.place.path) and not is_made_by_hand(timeline.entry, event)
    )


def is_made_by_hand(entry: EntryPoint, event: Event) -> bool:
    """Whether a script that nothing starts makes a table of a name that it has read, in its own file.

    It copies or drops what a database has, and no program maps that table.
    """
    by_hand = entry.kind is EntryKind.SCRIPT and entry.named_by is None and not entry.startup
    return by_hand and event.cut is CutKind.TABLE and event.place.path == entry.path


def _unfollowed(context: Context, timeline: Timeline) -> frozenset[Place]:
    if timeline in context.isolated:
        return frozenset()
    return frozenset(event.place for event in timeline.of(EventKind.CUT) if _is_unfollowed_import(context, event))


def _is_unfollowed_import(context: Context, event: Event) -> bool:
    path = event.place.path
    return event.cut is CutKind.IMPORT and context.facts(path) is not None and not is_test(path)


def _registered(context: Context, timeline: Timeline) -> frozenset[Place]:
    if timeline in context.isolated:
        return frozenset()
    events = timeline.of(EventKind.TABLE_REGISTERED, EventKind.TABLE_REUSED)
    return frozenset(event.definition.place for event in events if event.definition is not None)


def _ending(context: Context, timeline: Timeline) -> Ending | None:
    if timeline in context.isolated:
        return None
    return next(_endings(context, timeline), None)


def _endings(context: Context, timeline: Timeline) -> Iterator[Ending]:
    entry = timeline.entry
    for event in timeline.events:
        if event.process:
            continue
        failure = event.failure
        if event.kind is EventKind.CUT and event.cut is CutKind.LIMIT:
            yield Ending(entry, "", event.detail, context.location(event.place), False)
        elif failure is not None and _ends_early(entry, event):
            place = failure.place if context.facts(failure.place.path) is not None else event.place
            certain = event is failure_of(context, timeline) and fails_certainly(context, entry, event, failure)
            yield Ending(entry, failure.error, brief(failure), failure_location(context, place), certain)


def _ends_early(entry: EntryPoint, event: Event) -> bool:
    failure = event.failure
    if failure is None or event.is_end:
        return False
    if event.kind is EventKind.MODULE_FAILED:
        return is_syntax_error(event)
    if event.kind is not EventKind.ENTRY_FAILED:
        return False
    if entry.kind is EntryKind.SCRIPT and failure.error == "SystemExit":
        return False
    # A file of a package that nobody starts as a script.
    return entry.named_by is not None or not failure.message.startswith(RELATIVE)
