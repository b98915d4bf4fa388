"""Where everything that changes is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Generic, NoReturn, Protocol, TypeVar

from cucurbit.simulate.core.timeline import Place
from cucurbit.workspace.questions import Question

T = TypeVar("T")
S = TypeVar("S")


class Effect(Protocol):
    """Something that code does or finds and that can be repeated: see :mod:`cucurbit.simulate.replay.effects`."""

    def repeat(self, run: NoReturn) -> bool:
        """Do it again; False where that is not what would happen there. Each effect says what ``run`` is to it."""


class Owner:
    """Code that runs: the cells made meanwhile are its own, and it is told what it does to those of others.

    The execution of a module's file is an owner, see :mod:`cucurbit.simulate.replay.module_run`. This one stands for
    the code around all of them.
    """

    origin: Owner | None = None
    """The execution of a module's file that this is, or that it was detached from."""

    names: object = None
    """The cells of the module's names, whose writes are told even where they are its own."""

    active = False
    """Whether the execution lasts."""

    spoiled = False
    """Whether the execution did something that is not written down, so that it cannot be repeated."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def reads(self, cells: Cells[T], key: str, value: T | None) -> None:
        """A cell of another owner holds ``value`` (None: is not there)."""

    def lists(self, cells: Cells[T], keys: tuple[str, ...]) -> None:
        """``keys`` are those of all cells of another owner, in order."""

    def looks_at(self, cells: Cells[T]) -> None:
        """Attributes are read, which no cell holds, of what has ``cells``."""

    def writes(self, cells: Cells[T], key: str, value: T | None) -> None:
        """A cell of another owner, or a name of the module, is about to be set; None removes it."""
        self.clock.remember(cells, key)
        if cells.owner.origin is not None:
            cells.owner.origin.changed(cells, key, value)

    def marks(self, cells: Cells[T], thing: object, attribute: str) -> None:
        """An attribute is about to change, which no cell holds, of what has ``cells`` of another owner."""
        self.clock.remember_attribute(thing, attribute)
        origin = cells.owner.origin
        self.spoil()
        if origin is not None and origin.active:
            origin.spoil()
        elif origin is None or not origin.spoiled:
            # What was recorded before, anywhere, may have seen it as it was.
            self.clock.stopped = True

    def spoil(self) -> None:
        """What runs does something that is not written down, so that it cannot be repeated."""

    def undoes(self) -> None:
        """What runs is undone and joined later, which is not written down."""
        self.spoil()

    def note(self, effect: Effect) -> None:
        """What runs does or finds something."""

    def calls(self, function: Place, depth: int) -> None:
        """A function runs, ``depth`` calls deep."""

    def witnessed(self, question: Question, answer: object) -> None:
        """What runs has asked the workspace something."""

    def asking(self, importing: S, question: Callable[[S], T]) -> T:
        """What runs asks the import system, which may execute other code."""
        return question(importing)

    def changed(self, cells: Cells[T], key: str, value: T | None) -> None:
        """Other code is about to set a cell that the execution made; None removes it."""

    def looked_into(self) -> None:
        """Other code reads something that the execution made."""


class Clock:
    """Numbers things in the order of their making, and knows which code runs: one for simulations that share."""

    def __init__(self) -> None:
        self._ticks = count(1)
        self.outside = Owner(self)
        self.running: Owner = self.outside
        self.stopped = False
        """Nothing is recorded or repeated any more, until the simulation ends."""
        self._undo: list[Callable[[], object]] = []

    def tick(self) -> int:
        return next(self._ticks)

    def remember(self, cells: Cells[T], key: str) -> None:
        """Note what a cell holds, to put it back in :meth:`rewind`."""
        before = cells.data.get(key)
        self._undo.append(lambda: put(cells, key, before))

    def remember_attribute(self, thing: object, name: str) -> None:
        """Note what an attribute holds, to put it back in :meth:`rewind`."""
        before: object = getattr(thing, name)
        self._undo.append(lambda: setattr(thing, name, before))

    def remember_to(self, undo: Callable[[], object]) -> None:
        """Note what :meth:`rewind` is to do."""
        self._undo.append(undo)

    @property
    def mark(self) -> int:
        """How much is noted by now."""
        return len(self._undo)

    def rewind(self, mark: int) -> None:
        """Put back what was noted since ``mark``, the latest first."""
        while len(self._undo) > mark:
            self._undo.pop()()


class Cells(Generic[T]):
    """A mutable mapping. Write through :meth:`cucurbit.simulate.core.state.State.write` alone.

    ``birth`` is the tick at which it was made: what is made inside a branch needs no journal there. ``data`` is for
    who fills new cells; whoever reads cells that may be another's asks by the methods, which tell who runs.
    """

    __slots__ = ("birth", "clock", "data", "owner")

    def __init__(self, clock: Clock) -> None:
        self.birth = clock.tick()
        self.clock = clock
        self.owner = clock.running
        self.data: dict[str, T] = {}

    def beside(self) -> Cells[T]:
        """New cells, as if they had been made together with these."""
        made: Cells[T] = Cells(self.clock)
        made.birth, made.owner = self.birth, self.owner
        return made

    def get(self, key: str) -> T | None:
        found = self.data.get(key)
        running = self.clock.running
        if self.owner is not running:
            running.reads(self, key, found)
        return found

    def __getitem__(self, key: str) -> T:
        found = self.data[key]
        running = self.clock.running
        if self.owner is not running:
            running.reads(self, key, found)
        return found

    def mark(self, thing: object, attribute: str) -> None:
        """Called before an attribute of ``thing``, which has these cells, changes that no cell holds."""
        running = self.clock.running
        if self.owner is not running:
            running.marks(self, thing, attribute)

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        keys = tuple(self.data)
        running = self.clock.running
        if self.owner is not running:
            running.lists(self, keys)
        return iter(keys)


class ProcessCells(Cells[T]):
    """Cells that each process has for itself, by the name of the attribute of its state."""

    __slots__ = ("name",)

    def __init__(self, clock: Clock, name: str) -> None:
        super().__init__(clock)
        self.name = name


def put(cells: Cells[T], key: str, value: T | None) -> None:
    """Set a cell; None removes it."""
    if value is None:
        cells.data.pop(key, None)
    else:
        cells.data[key] = value


PERHAPS = "perhaps"
"""The cell of what a sequence may hold."""
