"""What a rule reads: timelines and facts of one snapshot, and the helpers that turn them into evidence."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar, cast

from cucurbit.analysis.finding import Related
from cucurbit.analysis.isolated import isolated_entry
from cucurbit.analysis.pytest_entry import pytest_entry
from cucurbit.analysis.remembered import Key, Remembered, Results
from cucurbit.analysis.revision_entry import RevisionOn
from cucurbit.simulate.core.schema import SchemaState
from cucurbit.simulate.core.timeline import EventKind, Link, LinkKind, Place, TableDefinition, Timeline
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.simulate.run import simulate
from cucurbit.simulate.shapes.snapshot import Moment, Shapes, shapes_at
from cucurbit.source.facts import WHOLE_FILE, ModuleFacts
from cucurbit.source.span import Span
from cucurbit.workspace.model import EntryKind, EntryPoint, Location, Workspace

T = TypeVar("T")
A = TypeVar("A", bound=Hashable)


@dataclass(frozen=True)
class Before:
    """The snapshot before the contents of ``paths`` changed, which may be new files of the modules ``new``."""

    context: Context
    paths: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()

    def revision(self, entry: EntryPoint, database: SchemaState | None) -> Timeline | None:
        """The timeline of a revision then, if it is the same now."""
        if entry.path in self.paths:
            return None
        if database is None:
            found = self.context.revision_timeline(entry)
        else:
            found = self.context.revision_timeline_on(RevisionOn(entry, database))
        return found if found.visited.isdisjoint(self.paths) and found.missed.isdisjoint(self.new) else None


@dataclass(frozen=True)
class Context:
    """One analysed snapshot.

    ``timelines`` are those of the entry points. ``isolated`` are those of files that may define tables and that no
    entry point executes: each is imported alone, so that the tables it declares are known. No program of the user
    does what they show.
    """

    workspace: Workspace
    _timelines: tuple[Timeline, ...]
    _isolated: tuple[Timeline, ...]
    hidden: Mapping[str, bool] = field(default_factory=dict)
    """The files that only a failing entry point may lead to, each with whether it was simulated in isolation."""
    remembered: Remembered | None = field(default=None, repr=False, compare=False)
    """Keeps results for later snapshots, while the rules run."""
    known: Results | None = field(default=None, repr=False, compare=False)
    """The results that were kept when the rules had run."""
    results: dict[Key, object] = field(default_factory=dict, repr=False, compare=False)
    """The results of this snapshot where none are kept for later ones."""
    alike: dict[object, object] = field(default_factory=dict, repr=False, compare=False)
    """What a rule works out once for all timelines that are alike in what it looks at, by that."""
    shared: Shared | None = field(default=None, repr=False, compare=False)
    """The module runs of the entry points, which revisions repeat, while the rules run in one thread."""
    before: Before | None = field(default=None, repr=False, compare=False)
    """The snapshot that this one is a preview of a change of."""

    @property
    def timelines(self) -> tuple[Timeline, ...]:
        """The timelines of the entry points. A result that read them is computed again when any of them changed."""
        return self._timelines if self.remembered is None else self.memo(_started)

    @property
    def isolated(self) -> tuple[Timeline, ...]:
        """The timelines of files that no entry point executes, as :attr:`timelines`."""
        return self._isolated if self.remembered is None else self.memo(_isolated)

    @property
    def entries(self) -> tuple[EntryPoint, ...]:
        """The entry point of each timeline, those of the isolated ones last."""
        return tuple(timeline.entry for timeline in (*self._timelines, *self._isolated))

    def per_timeline(self, make: Callable[[Context, Timeline], T]) -> Iterator[T]:
        """The memoised result of ``make`` for each timeline, those of the entry points first.

        ``make`` must read no other timeline. Its result is computed again only when that timeline changed.
        """
        for entry in self.memo(_entries):
            yield cast(T, self._kept((_in_one, make, entry)))

    def isolated_timeline(self, path: str) -> Timeline:
        """The timeline of a file that is imported alone, simulated when first asked for and memoised."""
        return self.memo_for(_simulated_alone, path)

    def test_timeline(self, path: str) -> Timeline:
        """The timeline of a test file as pytest imports it, simulated when first asked for and memoised."""
        return self.memo_for(_simulated_test, path)

    def revision_timeline(self, entry: EntryPoint) -> Timeline:
        """The timeline of one function of a revision (:mod:`cucurbit.analysis.revision_entry`), memoised."""
        return self.memo_for(_simulated_revision, entry)

    def revision_timeline_on(self, run: RevisionOn) -> Timeline:
        """As :meth:`revision_timeline`, of a revision whose inspector is answered from a schema."""
        return self.memo_for(_simulated_revision_on, run)

    @cached_property
    def _by_entry(self) -> Mapping[EntryPoint, Timeline]:
        return {timeline.entry: timeline for timeline in (*self._timelines, *self._isolated)}

    def workings(self, key: Hashable) -> dict[str, T]:
        """What a rule keeps from one snapshot to the next, to compute a result faster; it changes no result."""
        return {} if self.remembered is None else cast("dict[str, T]", self.remembered.workings.setdefault(key, {}))

    def memo(self, make: Callable[[Context], T]) -> T:
        """The result of ``make`` for this snapshot, computed at most once. The function is the key.

        The result must be immutable all the way down, because later snapshots may share it.
        """
        return cast(T, self._kept((make,)))

    def memo_for(self, make: Callable[[Context, A], T], argument: A) -> T:
        """The result of ``make`` for this snapshot and one argument. See :meth:`memo`."""
        return cast(T, self._kept((make, argument)))

    def _kept(self, key: Key) -> object:
        if self.remembered is not None:
            return self.remembered.get(key, self._make)
        known = None if self.known is None else self.known.get(key)
        if known is not None:
            return known.value
        if key not in self.results:
            self.results[key] = self._make(key)
        return self.results[key]

    def _make(self, key: Key) -> object:
        make, *arguments = key
        assert callable(make)
        made: object = make(self, *arguments)
        return made

    def simulated(self, entry: EntryPoint, database: SchemaState | None = None) -> Timeline:
        """Simulate a revision, which repeats the modules that were executed before. Its timeline is not memoised."""
        known = None if self.before is None else self.before.revision(entry, database)
        if known is not None:
            return known
        note = None if self.remembered is None else self.remembered.note
        return simulate(self.workspace, entry, self.shared, None if self.shared is None else note, database)

    def with_workspace(
        self, workspace: Workspace, remembered: Remembered | None = None, shared: Shared | None = None
    ) -> Context:
        """The same timelines over another view of the workspace, without any results yet.

        ``shared`` must keep answers if ``remembered`` is given.
        """
        return Context(workspace, self._timelines, self._isolated, self.hidden, remembered, shared=shared)

    def with_entry(self, entry: EntryPoint) -> Context:
        """This snapshot with one more entry point, simulated now and placed before the others; without results yet."""
        timeline = simulate(self.workspace, entry)
        isolated = tuple(each for each in self._isolated if each.entry.path not in timeline.visited)
        return Context(self.workspace, (timeline, *self._timelines), isolated, self.hidden)

    def frozen(self, workspace: Workspace) -> Context:
        """This snapshot with all results so far, for readers in any thread.

        ``workspace`` must be the plain workspace, not the view that records questions.
        """
        known = self.known if self.remembered is None else self.remembered.results()
        return Context(workspace, self._timelines, self._isolated, self.hidden, None, known, self.results)

    def other_inputs(self, before: Context) -> Iterator[Key]:
        """The keys of the timelines that differ from those of an earlier snapshot."""
        if self._timelines is before._timelines and self._isolated is before._isolated:
            return
        if self.entries != before.entries:
            yield (_entries,)
        if self._timelines != before._timelines:
            yield (_started,)
        if self._isolated != before._isolated:
            yield (_isolated,)
        for entry, timeline in before._by_entry.items():
            if self._by_entry.get(entry) is not timeline:
                yield (_one, entry)

    def shapes(self, entry: EntryPoint) -> Shapes:
        """What tables and mapped classes hold at the end of an entry point's timeline; none if it has none."""
        return self.memo_for(_shapes, entry)

    def about(self, path: str, ask: Callable[[ModuleFacts], T]) -> T | None:
        """The result of ``ask`` for a file's facts; None where the file has none."""
        return self.workspace.about(path, ask)

    # ------------------------------------------------------------------- places

    def facts(self, path: str) -> ModuleFacts | None:
        return self.workspace.facts(path)

    def span(self, place: Place) -> Span:
        """The span of a place; the start of the file where it has none."""
        return self.workspace.span(place.path, place.at)

    def location(self, place: Place) -> Location:
        return Location(place.path, self.span(place))

    def at(self, place: Place) -> str:
        """``path:line``, for messages."""
        return f"{place.path}:{self.span(place).line}"

    # ----------------------------------------------------------------- evidence

    def chain(self, link: Link | None) -> tuple[Related, ...]:
        """A chain as evidence: one piece a link, from the entry point inwards."""
        return tuple(
            # The entry point itself is not named by any statement.
            Related(self.location(step.place), describe(step))
            for step in link or ()
            if step.place.at != WHOLE_FILE
        )

    # -------------------------------------------------------------------- models

    @property
    def definitions(self) -> Mapping[Place, TableDefinition]:
        """Every definition of a table that is executed on some timeline, isolated ones included, by its place."""
        return self.memo(_definitions)

    def executed_definitions(self) -> Iterator[TableDefinition]:
        """Every definition of a table, each time that it is executed on some timeline, isolated ones last."""
        for timeline in (*self.timelines, *self.isolated):
            for event in timeline.of(EventKind.TABLE_REGISTERED, EventKind.TABLE_REJECTED, EventKind.TABLE_REUSED):
                if event.definition is not None:
                    yield event.definition

    @property
    def model_modules(self) -> Mapping[str, tuple[TableDefinition, ...]]:
        """The files that define tables, with their tables in the order of the file, those of functions last."""
        return self.memo(_model_modules)

    def alembic_timelines(self) -> Iterator[Timeline]:
        """The timelines of the alembic command, one for each environment."""
        return (timeline for timeline in self.timelines if timeline.entry.kind is EntryKind.ALEMBIC)


