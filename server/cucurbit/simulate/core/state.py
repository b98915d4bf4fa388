"""The state of a simulated process, and how the sides of an undecided branch are joined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar, cast, get_args

from cucurbit.simulate.core.branches import Condition, Side, exclusive
from cucurbit.simulate.core.cells import PERHAPS, Cells, Clock, Owner, ProcessCells, put
from cucurbit.simulate.core.timeline import TableDefinition
from cucurbit.simulate.core.values import (
    BY_HANDLER,
    MISSING,
    Choice,
    ClassValue,
    Constant,
    DictValue,
    ExternalObject,
    FunctionValue,
    MetaDataValue,
    Missing,
    ModuleValue,
    SequenceValue,
    TableEntry,
    Unknown,
    Value,
    choice,
    may_be_missing,
)

T = TypeVar("T")


@dataclass(frozen=True)
class ModuleEntry:
    """An entry of ``sys.modules``, which exists under ``condition``."""

    module: ModuleValue
    condition: Condition


_VALUES = get_args(Value)


class _Change(Protocol):
    """One cell that a branch has written."""

    def moves_on(self, since: int) -> bool: ...

    def undo(self, state: State) -> None: ...
    def join(self, others: list[_Change | None], conditions: list[Condition], state: State, *, soft: bool) -> None: ...


class _CellChange(Generic[T]):
    def __init__(self, cells: Cells[T], key: str) -> None:
        self.cells = cells
        self.key = key
        self.before: T | None = cells.data.get(key)
        self.after: T | None = None

    def moves_on(self, since: int) -> bool:
        """Whether the cell has a value that it could not have before; ``since`` is the tick of the first write."""
        return not _repeats(self.cells.data.get(self.key), self.before, since)

    def undo(self, state: State) -> None:
        self.after = self.cells.data.get(self.key)
        state.put(self.cells, self.key, self.before)

    def join(self, others: list[_Change | None], conditions: list[Condition], state: State, *, soft: bool) -> None:
        """Write the joined value of the cell: any of the branches, each under its condition, may have been taken.

        ``soft``: the first branch is assumed to be taken; from the others, only possible values are joined.
        """
        outcomes: list[T | None] = [other.after if isinstance(other, _CellChange) else self.before for other in others]
        process = isinstance(self.cells, ProcessCells)
        if soft and (process or (isinstance(others[0], _CellChange) and _stays(outcomes[0], self.before))):
            state.write(self.cells, self.key, outcomes[0])
        elif soft and outcomes[0] is None and self.before is None and isinstance(outcomes[-1], _VALUES):
            # Only a handler binds it, which is assumed not to run.
            values = cast("list[Value | None]", outcomes)
            left = choice(*BY_HANDLER.options, *(value for value in values if value is not None))
            state.write(cast("Cells[Value]", self.cells), self.key, cast("Value", left))
        elif self.key in ("items", PERHAPS) and any(isinstance(each, tuple) for each in outcomes):
            items = cast("list[tuple[Value, ...] | None]", outcomes)
            _join_items(state, cast("Cells[tuple[Value, ...]]", self.cells), self.key, items)
        else:
            state.write(self.cells, self.key, _joined(outcomes, conditions, state.condition))


def _join_items(
    state: State, cells: Cells[tuple[Value, ...]], key: str, outcomes: list[tuple[Value, ...] | None]
) -> None:
    """Keep the items that every branch leaves in a list; those that only some leave may be missing from now on."""
    known = sorted((outcome or () for outcome in outcomes), key=len, reverse=True)
    shared = set.intersection(*({_identity(item) for item in outcome} for outcome in known))
    merged = {_identity(item): item for outcome in (*known, cells.get(PERHAPS) or ()) for item in outcome}
    if key == "items":
        state.write(cells, key, tuple(item for item in known[0] if _identity(item) in shared))
    if key == PERHAPS or len(merged) > len(shared):
        state.write(cells, PERHAPS, tuple(merged.values()))


def _repeats(now: object, before: object, since: int) -> bool:
    """Whether the value that a cell has now says no more than the one it had at tick ``since``.

    It does not if it is an object that the same call created again, or a choice among values that were possible before.
    A loop whose rounds do no more than this would be followed until its limit.
    """
    if now is before or now == before:
        return True
    if isinstance(before, Choice) and isinstance(now, Choice | Unknown):
        possible = before.options
        return any(isinstance(option, Unknown) for option in possible) or (
            isinstance(now, Choice)
            and all(any(_repeats(option, each, since) for each in possible) for option in now.options)
        )
    if isinstance(before, Unknown):
        return isinstance(now, Choice | Unknown)
    return (
        isinstance(now, ExternalObject)
        and isinstance(before, ExternalObject)
        and now.attributes.since >= since
        and (now.made_by, now.call.place) == (before.made_by, before.call.place)
    )


def _stays(first: object, before: object) -> bool:
    """Whether the value of the first branch is kept after a soft join: registered tables, and new definitions."""
    if isinstance(first, (ModuleEntry, TableEntry)) or isinstance(before, (ModuleEntry, TableEntry)):
        return True
    return before is None and isinstance(first, (ModuleValue, ClassValue, FunctionValue))


def in_doubt(container: Value) -> tuple[tuple[Value, bool], ...]:
    """The items of a loop over a container with uncertain items, in order, each with whether it is certain.

    Empty if every item is certain, or if there may be other items as well.
    """
    if isinstance(container, DictValue) and not container.open:
        held = {key: container.cells[key] for key in container.cells}
        doubtful = {key for key in held if may_be_missing(held[key])}
        return tuple((Constant(key), key not in doubtful) for key in held) if doubtful else ()
    return _items_in_doubt(container) if isinstance(container, SequenceValue) and container.perhaps else ()


def _items_in_doubt(sequence: SequenceValue) -> tuple[tuple[Value, bool], ...]:
    sure = {_identity(item) for item in sequence.items}
    known = {_identity(item) for item in sequence.perhaps}
    added = (item for item in sequence.items if _identity(item) not in known)
    return tuple((item, _identity(item) in sure) for item in (*sequence.perhaps, *added))


def _identity(item: Value) -> object:
    return item if isinstance(item, Constant) else id(item)


def _joined(outcomes: list[T | None], conditions: list[Condition], condition: Condition) -> T | None:
    """Join the values of one cell after each branch; None means that the key is absent."""
    present = [outcome for outcome in outcomes if outcome is not None]
    if not present:
        return None
    first = present[0]
    if isinstance(first, (ModuleEntry, TableEntry)):
        under = conditions[next(index for index, outcome in enumerate(outcomes) if outcome is not None)]
        if all(_surely_there(outcome, each) for outcome, each in zip(outcomes, conditions, strict=False)):
            # Present in every branch: it no longer depends on which was taken.
            return replace(first, condition=condition)
        return replace(first, condition=under) if _implies(condition, first.condition) else first
    if isinstance(first, (tuple, str, bool)):
        return first if all(outcome == first for outcome in outcomes) else max(present, key=_length)
    values: list[Value | Missing] = [MISSING if outcome is None else outcome for outcome in outcomes]  # type: ignore[misc]
    return choice(*values)  # type: ignore[return-value]


def _surely_there(entry: object, condition: Condition) -> bool:
    """Whether an entry of a branch exists whenever that branch is taken."""
    return isinstance(entry, (ModuleEntry, TableEntry)) and _implies(condition, entry.condition)


def _implies(condition: Condition, other: Condition) -> bool:
    return condition[: len(other)] == other


def _length(value: object) -> int:
    return len(value) if isinstance(value, (tuple, str)) else 0


class _Journal:
    def __init__(self, since: int, kept: frozenset[Owner], *, soft: bool) -> None:
        self.since = since
        self.kept = kept
        self.soft = soft
        self.changes: dict[tuple[int, str], _Change] = {}

    def concerns(self, cells: Cells[T]) -> bool:
        """Whether the branch takes back what it writes to ``cells``."""
        return cells.birth < self.since and cells.since < self.since and cells.owner.origin not in self.kept


class State:
    """Everything that changes in one simulated process."""

    def __init__(self, clock: Clock, search_path: tuple[str, ...]) -> None:
        self.clock = clock
        self.modules: Cells[ModuleEntry] = ProcessCells(clock, "modules")
        self.paths: Cells[tuple[str, ...]] = ProcessCells(clock, "paths")
        self.paths.data["sys.path"] = search_path
        self.metadata: list[MetaDataValue] = []
        self.libraries: Cells[Value] = ProcessCells(clock, "libraries")
        """What libraries keep for the process, under keys that begin with their names."""
        self.altered: Cells[bool] = ProcessCells(clock, "altered")
        """What a program has done, once and for all, to things that have no cells; see :meth:`alter`."""
        self.condition: Condition = ()
        self._journals: list[_Journal] = []

    @property
    def search_path(self) -> tuple[str, ...]:
        return self.paths["sys.path"]

    def registered(self) -> tuple[TableDefinition, ...]:
        """The tables in all MetaData. Only for what a timeline tells: nobody is told that they were read."""
        return tuple(entry.definition for metadata in self.metadata for entry in metadata.tables.data.values())

    def cells(self) -> Cells[Value]:
        return Cells(self.clock)

    def doubt_all(self) -> None:
        """From now on nothing is certain: whether the program gets this far is not known."""
        self.condition = (*self.condition, Side())

    def excludes(self, condition: Condition) -> bool:
        """Whether a run of the program that gets here has surely not done what it does under ``condition``."""
        return exclusive(condition, self.condition)

    def holds(self, condition: Condition) -> bool:
        """Whether ``condition`` certainly holds now."""
        return _implies(self.condition, condition)

    def write(self, cells: Cells[T], key: str, value: T | None) -> None:
        """Set a cell; None removes it."""
        for journal in self._journals:
            if journal.concerns(cells) and (id(cells), key) not in journal.changes:
                journal.changes[(id(cells), key)] = _CellChange(cells, key)
        self.put(cells, key, value)

    def put(self, cells: Cells[T], key: str, value: T | None) -> None:
        """Set a cell, outside the journals of branches."""
        running = self.clock.running
        if cells.owner is not running or cells is running.names:
            running.writes(cells, key, value)
        elif running.active:
            cells.own_change(running)
        put(cells, key, value)

    def alter(self, what: str) -> None:
        """Something is done to what has no cells: ``what`` says to which thing. No branch takes it back.

        It is a name put among the built-in ones (``builtins.NAME``), attributes set on a function (its place), or
        modules that come from what is not followed (``sys.modules``).
        """
        self.put(self.altered, what, True)

    def mark(self, cells: Cells[T], owner: object, attribute: str) -> None:
        """Called before an attribute changes that no cell holds, of an object that has ``cells``."""
        cells.mark(owner, attribute)

    def open_up(self, container: SequenceValue | DictValue) -> None:
        """From now on, the container may have more items than are known."""
        if not container.open:
            container.cells.open_up()

    def branch(self, run: Callable[[], T], side: Side | None = None) -> tuple[T, Branch]:
        """Run one side of an undecided branch, then take back what it wrote; it can be joined later.

        Whatever ``run`` raises passes through, after the state is as it was.
        """
        branch = self.begin(side)
        try:
            result = run()
        finally:
            self.end(branch)
        return result, branch

    def begin(self, side: Side | None = None, *, soft: bool = False, kept: frozenset[Owner] = frozenset()) -> Branch:
        """What runs from now on until :meth:`end` is one side of an undecided branch.

        ``soft``: this side is assumed to be taken, so its effects keep their certainty. What belongs to an owner in
        ``kept`` is not taken back while it is soft.
        """
        branch = Branch(_Journal(self.clock.tick(), kept, soft=soft), self.condition, side or Side())
        self._journals.append(branch.journal)
        if not soft:
            self.harden(branch)
        return branch

    def harden(self, branch: Branch) -> None:
        """The effects of ``branch`` are uncertain from now on."""
        branch.journal.soft, branch.journal.kept = False, frozenset()
        self.condition = (*self.condition, branch.side)

    def end(self, branch: Branch) -> None:
        """Undo what was written since ``branch`` began, the last one that began; it can be joined later."""
        self.forget(branch)
        for change in branch.journal.changes.values():
            change.undo(self)

    def forget(self, branch: Branch) -> None:
        """Drop ``branch`` as if it had not begun: what was written since is kept."""
        if not branch.journal.soft:
            self.condition = branch.before
        self._journals.remove(branch.journal)

    @property
    def depth(self) -> int:
        """The number of nested branches, without those that are assumed to be taken."""
        return sum(not journal.soft for journal in self._journals)

    @property
    def branches(self) -> int:
        """The number of nested branches, those included that are assumed to be taken."""
        return len(self._journals)

    def undoes_later(self, outer: int) -> bool:
        """Whether a branch runs inside the ``outer`` first ones that is assumed to be taken, and undone and joined."""
        return any(journal.soft for journal in self._journals[outer:])

    @property
    def written(self) -> tuple[int, ...]:
        """How many cells each branch has written, the outermost first; for :meth:`rewind`."""
        return tuple(len(journal.changes) for journal in self._journals)

    def rewind(self, written: tuple[int, ...]) -> None:
        """Forget that the branches have written other cells than those. The cells have their values of then again."""
        for journal, count in zip(self._journals, written, strict=True):
            while len(journal.changes) > count:
                journal.changes.popitem()

    def join(self, branches: list[Branch]) -> None:
        """Join ``branches``: any one of them may have been taken. A soft first branch is assumed to be the one."""
        soft = bool(branches) and branches[0].journal.soft
        conditions = [(*self.condition, branch.side) for branch in branches]
        keys = dict.fromkeys(key for branch in branches for key in branch.journal.changes)
        for key in keys:
            changes = [branch.journal.changes.get(key) for branch in branches]
            first = next(change for change in changes if change is not None)
            first.join(changes, conditions, self, soft=soft)


@dataclass(frozen=True)
class Branch:
    """What one side of a branch wrote; ``before`` is the condition under which the branches are."""

    journal: _Journal
    before: Condition
    side: Side

    @property
    def moves_on(self) -> bool:
        """Whether any cell has a value that it could not have when the branch began."""
        return any(change.moves_on(self.journal.since) for change in self.journal.changes.values())
