"""Stores module runs, and repeats them instead of executing the files again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeVar, cast

from cucurbit.simulate.core.cells import Cells, Clock, ProcessCells, TableCells
from cucurbit.simulate.core.frames import Frame
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import EventKind, Link, MetaDataId
from cucurbit.simulate.core.values import MetaDataValue, ModuleValue
from cucurbit.simulate.core.work import Work
from cucurbit.simulate.replay.module_run import AskedImports, Hindered, ModuleRun
from cucurbit.workspace.model import ModuleSpec
from cucurbit.workspace.questions import Note, Question
from cucurbit.workspace.standing import Standing

T = TypeVar("T")

MOST_KEPT = 3
"""The maximum number of module runs kept for one module."""

MOST_FAILURES = 6
"""If more repetitions of a module have failed than succeeded by this number, none is tried any more."""


@dataclass(eq=False)
class _Kept:
    """A module's runs, the one that was repeated last first."""

    recordings: list[Kept]
    failures: int = 0


@dataclass(frozen=True, eq=False)
class Kept:
    """A module run that can be repeated: ``rest`` is the work after its last effect."""

    recording: ModuleRun
    module: ModuleValue
    rest: int
    open: bool
    open_for: tuple[str, ...]
    deleted: frozenset[str]

    @cached_property
    def imported(self) -> frozenset[int]:
        """The ids of the modules that it imported: it can only be repeated with these."""
        asked = (effect.result for _, effect in self.recording.effects if isinstance(effect, AskedImports))
        return frozenset(id(module) for module in asked if isinstance(module, ModuleValue))


class Reached(BaseException):
    """The file that :attr:`Shared.stop_at` names was executed: the simulation is not needed any further."""


class FileExecution(NamedTuple):
    """One execution of a module's file in a simulation."""

    path: str
    kept: Kept | None
    """Its module run; None if that cannot be repeated."""
    base: Link | None
    """The last link of the chain to it."""
    first: int
    last: int
    """Its events, those of the modules that it imports included (``last`` exclusive)."""


class Shared:
    """The module runs that several simulations of one workspace share. For one thread.

    ``answers``: keep the questions to the workspace, which a timeline depends on. ``work`` is the budget of the
    simulations together.
    """

    def __init__(self, *, answers: bool = False) -> None:
        self.answers = answers
        self.work = Work()
        self.clock = Clock()
        self.kept: dict[ModuleSpec, _Kept] = {}
        self.metadata: dict[MetaDataId, MetaDataValue] = {}
        self.executions: list[FileExecution] = []
        """Those of the last simulation, in the order in which they ended."""
        self.stop_at = ""
        """The file whose execution ends a simulation, see :class:`Reached`."""
        self.read_as_text: set[str] = set()
        """The files about whose contents, beside the bodies of functions, other files' execution has asked."""
        self._note: Note | None = None
        self._asking: dict[str, set[ModuleSpec]] = defaultdict(set)
        self._others: set[ModuleSpec] = set()
        self._counted: set[_Kept] = set()
        self._importing: dict[int, set[ModuleSpec]] = defaultdict(set)

    def keep(self, spec: ModuleSpec, execution: Kept) -> None:
        """Keep a module run, instead of the least recently repeated one."""
        kept = self.kept.setdefault(spec, _Kept([]))
        kept.recordings[:] = [execution, *kept.recordings[: MOST_KEPT - 1]]
        if self.answers:
            answered = execution.recording.answered
            for path in answered.by_path:
                self._asking[path].add(spec)
            if answered.others:
                self._others.add(spec)
            for module in execution.imported:
                self._importing[module].add(spec)

    def forget(self, standing: Standing) -> None:
        """Before another snapshot is simulated: keep only the module runs whose answers are all still valid."""
        for kept in self._counted:
            kept.failures = 0
        self._counted.clear()
        gone: list[Kept] = []
        for spec in self._in_doubt(standing.changed):
            gone += self._drop(spec, lambda each: not standing.holds(each.recording.answered))
        # It imported a module that will be a different one: it cannot be repeated to its end.
        while gone:
            gone += self._drop_importing(id(gone.pop().module))

    def count(self, kept: _Kept, failures: int) -> None:
        """A repetition of a module failed, or (-1) succeeded."""
        kept.failures += failures
        self._counted.add(kept)

    def _drop_importing(self, module: int) -> Iterator[Kept]:
        for spec in self._importing.pop(module, ()):
            yield from self._drop(spec, lambda each: module in each.imported)

    def _drop(self, spec: ModuleSpec, is_gone: Callable[[Kept], bool]) -> list[Kept]:
        kept = self.kept.get(spec)
        if kept is None:
            return []
        gone = [each for each in kept.recordings if is_gone(each)]
        if gone:
            kept.recordings[:] = [each for each in kept.recordings if each not in gone]
            if not kept.recordings:
                del self.kept[spec]
        return gone

    def _in_doubt(self, changed: frozenset[str] | None) -> Iterable[ModuleSpec]:
        if changed is None:
            return tuple(self.kept)
        return {*self._others, *(spec for path in changed for spec in self._asking.get(path, ()))}

    def witness(self, question: Question, answer: object) -> None:
        """The running code has asked the workspace a question."""
        running = self.clock.running
        running.witnessed(question, answer)
        path = question.path
        if path is not None and path != running.path and question.name != "body":
            self.read_as_text.add(path)
        if self._note is not None:
            self._note(question, answer)

    def witness_again(self, recording: ModuleRun) -> None:
        """A module run that depends on these answers is used again."""
        if self._note is not None:
            for question, answer in recording.asked.items():
                self._note(question, answer)

    @contextmanager
    def simulation(self, note: Note | None) -> Iterator[None]:
        """The block is one simulation. At its end, all writes to shared cells are undone.

        ``note`` is called with every question to the workspace that the simulation depends on.
        """
        self.clock.running, self.clock.stopped = self.clock.outside, False
        self._note = note
        self.executions = []
        self.clock.reading_tables = defaultdict(set)
        mark = self.clock.mark
        try:
            yield
        finally:
            executions = tuple(self.executions)
            self.clock.rewind(mark)
            self.executions = list(executions)