# ---------------------------------------------------------------------- inputs


def _started(context: Context) -> tuple[Timeline, ...]:
    return context._timelines


def _isolated(context: Context) -> tuple[Timeline, ...]:
    return context._isolated


def _entries(context: Context) -> tuple[EntryPoint, ...]:
    return context.entries


def _one(context: Context, entry: EntryPoint) -> Timeline | None:
    return context._by_entry.get(entry)


_NO_SHAPES = Shapes(Moment("end", 0), MappingProxyType({}), (), ())


def _shapes(context: Context, entry: EntryPoint) -> Shapes:
    timeline = context.memo_for(_one, entry)
    # An entry point that is gone is asked for to see whether a result that has read its shapes is still valid.
    return _NO_SHAPES if timeline is None else shapes_at(timeline)


def _in_one(context: Context, make: Callable[[Context, Timeline], T], entry: EntryPoint) -> T | None:
    timeline = context.memo_for(_one, entry)
    return None if timeline is None else make(context, timeline)


def _simulated_alone(context: Context, path: str) -> Timeline:
    return simulate(context.workspace, isolated_entry(context.workspace, path))


def _simulated_test(context: Context, path: str) -> Timeline:
    return simulate(context.workspace, pytest_entry(context.workspace, path))


def _simulated_revision(context: Context, entry: EntryPoint) -> Timeline:
    return context.simulated(entry)


def _simulated_revision_on(context: Context, run: RevisionOn) -> Timeline:
    return context.simulated(run.entry, run.database)


def _definitions(context: Context) -> Mapping[Place, TableDefinition]:
    found: dict[Place, TableDefinition] = {}
    for definition in context.executed_definitions():
        found.setdefault(definition.place, definition)
    return MappingProxyType(found)


def _model_modules(context: Context) -> Mapping[str, tuple[TableDefinition, ...]]:
    found: dict[str, list[TableDefinition]] = {}
    for place, definition in context.definitions.items():
        found.setdefault(place.path, []).append(definition)
    return MappingProxyType({path: tuple(sorted(found[path], key=lambda d: d.place.at)) for path in sorted(found)})


def describe(link: Link) -> str:
    """One link of a chain in words."""
    if link.kind is LinkKind.IMPORT:
        return f"imports {link.target}"
    if link.kind is LinkKind.MIGRATION:
        return f"runs {link.target} for the migrations"
    if link.kind is LinkKind.STARTUP:
        return f"start-up runs {link.target}()"
    return f"calls {link.target}()"
