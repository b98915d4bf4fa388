"""Effects: what the execution of a module does and observes, recorded so that it can be repeated.

Each effect can be repeated in another simulation. It reports whether the same would happen there; if not, the
repetition ends and the module's file is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec

from cucurbit.simulate.core.cells import Cells
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.state import ModuleEntry
from cucurbit.simulate.core.timeline import Event, Failure, Link, Place
from cucurbit.simulate.core.values import (
    Constant,
    External,
    MetaDataValue,
    PathValue,
    SequenceValue,
    TableEntry,
    Unknown,
    Value,
)

T = TypeVar("T")


class Replayer(Protocol):
    """The repetition of a module's execution in another program."""

    program: Program
    names: dict[str, Value]
    """The names of the module, as far as they are bound by now."""

    guards: dict[int, tuple[int, int]]
    """The numbers of doubts and guesses when each guarded block began."""

    def link(self, link: Link | None) -> Link | None:
        """The link of a chain that starts where the repetition does."""

    def here(self, cells: Cells[T]) -> Cells[T]:
        """The cells in this program that correspond to ``cells``."""

    def correspond(self, recorded: Cells[T], found: Cells[T]) -> None:
        """Tell that ``found`` are the cells in this program that correspond to ``recorded``."""


class Replayable(Protocol):
    """An effect that a :class:`Replayer` can repeat."""

    def repeat(self, run: Replayer) -> bool:
        """Do it again; False: something else would happen in this program."""


BY_VALUE = (str, bool, External, Unknown, PathValue, ModuleEntry, TableEntry)


def same(one: object, other: object) -> bool:
    """Whether two values of cells are the same for the program and for all findings."""
    if one is other:
        return True
    if isinstance(one, Constant):
        # Equal constants may be written at different places, which findings show.
        if not isinstance(other, Constant) or one != other:
            return False
        return one.place == other.place and one.literal == other.literal
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, BY_VALUE) and one == other


class Happened(NamedTuple):
    """An event."""

    event: Event

    def repeat(self, run: Replayer) -> bool:
        event = self.event
        link = run.link(event.link)
        run.program.events.append(event if link is event.link else msgspec.structs.replace(event, link=link))
        return True


class Found(NamedTuple, Generic[T]):
    """A cell of another owner was read: it contained ``value``; None: there was no such cell."""

    cells: Cells[T]
    key: str
    value: T | None

    def repeat(self, run: Replayer) -> bool:
        # An observed read, not ``data``: the owner of the cells may be in a repetition itself.
        here = run.here(self.cells)
        found = here.get(self.key)
        if found is self.value or same(self.value, found):
            return True
        if here is self.cells or self.key != "__path__":
            return False
        # The search path of the same package: what it holds is compared when it is read.
        value = self.value
        if not isinstance(value, SequenceValue) or not isinstance(found, SequenceValue):
            return False
        run.correspond(value.cells, found.cells)
        return (value.kind, value.shape) == (found.kind, found.shape)


class Listed(NamedTuple, Generic[T]):
    """The keys of cells of another owner were listed."""

    cells: Cells[T]
    keys: tuple[str, ...]

    def repeat(self, run: Replayer) -> bool:
        return self.keys == tuple(run.here(self.cells))


class LookedAt(NamedTuple, Generic[T]):
    """``open`` of cells of another owner was read, or an attribute outside of cells of the object that has them."""

    cells: Cells[T]
    open: bool

    def repeat(self, run: Replayer) -> bool:
        return run.here(self.cells).is_open() == self.open


class Observed(NamedTuple):
    """Something of the program that no cell holds was asked. ``ask`` asks it again, in another program."""

    ask: Callable[[Program], object]
    answer: object

    def repeat(self, run: Replayer) -> bool:
        return self.ask(run.program) == self.answer


class Opened(NamedTuple, Generic[T]):
    """Cells of another owner were opened."""

    cells: Cells[T]

    def repeat(self, run: Replayer) -> bool:
        run.here(self.cells).open_up()
        return True


class BoundNames(NamedTuple):
    """Names of the module itself were bound, in this order."""

    names: dict[str, Value]

    def repeat(self, run: Replayer) -> bool:
        run.names.update(self.names)
        return True


class Wrote(NamedTuple, Generic[T]):
    """A cell was set, or removed: one of another owner, or one of the module's own names."""

    cells: Cells[T]
    key: str
    value: T | None

    def repeat(self, run: Replayer) -> bool:
        run.program.state.write(run.here(self.cells), self.key, self.value)
        return True


class Doubted(NamedTuple):
    """A failure that may happen was not followed."""

    failure: Failure
    package: str

    def repeat(self, run: Replayer) -> bool:
        run.program.doubts.append(self.failure)
        return run.program.guarding.catching(self.failure, self.package) is None


class Missed(NamedTuple):
    """A dotted name was looked up and not found."""

    name: str

    def repeat(self, run: Replayer) -> bool:
        run.program.missed.setdefault(self.name)
        return True


class Visited(NamedTuple):
    """The execution of a file began."""

    path: str

    def repeat(self, run: Replayer) -> bool:
        run.program.visited.setdefault(self.path)
        return True


class UnmodelledCall(NamedTuple):
    """A call was not followed."""

    importing: bool

    def repeat(self, run: Replayer) -> bool:
        run.program.calls.guesses += 1
        run.program.guarding.guessed(importing=self.importing)
        return True


class WorkCounted(NamedTuple):
    """Work was spent in a function without any event."""

    function: Place
    amount: int

    def repeat(self, run: Replayer) -> bool:
        return not run.program.calls.limits.toil(self.function, self.amount)


class NotFollowed(NamedTuple):
    """A call was not followed, after too much work in the function without any event."""

    function: Place

    def repeat(self, run: Replayer) -> bool:
        return run.program.calls.limits.is_quiet(self.function)


class Guarded(NamedTuple):
    """A guarded block began. ``guard`` is a tick that names it."""

    guard: int

    def repeat(self, run: Replayer) -> bool:
        run.guards[self.guard] = len(run.program.doubts), run.program.calls.guesses
        return True


class Passed(NamedTuple):
    """A guarded block ended without a failure: the remaining doubts, those that are kept, and whether it guessed."""

    guard: int
    possible: Sequence[Failure]
    kept: Sequence[Failure]
    guessed: bool

    def repeat(self, run: Replayer) -> bool:
        doubts, guesses = run.guards[self.guard]
        here = run.program.doubts[doubts:]
        run.program.doubts[doubts:] = self.kept
        return here == list(self.possible) and self.guessed == (run.program.calls.guesses > guesses)


class Made(NamedTuple):
    """A MetaData was created, or one of an installed package was used for the first time."""

    metadata: MetaDataValue

    def repeat(self, run: Replayer) -> bool:
        known = run.program.state.metadata
        if all(each is not self.metadata for each in known):
            known.append(self.metadata)
        return True