class Sharing:
    """One simulation's part in :class:`Shared`."""

    def __init__(self, program: Program, shared: Shared) -> None:
        self.program = program
        self.shared = shared
        self.executed = 0
        """The number of files that were executed or repeated."""
        self.wanted: ModuleValue | None = None
        """The module without which the module run that is being repeated cannot go on."""
        self._failed: set[Kept] = set()
        """The module runs that something hindered in this simulation: it will do so again."""
        self._here: set[ModuleValue] = set()
        """The modules of this simulation. None of them is repeated: that would empty the module and fill it again."""

    def _may_share(self, spec: ModuleSpec, name: str) -> bool:
        program = self.program
        return (
            name == spec.name
            and not program.state.condition
            and not program.process
            and not program.is_in_thread
            and not program.muted
            and not program.clock.stopped
            and not program.importing.absence.unseen_modules
        )

    def repeat(self, spec: ModuleSpec, name: str) -> ModuleValue | None:
        """Import a module by repeating one of its runs; None if none is valid here."""
        self.executed += 1
        kept = self.shared.kept.get(spec)
        if kept is None or not self._may_share(spec, name) or kept.failures > MOST_FAILURES:
            return None
        if any(frame.path == spec.path for frame in self.program.frames):
            # How often a file executes itself is limited.
            return None
        wanted = self.wanted if self.wanted is not None and self.wanted.name == name else None
        for each in tuple(kept.recordings):
            if each in self._failed or each.module in self._here or not self._fits(each.recording):
                continue
            if wanted is None or each.module is wanted:
                first = len(self.program.events)
                if Repetition(self.program, each, self.shared).run():
                    self._stands_here(each.module)
                    self._executed(spec.path, each, first)
                    self.shared.count(kept, -1)
                    kept.recordings.sort(key=lambda other: other is not each)
                    return each.module
                self._failed.add(each)
                self.shared.count(kept, 1)
        if wanted is not None:
            raise Hindered
        return None

    def _stands_here(self, module: ModuleValue) -> None:
        """A module was repeated, unless the repetition around it fails."""
        self._here.add(module)
        self.program.clock.remember_to(lambda: self._here.discard(module))

    def _executed(self, path: str | None, kept: Kept | None, first: int) -> None:
        """A file was executed or repeated, unless the repetition around it fails."""
        if path is None:
            return
        program, executions = self.program, self.shared.executions
        base = program.frames[-1].link if program.frames else None
        executions.append(FileExecution(path, kept, base, first, len(program.events)))
        number = len(executions) - 1
        program.clock.remember_to(lambda: executions.__delitem__(slice(number, None)))
        if path == self.shared.stop_at:
            raise Reached

    def _fits(self, recording: ModuleRun) -> bool:
        """Whether the code around it cannot make it do anything else.

        So the calls around it must leave room for its own, and must not be calls of the same functions. It must not be
        in a guarded block unless it was recorded in one.
        """
        if self.program.guarding.is_guarded and not recording.guarded:
            return False
        limits = self.program.calls.limits
        if not recording.functions or not limits.depth:
            return True
        around = {frame.function.place for frame in self.program.frames if frame.function is not None}
        return limits.has_room(limits.depth + recording.deepest - recording.depth) and not around & recording.functions

    def metadata(self, identity: MetaDataId) -> MetaDataValue:
        """The MetaData of an installed package: one object, shared by the first processes of all simulations."""
        if self.program.process:
            # Another process has its own, and nothing is shared with that.
            return MetaDataValue(identity, TableCells(self.shared.clock))
        known = self.shared.metadata.get(identity)
        if known is None:
            clock = self.shared.clock
            running, clock.running = clock.running, clock.outside
            known = MetaDataValue(identity, TableCells(clock))
            # It exists before the branch that uses it first, whose writes are undone.
            known.tables.birth = 0
            clock.running = running
            self.shared.metadata[identity] = known
        return known

    @contextmanager
    def recording(self, spec: ModuleSpec, name: str, *, keep: bool) -> Iterator[ModuleRun]:
        """Execute a module's file in the block, and keep its module run if it can be repeated."""
        clock = self.shared.clock
        outer = clock.running
        if isinstance(outer, ModuleRun) and outer.is_live:
            # Not executed by an import.
            outer.spoil()
        recording = ModuleRun(self.program)
        recording.path = spec.path or ""
        first = len(self.program.events)
        kept: Kept | None = None
        if not keep or not self._may_share(spec, name):
            recording.spoil()
        clock.running = recording
        wanted, self.wanted = self.wanted, None
        try:
            yield recording
        except BaseException:
            recording.spoil()
            raise
        finally:
            rest = recording.end()
            clock.running, self.wanted = outer, wanted
        module = recording.module
        if module is not None:
            self._stands_here(module)
        if not recording.spoiled and not self.program.state.condition and module is not None:
            names = module.open, module.open_for, frozenset(module.deleted)
            kept = Kept(recording, module, rest, *names)
            self.shared.keep(spec, kept)
        self._executed(spec.path, kept, first)


