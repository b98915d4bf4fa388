"""Patches: what an edit of one module changes in a timeline, if nothing else in the program can notice the edit.

The edited file is executed again, in a simulation that ends there. The new module run *replaces* the old one if
everything that other code has observed of the old one is the same in the new one: what it imports, what it writes to
the cells of others, the names and attributes that others have read. Then every other module does what it did before,
and the timeline differs only in the module's own events. :func:`patch_between` compares two module runs, and
:meth:`Patch.apply` makes a new timeline of one that was simulated with the old one.

What differs elsewhere is refused, and the entry point is simulated. A refusal is always right, so whatever is not
understood here refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from types import FunctionType
from typing import cast

import msgspec

from cucurbit.simulate.core.cells import LISTED, MARKED, Cells, Owner, ProcessCells
from cucurbit.simulate.core.timeline import CutKind, Event, EventKind, Link, TableDefinition, Timeline
from cucurbit.simulate.core.values import (
    FACTS,
    MAPPING,
    TABLE,
    ClassMapping,
    ClassValue,
    Constant,
    DictValue,
    External,
    ModuleValue,
    PathValue,
    ScopeValue,
    SequenceValue,
    TableEntry,
    Unknown,
)
from cucurbit.simulate.replay.effects import (
    BoundNames,
    Found,
    Guarded,
    Happened,
    Listed,
    LookedAt,
    Observed,
    Passed,
    Wrote,
    same,
)
from cucurbit.simulate.replay.module_run import AskedImports, ModuleRun
from cucurbit.simulate.replay.repetition import FileExecution, Kept
from cucurbit.source.facts import ClassDef, FunctionDef, Import, ImportFrom, ModuleFacts, Step

_MAY_DIFFER = frozenset({EventKind.TABLE_REGISTERED, EventKind.CLASS_MAPPED, EventKind.SHAPE_CHANGED})
"""The events that say what a class or a table holds. What they say has no effect on what is executed later."""

_BY_VALUE = (
    str, bool, int, float, complex, bytes, frozenset, Enum, TableDefinition, TableEntry, External, Unknown, PathValue,
)  # fmt: skip
"""Values that are the same if they are equal."""

_OBSERVATIONS = (Found, Listed, LookedAt, Observed)


def may_patch(run: ModuleRun, module: ModuleValue, old: ModuleFacts, new: ModuleFacts) -> bool:
    """Whether it is worth executing the new text of a file: nothing that others have read is certain to differ."""
    if old.problem is not None or new.problem is not None or len(old.body) != len(new.body):
        return False
    read = run.read_by_others.get(id(module.names), set())
    return all(_may_agree(one, other, read) for one, other in zip(old.body, new.body, strict=True))


def _may_agree(one: Step, other: Step, read: AbstractSet[str]) -> bool:
    if one is other:
        return True
    if isinstance(one, (ClassDef, FunctionDef)) and isinstance(other, (ClassDef, FunctionDef)):
        # A class and a function are known by where they are written.
        return one.name == other.name and (one.at == other.at or not ({one.name, LISTED} & read))
    return not isinstance(one, (Import, ImportFrom)) or one == other


@dataclass(frozen=True, eq=False)
class Patch:
    """The differences between two module runs that other code does not notice."""

    old: ModuleRun
    new: ModuleRun
    events: Sequence[tuple[Event, Event]]
    definitions: Mapping[TableDefinition, TableDefinition]
    keys: frozenset[str]
    """The keys of tables that the two use differently."""

    def is_noticed(self, reading_tables: Mapping[str, AbstractSet[str]]) -> bool:
        """Whether in one program other files have read tables in a MetaData that this changes."""
        if not self.keys:
            return False
        only = {self.old.path}
        return LISTED in reading_tables or any(reading_tables.get(key, only) != only for key in self.keys)

    def apply(self, timeline: Timeline, executions: Sequence[FileExecution], here: FileExecution) -> Timeline | None:
        """A timeline with the new module run; None if its events are not recognised in it."""
        events = list(timeline.events)
        own = list(_own_events(executions, here))
        if len(own) != len(self.events):
            return None
        for index, (old, new) in zip(own, self.events, strict=True):
            found = events[index]
            if found is not old and found != msgspec.structs.replace(old, link=found.link):
                return None
            events[index] = msgspec.structs.replace(new, link=_moved(new.link, self.new.base, here.base))
        if not self.definitions:
            return replace(timeline, events=tuple(events))
        return replace(
            timeline,
            events=tuple(events),
            tables=self._defined(timeline.tables),
            targets=tuple(replace(target, registered=self._defined(target.registered)) for target in timeline.targets),
        )

    def _defined(self, tables: Sequence[TableDefinition]) -> tuple[TableDefinition, ...]:
        return tuple(self.definitions.get(each, each) for each in tables)


def can_be_patched(timeline: Timeline) -> bool:
    """Whether no budget ended it: a patch does not count work."""
    return not any(event.cut is CutKind.LIMIT for event in timeline.of(EventKind.CUT))


def _own_events(executions: Sequence[FileExecution], here: FileExecution) -> Iterator[int]:
    """The indexes of the events of one execution, without those of the modules that it imports."""
    inner = sorted(
        (each.first, each.last)
        for each in executions
        if each is not here and here.first <= each.first and each.last <= here.last
    )
    index = here.first
    for first, last in inner:
        yield from range(index, first)
        index = max(index, last)
    yield from range(index, here.last)


def _moved(link: Link | None, base: Link | None, here: Link | None) -> Link | None:
    """The link of a chain that starts at ``here`` instead of ``base``."""
    if link is base or link is None:
        return here
    return Link(link.kind, link.place, link.target, _moved(link.outer, base, here))


def patch_between(old: Kept, new: Kept) -> Patch | None:
    """The patch that replaces a module run by a new one of the edited file; None if other code may notice."""
    comparison = _Comparison(old, new)
    if not comparison.agrees():
        return None
    definitions = {
        before.definition: after.definition
        for before, after in comparison.events
        if before.definition is not None and after.definition is not None and before.definition != after.definition
    }
    keys = {each.key for pair in definitions.items() for each in pair} | comparison.keys
    return Patch(old.recording, new.recording, tuple(comparison.events), definitions, frozenset(keys))


class _Comparison:
    """Two module runs of one file, and the objects of the new one that correspond to those of the old one."""

    def __init__(self, old: Kept, new: Kept) -> None:
        self.kept = old, new
        self.old, self.new = old.recording, new.recording
        self.events: list[tuple[Event, Event]] = []
        self.keys: set[str] = set()
        """The keys of tables that only one of the two has written, or written differently."""
        self._read = self.old.read_by_others
        self._there: dict[int, object] = {}
        self._back: dict[int, object] = {}
        self._guards: dict[int, int] = {}

    def agrees(self) -> bool:
        """Whether no other code can tell them apart."""
        old, new = self.kept
        run, other = self.old, self.new
        return (
            not run.spoiled
            and not other.spoiled
            and not run.changed_by_others
            and not any(MARKED in keys for keys in self._read.values())
            and (run.guarded, run.functions) == (other.guarded, other.functions)
            and run.deepest - run.depth == other.deepest - other.depth
            and (old.open, old.open_for, old.deleted) == (new.open, new.open_for, new.deleted)
            and self._pair(old.module, new.module)
            and self._effects()
            and self._read.keys() <= self._there.keys()
        )

    # ----------------------------------------------------------------- effects

    def _effects(self) -> bool:
        old, new = self._told(self.old), self._told(self.new)
        tables = {
            id(effect.cells)
            for run in (old, new)
            for effect in run
            if isinstance(effect, Wrote) and isinstance(effect.value, TableEntry)
        }
        if len([each for each in old if not isinstance(each, _OBSERVATIONS)]) != len(
            [each for each in new if not isinstance(each, _OBSERVATIONS)]
        ):
            return False
        before, after = iter(old), iter(new)
        while True:
            seen, one = _next_deed(before)
            looked, other = _next_deed(after)
            if not all(self._was_seen(each, seen, tables) for each in looked):
                return False
            if one is None or other is None:
                return one is other
            if type(one) is not type(other) or not self._same_effect(one, other):
                return False

    def _told(self, run: ModuleRun) -> list[object]:
        """The effects, without the names that nobody has read."""
        names = self._read.get(id(self.kept[0].module.names), set())
        everything = LISTED in names
        told: list[object] = []
        for _, effect in run.effects:
            if isinstance(effect, BoundNames) and not everything:
                bound = {name: value for name, value in effect.names.items() if name in names}
                if bound:
                    told.append(BoundNames(bound))
            else:
                told.append(effect)
        return told

    def _was_seen(self, look: object, seen: Sequence[object], tables: set[int]) -> bool:
        """Whether an observation is one that the old module run has made at the same time."""
        if any(type(each) is type(look) and self._is_same_look(each, look) for each in seen):
            return True
        if isinstance(look, Found) and id(look.cells) in tables and look.value is None:
            # Whether other code uses this key is asked at the end.
            self.keys.add(look.key)
            return True
        return False

    def _is_same_look(self, one: object, other: object) -> bool:
        if isinstance(one, Found) and isinstance(other, Found) and one.key != other.key:
            return False
        known = len(self._there)
        if self._same_effect(one, other):
            return True
        # Another one may be the same: what was taken to correspond for this one does not.
        while len(self._there) > known:
            self._back.pop(id(self._there.popitem()[1]))
        return False

    def _same_effect(self, one: object, other: object) -> bool:
        if isinstance(one, Happened) and isinstance(other, Happened):
            return self._same_event(one.event, other.event)
        if isinstance(one, AskedImports) and isinstance(other, AskedImports):
            return self._same_import(one, other)
        if isinstance(one, Wrote) and isinstance(other, Wrote):
            return self._same_write(one, other)
        if isinstance(one, BoundNames) and isinstance(other, BoundNames):
            return list(one.names) == list(other.names) and self._pair(one.names, other.names)
        if isinstance(one, Guarded) and isinstance(other, Guarded):
            self._guards[one.guard] = other.guard
            return True
        if isinstance(one, Passed) and isinstance(other, Passed):
            return self._guards.get(one.guard) == other.guard and self._pair(tuple(one[1:]), tuple(other[1:]))
        if isinstance(one, tuple) and isinstance(other, tuple):
            return self._pair(tuple(one), tuple(other))
        return False

    def _same_event(self, one: Event, other: Event) -> bool:
        if not self._same_link(one.link, other.link):
            return False
        self.events.append((one, other))
        alike = msgspec.structs.replace(one, link=other.link)
        if alike == other:
            return True
        said = {"definition": other.definition, "place": other.place, "shape": other.shape}
        return one.kind in _MAY_DIFFER and msgspec.structs.replace(alike, **said) == other

    def _same_import(self, one: AskedImports, other: AskedImports) -> bool:
        return (
            self._pair(one.question, other.question)
            and self._pair(one.module, other.module)
            and one.path == other.path
            and self._same_link(one.link, other.link)
            and one.condition == other.condition
            and self._pair(one.result, other.result)
            and (one.failure, one.doubted) == (other.failure, other.doubted)
        )

    def _same_write(self, one: Wrote[object], other: Wrote[object]) -> bool:
        if not self._pair(one.cells, other.cells):
            return False
        value, now = one.value, other.value
        if isinstance(value, TableEntry) and isinstance(now, TableEntry):
            if one.key != other.key or value != now:
                self.keys |= {one.key, other.key}
            return (value.condition, value.has_columns) == (now.condition, now.has_columns)
        return one.key == other.key and self._pair(value, now)

    def _same_link(self, one: Link | None, other: Link | None) -> bool:
        while one is not self.old.base and other is not self.new.base:
            if one is None or other is None:
                return one is other
            if (one.kind, one.place, one.target) != (other.kind, other.place, other.target):
                return False
            one, other = one.outer, other.outer
        return one is self.old.base and other is self.new.base

    # ------------------------------------------------------------------ values

    def _pair(self, one: object, other: object) -> bool:
        """Whether a value of the new run corresponds to one of the old run, as far as others have read these."""
        if one is other and not _is_of(one, self.old):
            return True
        if type(one) is not type(other):
            return False
        if isinstance(one, Constant) and isinstance(other, Constant):
            return type(one.value) is type(other.value) and same(one, other)
        if one is None or isinstance(one, _BY_VALUE):
            return one == other
        if isinstance(one, tuple):
            there = cast("tuple[object, ...]", other)
            return len(one) == len(there) and all(map(self._pair, one, there))
        if isinstance(one, dict):
            items = cast("dict[object, object]", other)
            return list(one) == list(items) and all(self._pair(one[key], items[key]) for key in one)
        known = self._there.get(id(one))
        if known is not None:
            return known is other
        if id(other) in self._back:
            return False
        self._there[id(one)], self._back[id(other)] = other, one
        return self._same_object(one, other)

    def _same_object(self, one: object, other: object) -> bool:
        if isinstance(one, Cells) and isinstance(other, Cells):
            return self._same_cells(one, other)
        if isinstance(one, ClassValue) and isinstance(other, ClassValue):
            return self._same_class(one, other)
        if isinstance(one, ModuleValue) and isinstance(other, ModuleValue):
            return (one.name, one.path) == (other.name, other.path) and self._pair(one.names, other.names)
        if isinstance(one, FunctionType) and isinstance(other, FunctionType):
            return one.__code__ is other.__code__ and self._pair(_captured(one), _captured(other))
        if isinstance(one, (SequenceValue, DictValue)) and isinstance(other, (SequenceValue, DictValue)):
            looks = [getattr(each, name, "") for name in ("kind", "shape") for each in (one, other)]
            return looks[0] == looks[1] and looks[2] == looks[3] and self._pair(one.cells, other.cells)
        if isinstance(one, ScopeValue) and isinstance(other, ScopeValue):
            return self._same_scope(one, other)
        if isinstance(one, msgspec.Struct):
            # Not asked by ``==``, for which ``1`` is ``True``.
            return msgspec.msgpack.encode(one) == msgspec.msgpack.encode(other)
        if is_dataclass(one):
            return all(self._pair(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
        return False

    def _same_cells(self, one: Cells[object], other: Cells[object]) -> bool:
        if isinstance(one, ProcessCells) and isinstance(other, ProcessCells):
            return one.name == other.name
        ours = one.owner.origin is self.old, other.owner.origin is self.new
        if ours != (True, True):
            # Cells of others: what the module has observed of them is compared with its effects.
            return ours == (False, False)
        if one is self.kept[0].module.names:
            # They are bound one by one: a repetition that failed has left only some of them. See ``_told``.
            return other is self.kept[1].module.names
        read = self._read.get(id(one), set())
        if one.open != other.open or (LISTED in read and list(one.data) != list(other.data)):
            return False
        # A key that stands for an attribute is in no cells.
        return all(self._pair(one.data.get(key), other.data.get(key)) for key in sorted(read))

    def _same_class(self, one: ClassValue, other: ClassValue) -> bool:
        read = self._read.get(id(one.names), set())
        if FACTS in read and one.statement != other.statement:
            return False
        return (
            (one.name, one.place, one.marks, one.nested) == (other.name, other.place, other.marks, other.nested)
            and self._pair(one.module, other.module)
            and self._pair(one.names, other.names)
            and self._pair(one.bases, other.bases)
            and self._pair(one.keywords, other.keywords)
            and (MAPPING not in read or self._same_mapping(one.mapped, other.mapped, TABLE in read))
        )

    def _same_mapping(self, one: ClassMapping | None, other: ClassMapping | None, table: bool) -> bool:
        if one is None or other is None:
            return one is other
        return (
            (one.kind, one.library) == (other.kind, other.library)
            and self._pair(one.metadata, other.metadata)
            and (not table or one.made == other.made)
        )

    def _same_scope(self, one: ScopeValue, other: ScopeValue) -> bool:
        mine, theirs = one.owner, other.owner
        if isinstance(mine, ClassDef) and isinstance(theirs, ClassDef):
            # What the body of a class binds is seen by nothing but that body.
            owners = mine.name == theirs.name
        else:
            owners = self._pair(mine, theirs)
        return (
            owners
            and one.declared == other.declared
            and self._pair(one.names, other.names)
            and self._pair(one.outer, other.outer)
            and self._pair(one.module, other.module)
        )


def _next_deed(effects: Iterator[object]) -> tuple[list[object], object | None]:
    """The next effect that is no observation, and the observations before it."""
    seen: list[object] = []
    for effect in effects:
        if not isinstance(effect, _OBSERVATIONS):
            return seen, effect
        seen.append(effect)
    return seen, None


def _captured(function: FunctionType) -> tuple[object, ...]:
    return tuple(cast("object", cell.cell_contents) for cell in function.__closure__ or ())


def _is_of(value: object, run: Owner) -> bool:
    """Whether a value may be one of the old run, which no value of the new run is."""
    for name in ("names", "cells", "attributes", "tables"):
        cells: object = getattr(value, name, None)
        if isinstance(cells, Cells):
            return cells.owner.origin is run
    return False
