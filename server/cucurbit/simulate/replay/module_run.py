""":class:`ModuleRun`: the recorded execution of a module's file, which another simulation can repeat.

Most modules do the same wherever they are imported: they import, define and bind. What an execution does to things that
are not its own, and what it observes of them, is recorded in order: :mod:`cucurbit.simulate.replay.effects`. What
cannot be recorded spoils the module run, and the file is executed each time. The limits of a module run:

- an import is one effect, repeated by importing again: the modules that it executes have their own module runs;
- cells created meanwhile are the execution's own and have their last values from the start of a repetition. So the
  execution must not change them after other code has read them, except the module's names, which a repetition binds one
  by one as the execution did. And in a repetition, other code must not read them before the effect at which they had
  these values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple, TypeVar, cast

import msgspec

from cucurbit.simulate.core.branches import Condition
from cucurbit.simulate.core.cells import Cells, Clock, Effect, Owner
from cucurbit.simulate.core.frames import Frame
from cucurbit.simulate.core.machine import Raised
from cucurbit.simulate.core.program import ImportsPart, Program
from cucurbit.simulate.core.timeline import Failure, Link, Place
from cucurbit.simulate.core.values import ClassValue, Constant, External, ModuleValue, Value
from cucurbit.simulate.replay.effects import (
    BY_VALUE,
    BoundNames,
    Found,
    Listed,
    LookedAt,
    Opened,
    Replayable,
    Replayer,
    Wrote,
    same,
)
from cucurbit.workspace.questions import Answered, Question, by_content

S = TypeVar("S")
T = TypeVar("T")

MOST_EFFECTS = 20_000
"""The maximum number of effects of one execution."""

_ATTRIBUTES = "\0attributes"
"""Stands for what no cell holds where the cells that were looked at are noted: no name of a program is this."""


class Hindered(Exception):
    """The module that an import gave when it was recorded cannot be had: a repetition cannot go on."""


class PlainQuestion(ABC):
    """The import of a module, whose outcome can often be predicted without following it.

    ``names`` is what a ``from`` import takes from the module; empty if it is the module itself that is bound.
    """

    names: tuple[str, ...]

    @abstractmethod
    def __call__(self, importing: ImportsPart) -> object:
        """Ask it."""

    @abstractmethod
    def comes_to(self, result: object, program: Program, importer: ModuleValue, path: str, link: Link | None) -> bool:
        """Do what the question does, if that executes nothing and gives ``result``; False if it must be asked."""


class AskedImports(NamedTuple):
    """A question to the import system, with its result. A repetition asks it again, which may execute other code."""

    question: Callable[[ImportsPart], object] | PlainQuestion
    module: ModuleValue
    path: str
    link: Link | None
    condition: Condition
    result: object
    failure: Failure | None
    doubted: bool
    """The import may fail, and a handler of the module may catch that: nothing was certain from then on."""

    def repeat(self, run: Replayer) -> bool:
        program, question, link = run.program, self.question, run.link(self.link)
        if (
            isinstance(question, PlainQuestion)
            and self.failure is None
            and not self.condition
            and not self.doubted
            and question.comes_to(self.result, program, self.module, self.path, link)
        ):
            return True
        wanted = self._wanted()
        entry = None if wanted is None else program.state.modules.data.get(wanted.name)
        if entry is not None and entry.module is not wanted:
            return False
        executed, outer = program.sharing.executed, program.sharing.wanted
        before = program.state.condition
        program.state.condition, program.sharing.wanted = self.condition, wanted
        records = len(program.records)
        result: object = None
        failure: Failure | None = None
        program.frames.append(Frame(self.module, None, self.path, link))
        try:
            result = question(program.importing)
        except Raised as raised:
            failure = raised.failure
        except Hindered:
            return False
        finally:
            program.frames.pop()
            doubted = program.state.condition != self.condition
            program.state.condition, program.sharing.wanted = before, outer
        if doubted:
            return False
        if self.doubted:
            program.records[records:] = [
                msgspec.structs.replace(each, certain=False) for each in program.records[records:]
            ]
        if failure is not None or self.failure is not None:
            return failure == self.failure
        if self.condition and program.sharing.executed > executed:
            return False
        return same(self.result, result) or self._corresponds(result, run)

    def _wanted(self) -> ModuleValue | None:
        """The module that the import must give; None if the result is none, or if another may correspond to it."""
        module = self.result
        if not isinstance(module, ModuleValue) or self.failure is not None:
            return None
        origin = module.names.owner.origin
        return None if origin is None or origin.spoiled else module

    def _corresponds(self, result: object, run: Replayer) -> bool:
        """Whether ``result`` is the same module, which is another object since every simulation executes it."""
        recorded = self.result
        if not isinstance(recorded, ModuleValue) or not isinstance(result, ModuleValue) or not self.takes_names:
            return False
        origin = recorded.names.owner.origin
        if origin is None or not origin.spoiled or _looks_of(recorded) != _looks_of(result):
            return False
        # What is taken from it is compared when it is read.
        run.correspond(recorded.names, result.names)
        return True

    @property
    def takes_names(self) -> bool:
        """Whether only names of the module are bound, not the module."""
        return isinstance(self.question, PlainQuestion) and bool(self.question.names)


def _looks_of(module: ModuleValue) -> tuple[object, ...]:
    """What can be seen of a module beside its names."""
    return module.name, module.path, module.open, module.open_for, module.deleted


def _is_lasting(value: object) -> bool:
    """Whether a value is the same object in every simulation, or is compared by what it says."""
    if isinstance(value, tuple):
        return all(map(_is_lasting, value))
    if isinstance(value, ModuleValue | ClassValue):
        origin = value.names.owner.origin
        return origin is not None and not origin.spoiled
    return value is None or isinstance(value, (Constant, *BY_VALUE))


class _Detached(Owner):
    """The owner of a module's names after other code has bound one: the module's own reads are then recorded too."""

    def __init__(self, clock: Clock, origin: ModuleRun) -> None:
        super().__init__(clock)
        self.origin = origin


class ModuleRun(Owner):
    """One execution: while it runs, the owner of what it creates; afterwards, its recorded effects."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.clock)
        self.origin = self
        self.program = program
        self.module: ModuleValue | None = None
        self.base: Link | None = program.frames[-1].link if program.frames else None
        self.depth = program.calls.limits.depth
        self.deepest = self.depth
        self.functions: set[Place] = set()
        self.effects: list[tuple[int, Replayable]] = []
        self.step = 0
        self.asked: dict[Question, object] = {}
        self._handlers = len(program.handling)
        self.guarded = program.guarding.is_guarded
        """Whether a guarded block runs around it: only then it is written down what a handler may catch there."""
        self._branches = program.state.branches
        self.active = True
        self.repeating = False
        self.spoiled = False
        self.strayed = False
        """Set during a repetition: other code read something that the repetition has not created step by step."""
        self._live = True
        self._spent_at = program.spent
        self._seen: set[tuple[int, str]] = set()
        self._written: set[str] = set()
        self._bound: set[str] = set()
        """The names that its imports have bound: submodules of the package whose file is executed."""
        self._not_own: set[str] = set()
        """Those of them that it has not bound itself since."""
        self.read_by_others: dict[int, set[str]] = defaultdict(set)
        """The keys that other code has read, by the ids of the cells: an edit must not change these."""
        self.changed_by_others = False

    @property
    def is_live(self) -> bool:
        """Whether the running code is being recorded."""
        return self._live

    # -------------------------------------------------------------- what it does

    def reads(self, cells: Cells[T], key: str, value: T | None) -> None:
        if cells.owner.origin is not self:
            super().reads(cells, key, value)
        if self._is_looked_at(cells, key) and (id(cells), key) not in self._seen:
            origin = cells.owner.origin
            may_differ = origin is self or (origin is not None and origin.spoiled and key != "__path__")
            if may_differ and not _is_lasting(value):
                # What a module made that every simulation executes is another object in each.
                self.spoil()
                return
            self._seen.add((id(cells), key))
            self.note(Found(cells, key, value))

    def lists(self, cells: Cells[T], keys: tuple[str, ...]) -> None:
        if cells.owner.origin is not self:
            super().lists(cells, keys)
        if self._is_looked_at(cells, None):
            self.note(Listed(cells, keys))

    def _is_looked_at(self, cells: Cells[T], key: str | None) -> bool:
        """Whether a read of cells that are not simply its own is to be recorded."""
        origin = cells.owner.origin
        if origin is self:
            # Its own names, after other code has bound some of them.
            if self._live and key is None:
                self.spoil()
            return self._live and key in self._not_own
        if origin is not None and cells is not origin.names:
            origin.looked_into(cells)
        return self._live

    def looks_at(self, cells: Cells[T]) -> None:
        origin = cells.owner.origin
        if origin is self:
            return
        if origin is not None:
            origin.looked_into(cells)
        if self._live and (id(cells), _ATTRIBUTES) not in self._seen:
            self._seen.add((id(cells), _ATTRIBUTES))
            self.note(LookedAt(cells, cells.open))

    def opens(self, cells: Cells[T]) -> None:
        super().opens(cells)
        self._seen.add((id(cells), _ATTRIBUTES))
        self.note(Opened(cells))

    def writes(self, cells: Cells[T], key: str, value: T | None) -> None:
        origin = cells.owner.origin
        if origin is self:
            self._written.add(key)
            self._not_own.discard(key)
        else:
            super().writes(cells, key, value)
        if not self._live:
            return
        if origin is self and value is not None:
            self._bind(key, cast("Value", value))
        else:
            self._seen.add((id(cells), key))
            self.note(Wrote(cells, key, value))

    def _bind(self, name: str, value: Value) -> None:
        """Bind a name of the module. It joins the names bound just before: no code can have read them in between."""
        last = self.effects[-1][1] if self.effects else None
        if isinstance(last, BoundNames):
            last.names[name] = value
        else:
            self.note(BoundNames({name: value}))

    def spoil(self) -> None:
        if self.repeating:
            # Only here it cannot be repeated: it is kept as it was recorded.
            self.strayed = True
            return
        self.spoiled, self._live = True, False
        self.effects, self.asked = [], {}
        self._seen = set()

    def undoes(self) -> None:
        # Where a block around the module guards it too, what is undone depends on that block.
        if self.guarded and not self.repeating:
            self.spoil()

    def raises_again(self, handlers: int) -> None:
        if handlers <= self._handlers:
            # What the code around the module handles.
            self.spoil()

    def note(self, effect: Effect) -> None:
        if self._live:
            spent = self.program.spent
            self.effects.append((spent - self._spent_at, cast("Replayable", effect)))
            self._spent_at = spent
            self.step += 1
            if self.step > MOST_EFFECTS:
                self.spoil()

    def asking(self, importing: S, question: Callable[[S], T]) -> T:
        if not self._live:
            return question(importing)
        program = self.program
        frame, condition, executed = program.frame, program.state.condition, program.sharing.executed
        link, spent = frame.link, program.spent - self._spent_at
        result: T | None = None
        failure: Failure | None = None
        self._live = False
        try:
            result = question(importing)
            return result
        except Raised as raised:
            failure = raised.failure
            raise
        except BaseException:
            self.spoil()
            raise
        finally:
            self._live = not self.spoiled
            asked = cast("Callable[[ImportsPart], object]", question)
            doubted = program.state.condition != condition
            if doubted and not isinstance(result, External):
                self.spoil()
            self._answered(
                spent, AskedImports(asked, frame.module, frame.path, link, condition, result, failure, doubted)
            )
            undone = condition or (not self.guarded and program.state.undoes_later(self._branches))
            if undone and program.sharing.executed > executed:
                # The imports of a branch that may not be taken are joined with the other branch.
                self.spoil()

    def _answered(self, spent: int, effect: AskedImports) -> None:
        if not self._live:
            return
        self.effects.append((spent, effect))
        self._spent_at = self.program.spent
        self.step += 1
        self._seen.clear()
        origin = effect.result.names.owner.origin if isinstance(effect.result, ModuleValue) else None
        if origin is not None and origin.spoiled and not origin.active and not effect.takes_names:
            # That module is a different object in each simulation.
            self.spoil()

    def calls(self, function: Place, depth: int) -> None:
        """A function runs, at a call depth of ``depth``."""
        self.functions.add(function)
        self.deepest = max(self.deepest, depth)

    def witnessed(self, question: Question, answer: object) -> None:
        """The running code has asked the workspace a question."""
        if self._live:
            self.asked[question] = answer

    @cached_property
    def answered(self) -> Answered:
        """After the end: the answers of the workspace that it depends on."""
        return by_content(self.asked)

    # ------------------------------------------------------ accesses by other code

    def is_read(self, cells: Cells[T], key: str) -> None:
        self.read_by_others[id(cells)].add(key)

    def looked_into(self, cells: Cells[T]) -> None:
        if cells is self.names:
            # Attributes of the module that no cell holds, such as whether all its names are known.
            if self.active:
                self.spoil()
            elif self.repeating:
                self.strayed = True
        elif self.active:
            cells.shown = True
        elif self.repeating and cells.step > self.step:
            self.strayed = True

    def changed(self, cells: Cells[T], key: str, value: T | None) -> None:
        names = cells is self.names and isinstance(value, ModuleValue)
        self.changed_by_others |= not names
        if self.active:
            if names and key not in self._written:
                # The importer of a submodule sets it as an attribute of its package.
                self._bound.add(key)
                self._not_own.add(key)
                cells.owner = _Detached(self.clock, self)
            else:
                self.spoil()
        elif self.repeating and not (names and key in self._bound):
            self.strayed = True

    def end(self) -> int:
        """The execution has ended. Returns the work since its last effect, in steps."""
        self.active = self._live = False
        self._seen = set()
        rest = self.program.spent - self._spent_at
        # The module run outlives the program, and would keep all its events alive.
        del self.program
        return rest