def _shorten(names: dict[str, None], size: int) -> None:
    """Remove the names that were added last."""
    while len(names) > size:
        names.popitem()


class Repetition:
    """One module run, being repeated in a program."""

    def __init__(self, program: Program, kept: Kept, shared: Shared) -> None:
        self.program = program
        self.shared = shared
        self.kept = kept
        self.guards: dict[int, tuple[int, int]] = {}
        """The numbers of doubts and guesses when a guarded block began."""
        base = program.frames[-1].link if program.frames else None
        self._links: dict[int, Link | None] = {id(kept.recording.base): base}
        self._counterparts: dict[object, object] = {}
        self._moved = base is not kept.recording.base
        self.names = kept.module.names.data

    def link(self, link: Link | None) -> Link | None:
        """The link of a chain that starts where this repetition does."""
        if not self._moved:
            return link
        known = self._links.get(id(link), self)
        if isinstance(known, Repetition):
            assert link is not None
            known = Link(link.kind, link.place, link.target, self.link(link.outer))
            self._links[id(link)] = known
        return known

    def here(self, cells: Cells[T]) -> Cells[T]:
        """The cells in this program that correspond to ``cells``."""
        if isinstance(cells, ProcessCells):
            own: Cells[T] = getattr(self.program.state, cells.name)
            return own
        if self._counterparts:
            return cast("Cells[T]", self._counterparts.get(cells, cells))
        return cells

    def correspond(self, recorded: Cells[T], found: Cells[T]) -> None:
        """Tell that ``found`` are the cells in this program that correspond to ``recorded``."""
        self._counterparts[recorded] = found

    def run(self) -> bool:
        """Repeat it. False: something else would happen here, and everything was undone."""
        program, module, recording = self.program, self.kept.module, self.kept.recording
        state = program.state
        marks = program.clock.mark, len(program.events), len(program.records), len(program.doubts)
        named = len(program.visited), len(program.missed)
        counts = len(state.metadata), program.calls.guesses, program.spent, program.repeated
        standing = program.guarding.standing()
        written = state.written
        recording.repeated = program.clock.tick()
        module.phase, module.open, module.open_for = "running", False, ()
        module.deleted.clear()
        module.names.data.clear()
        if self._effects():
            module.phase, module.open, module.open_for = "done", self.kept.open, self.kept.open_for
            module.deleted |= self.kept.deleted
            started = program.events[marks[1] :]
            module.ran = [event.module for event in started if event.kind is EventKind.MODULE_STARTED]
            self.shared.witness_again(recording)
            return True
        program.clock.rewind(marks[0])
        program.guarding.rewind(standing)
        state.rewind(written)
        del program.events[marks[1] :], program.records[marks[2] :], program.doubts[marks[3] :]
        del state.metadata[counts[0] :]
        _shorten(program.visited, named[0])
        _shorten(program.missed, named[1])
        program.calls.guesses, program.spent, program.repeated = counts[1:]
        return False

    def _effects(self) -> bool:
        program, recording = self.program, self.kept.recording
        clock, outer = program.clock, program.clock.running
        clock.running = recording
        recording.repeating, recording.strayed = True, False
        program.frames.append(Frame(self.kept.module, None, self.kept.module.path or "", self.link(recording.base)))
        try:
            for step, (spent, effect) in enumerate(recording.effects):
                recording.step = step
                if spent:
                    program.spend(spent)
                    program.repeated += spent
                if not effect.repeat(self) or recording.strayed:
                    return False
            program.spend(self.kept.rest)
            program.repeated += self.kept.rest
        finally:
            program.frames.pop()
            recording.repeating = False
            clock.running = outer
        return True
