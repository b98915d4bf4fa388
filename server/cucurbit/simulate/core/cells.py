"""Cells: the mutable parts of a simulated program, whose reads and writes can be observed and undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count
from typing import Generic, NoReturn, Protocol, TypeVar

from cucurbit.simulate.core.timeline import Place
from cucurbit.workspace.questions import Question

LISTED = "\0listed"
"""Stands for all keys of cells where it is noted what was read: no key is this."""

MARKED = "\0marked"
"""Stands for an attribute that other code has changed, as :data:`LISTED`."""

T = TypeVar("T")
S = TypeVar("S")


class Effect(Protocol):
    """Something that code does or observes, and that can be repeated: see :mod:`cucurbit.simulate.replay.effects`."""

    def repeat(self, run: NoReturn) -> bool:
        """Do it again. False: something else would happen in this program. Each effect defines the type of ``run``."""


class Owner:
    """Running code. Cells created while it runs are its own; its reads and writes of other cells are reported to it.

    The execution of a module's file is an owner, see :mod:`cucurbit.simulate.replay.module_run`. An instance of this
    base class is the owner of all code outside of modules; it ignores the reports.
    """

    origin: Owner | None = None
    """The execution of a module's file that this is, or that it was detached from."""

    names: object = None
    """The cells of the module's names. Writes of these are reported although they are its own."""

    active = False
    """Whether the execution lasts."""

    spoiled = False
    """Whether the execution did something that cannot be recorded, so it cannot be repeated."""

    path = ""
    """The file that is executed; empty for code outside of modules."""

    step = 0
    """The number of effects that were recorded; in a repetition, the number of those that were repeated."""

    repeated = 0
    """The tick at which its last repetition began; 0 if it has never been repeated."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def reads(self, cells: Cells[T], key: str, value: T | None) -> None:
        """A cell of another owner was read; it contains ``value`` (None: there is no such cell)."""
        if cells.owner.origin is not None:
            cells.owner.origin.is_read(cells, key)

    def lists(self, cells: Cells[T], keys: tuple[str, ...]) -> None:
        """The keys of cells of another owner were listed, in order."""
        if cells.owner.origin is not None:
            cells.owner.origin.is_read(cells, LISTED)

    def looks_at(self, cells: Cells[T]) -> None:
        """Attributes outside of cells are read, of the object that has ``cells``."""

    def writes(self, cells: Cells[T], key: str, value: T | None) -> None:
        """A cell of another owner, or a name of the module, is about to be set; None removes it."""
        self.clock.remember(cells, key)
        if cells.owner.origin is not None:
            cells.owner.origin.changed(cells, key, value)

    def opens(self, cells: Cells[T]) -> None:
        """Cells of another owner are about to be open."""
        self.clock.remember_attribute(cells, "open")
        if cells.owner.origin is not None:
            cells.owner.origin.changed(cells, "", None)

    def marks(self, cells: Cells[T], thing: object, attribute: str) -> None:
        """An attribute outside of cells is about to change, of the object of another owner that has ``cells``."""
        self.clock.remember_attribute(thing, attribute)
        origin = cells.owner.origin
        self.spoil()
        if origin is not None:
            origin.is_read(cells, MARKED)
        if origin is not None and origin.active:
            origin.spoil()
        elif origin is None or not origin.spoiled:
            # Any earlier recording may have seen the old value.
            self.clock.stopped = True

    def spoil(self) -> None:
        """The running code does something that cannot be recorded, so it cannot be repeated."""

    def undoes(self) -> None:
        """The running code is undone and joined later, which cannot be recorded."""
        self.spoil()

    def raises_again(self, handlers: int) -> None:
        """The running code raises again what the last of so many handlers has caught."""

    def note(self, effect: Effect) -> None:
        """Record an effect of the running code."""

    def calls(self, function: Place, depth: int) -> None:
        """A function runs, at a call depth of ``depth``."""

    def witnessed(self, question: Question, answer: object) -> None:
        """The running code has asked the workspace a question."""

    def asking(self, importing: S, question: Callable[[S], T]) -> T:
        """The running code asks the import system, which may execute other code."""
        return question(importing)

    def changed(self, cells: Cells[T], key: str, value: T | None) -> None:
        """Other code is about to set a cell that the execution made; None removes it."""

    def is_read(self, cells: Cells[T], key: str) -> None:
        """Other code reads a cell that the execution made, or an attribute for which ``key`` stands."""

    def looked_into(self, cells: Cells[T]) -> None:
        """Other code reads cells that the execution made."""


class Clock:
    """Numbers things in order of creation, and knows the running code. Simulations that share have one clock."""

    def __init__(self) -> None:
        self._ticks = count(1)
        self.outside = Owner(self)
        self.running: Owner = self.outside
        self.stopped = False
        """Nothing is recorded or repeated any more, until the simulation ends."""
        self.reading_tables: dict[str, set[str]] = defaultdict(set)
        """The files whose execution has read, written or listed (:data:`LISTED`) each key of any MetaData's tables."""
        self._undo: list[Callable[[], object]] = []

    def tick(self) -> int:
        return next(self._ticks)

    def remember(self, cells: Cells[T], key: str) -> None:
        """Store the value of a cell, for :meth:`rewind` to restore."""
        before = cells.data.get(key)
        self._undo.append(lambda: put(cells, key, before))

    def remember_attribute(self, thing: object, name: str) -> None:
        """Store the value of an attribute, for :meth:`rewind` to restore."""
        before: object = getattr(thing, name)
        self._undo.append(lambda: setattr(thing, name, before))

    def remember_to(self, undo: Callable[[], object]) -> None:
        """Note what :meth:`rewind` is to do."""
        self._undo.append(undo)

    @property
    def mark(self) -> int:
        """The number of stored values and actions."""
        return len(self._undo)

    def rewind(self, mark: int) -> None:
        """Restore what was stored since ``mark``, the latest first."""
        while len(self._undo) > mark:
            self._undo.pop()()


class Cells(Generic[T]):
    """A mutable mapping. Write only through :meth:`cucurbit.simulate.core.state.State.write`.

    ``birth`` is the tick at which it was created: a branch need not undo its writes to cells that it creates
    (:attr:`since`). Use ``data`` only to fill new cells. Read cells that may have another owner through the methods,
    which report to the running code.

    ``open``: a container may have more items than its cells hold. No branch takes this back.
    ``step``: how many effects of the owner were recorded when the owner changed them last. ``shown``: other code has
    read them while the owner ran. A repetition has their last values from its start, so the owner must not change them
    after they were shown.
    """

    __slots__ = ("birth", "clock", "data", "open", "owner", "shown", "step")

    def __init__(self, clock: Clock) -> None:
        self.birth = clock.tick()
        self.clock = clock
        self.owner = clock.running
        self.data: dict[str, T] = {}
        self.open = False
        self.step = self.owner.step
        self.shown = False

    @property
    def since(self) -> int:
        """The tick since which this simulation has these cells: a repetition brings those of its recording."""
        origin = self.owner.origin
        return self.birth if origin is None else max(self.birth, origin.repeated)

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
        elif running.active:
            self.own_change(running)

    def look(self, key: str) -> None:
        """Called before an attribute that no cell holds is read, for which ``key`` stands, of the object with these."""
        origin = self.owner.origin
        if origin is not None and self.owner is not self.clock.running and origin is not self.clock.running.origin:
            origin.is_read(self, key)

    def is_open(self) -> bool:
        """``open``; the running code is told of the look."""
        running = self.clock.running
        if self.owner is not running:
            running.looks_at(self)
        return self.open

    def open_up(self) -> None:
        """From now on, there may be more items than these cells hold."""
        running = self.clock.running
        if self.owner is not running:
            running.opens(self)
        elif running.active:
            self.own_change(running)
        self.open = True

    def own_change(self, owner: Owner) -> None:
        """Called before the owner changes them, while it runs."""
        self.step = owner.step
        if self.shown:
            owner.spoil()

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        keys = tuple(self.data)
        running = self.clock.running
        if self.owner is not running:
            running.lists(self, keys)
        return iter(keys)


class TableCells(Cells[T]):
    """The tables of a MetaData, of which it is noted who reads them (:attr:`Clock.reading_tables`)."""

    __slots__ = ()

    def get(self, key: str) -> T | None:
        self.clock.reading_tables[key].add(self.clock.running.path)
        return super().get(key)

    def __getitem__(self, key: str) -> T:
        self.clock.reading_tables[key].add(self.clock.running.path)
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[str]:
        self.clock.reading_tables[LISTED].add(self.clock.running.path)
        return super().__iter__()

    def view(self) -> list[tuple[str, T]]:
        """All of them, for a view that notes itself what is read of it."""
        found = ((key, super(TableCells, self).get(key)) for key in super().__iter__())
        return [(key, value) for key, value in found if value is not None]


class ProcessCells(Cells[T]):
    """Cells that each process has separately; ``name`` is the attribute of the process's state."""

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
"""The key of the items that a sequence may contain."""
