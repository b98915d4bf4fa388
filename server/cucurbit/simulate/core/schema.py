"""The schema that revisions leave in a database: what the operations of their timelines do, one after the other.

:func:`applied` is pure: the same schema and the same operations give the same schema. What is not certain is kept as
what may stand: a table or a column that is not ``certain``, a table with reasons in ``open``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from cucurbit.simulate.core.operations import (
    AddColumn,
    AddConstraint,
    AlterAny,
    AlterColumn,
    AnyChange,
    CommentTable,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Operation,
    RenameConstraint,
    RenameIndex,
    RenameTable,
    RenameType,
    SentStatement,
    SqlChange,
    TableRef,
    Unchanged,
    table_key,
)
from cucurbit.simulate.core.shapes import (
    UNKNOWN_TYPE,
    CheckShape,
    ColumnShape,
    ColumnTarget,
    ForeignKeyShape,
    IndexShape,
    KeyShape,
    Named,
    TableShape,
    Term,
    TypeTerm,
    UnknownTerm,
    ValueTerm,
    derived,
    marked_name,
)
from cucurbit.simulate.core.timeline import CutKind, Event, EventKind, Place, Timeline

_V = TypeVar("_V")
_Part = TypeVar("_Part", IndexShape, KeyShape, CheckShape, ForeignKeyShape)


@dataclass(frozen=True)
class ReplayedTable:
    """A table of the database. ``certain``: it stands. ``place``: the operation that created it."""

    shape: TableShape
    certain: bool
    place: Place

    @property
    def open(self) -> tuple[str, ...]:
        """Why it may hold something else than its shape says; empty if that is all known."""
        return self.shape.open


@dataclass(frozen=True)
class SchemaState:
    """The tables of a database by ``schema.name``.

    ``gone``: where each table was dropped or renamed that certainly stands no longer. ``open``: why any table may
    stand, or have gone; empty if every change is known. ``doubted`` are single tables of which that is not known.
    ``part``: nothing is told but of these tables; None if it is the whole schema.
    """

    tables: Mapping[str, ReplayedTable] = field(default_factory=lambda: MappingProxyType({}))
    gone: Mapping[str, Place] = field(default_factory=lambda: MappingProxyType({}))
    open: tuple[str, ...] = ()
    doubted: AbstractSet[str] = frozenset()
    part: frozenset[str] | None = None

    def __hash__(self) -> int:
        return hash((tuple(self.tables), self.open))

    def stands(self, key: str) -> bool | None:
        """Whether a table stands; None if that is not known. False only for one that the revisions removed."""
        found = self.tables.get(key)
        if found is not None:
            return True if found.certain else None
        return False if key in self.gone and not self.open and key not in self.doubted else None

    def lacks(self, key: str) -> bool:
        """Whether no revision has created a table, as far as every change is known: a dump may have."""
        return key not in self.tables and key not in self.doubted and not self.open

    @property
    def is_complete(self) -> bool:
        """Whether every table is known in full."""
        return not (self.open or self.doubted) and all(each.certain and not each.open for each in self.tables.values())


EMPTY = SchemaState()

MOST_ITEMS = 4_000_000
"""Columns, constraints and indexes that the steps of one revision may go over: each step looks at its whole table."""

TOO_MUCH = "the revision changes more than is followed"


def has_namesake(state: SchemaState, key: str) -> bool:
    """Whether a table of this name stands in another schema, or in other letters: it may be the one that is meant."""
    bare = _bare(key)
    return any(other != key and _bare(other) == bare for other in state.tables)


@lru_cache(maxsize=1 << 14)
def _bare(key: str) -> str:
    return key.rpartition(".")[2].lower()


def part_of(state: SchemaState, keys: frozenset[str]) -> SchemaState:
    """What the schema says of these tables, and of those of the same names in another schema or in other letters."""
    bare = {_bare(key) for key in keys}
    return SchemaState(
        MappingProxyType({key: each for key, each in state.tables.items() if _bare(key) in bare}),
        MappingProxyType({key: each for key, each in state.gone.items() if _bare(key) in bare}),
        state.open,
        frozenset(key for key in state.doubted if _bare(key) in bare),
        keys,
    )


@dataclass(frozen=True)
class Step:
    """One operation. Not ``certain``: it may not happen."""

    operation: Operation
    certain: bool
    place: Place


def steps_of(timeline: Timeline, path: str) -> tuple[Step, ...]:
    """What the revision of a timeline does to the schema; ``path`` is its file."""
    found: list[Step] = []
    for event in timeline.events:
        operation = _operation_of(event, path)
        if operation is not None:
            found.append(Step(operation, event.certain, event.place))
    return tuple(found)


@dataclass(frozen=True)
class Sent:
    """A statement of a revision. ``text`` is None if it is not known. ``after``: how many of its steps come before."""

    text: str | None
    after: int
    certain: bool
    place: Place


def sent_by(timeline: Timeline, path: str) -> tuple[Sent, ...]:
    """The statements that the revision of a timeline sends itself; ``path`` is its file."""
    found: list[Sent] = []
    number = 0
    for event in timeline.events:
        if event.kind is EventKind.OPERATION and isinstance(event.shape, SentStatement):
            found.append(Sent(event.shape.text, number, event.certain, event.place))
        elif _operation_of(event, path) is not None:
            number += 1
    return tuple(found)


def asked_tables(timeline: Timeline) -> tuple[str, ...]:
    """The tables that a revision asks the inspector about and is not told; empty for one that is not known, or all."""
    return tuple(dict.fromkeys(event.detail for event in timeline.of(EventKind.OPERATION) if event.shape is None))


_ELSEWHERE = frozenset({CutKind.TABLE, CutKind.LISTENER})
"""Cuts that hide no operation: a table of a MetaData."""


def _operation_of(event: Event, path: str) -> Operation | None:
    if event.kind is EventKind.OPERATION and (event.shape is None or isinstance(event.shape, SentStatement)):
        return None
    if event.kind is EventKind.OPERATION:
        assert isinstance(event.shape, Operation)
        return event.shape
    if event.kind is EventKind.CREATE_ALL:
        return AnyChange(None, "`create_all` in a revision")
    if event.kind is EventKind.ENTRY_FAILED and event.failure is not None:
        return AnyChange(None, f"the revision fails with {event.failure.error}")
    if (
        event.kind is EventKind.CUT
        and event.cut not in _ELSEWHERE
        and (event.place.path == path or event.cut is CutKind.LIMIT)
    ):
        return AnyChange(None, event.detail)
    return None


def applied(
    state: SchemaState, steps: Iterable[Step], before_each: Callable[[Step, SchemaState], None] | None = None
) -> SchemaState:
    """The schema after some steps. ``before_each`` is called with each step and the schema that it finds.

    It must not keep that schema, which goes on being changed. Steps that cost too much end it: any table may have been
    changed then, and ``before_each`` is not called any more.
    """
    work: _Changing | None = None
    for step in steps:
        work = work or _Changing(state)
        if not work.affords(step):
            work.open_all(TOO_MUCH)
            break
        if before_each is not None:
            before_each(step, work.seen())
        work.apply(step)
    return state if work is None else work.state()


@dataclass(frozen=True, eq=False)
class AppliedSteps:
    """What steps did to a schema. They do the same to each that holds the same in the tables that they change.

    ``entries``: what the schema holds of these tables before and after.
    """

    steps: tuple[Step, ...]
    before: SchemaState
    after: SchemaState
    entries: tuple[tuple[str, _Entry, _Entry], ...] | None

    def on(self, state: SchemaState, steps: tuple[Step, ...]) -> SchemaState | None:
        """The schema after the steps; None if that is not known from this application."""
        if steps is not self.steps:
            return None
        if state is self.before:
            return self.after
        if self.entries is None or state.open != self.before.open:
            return None
        if any(not _same_entry(_entry(state, key), before) for key, before, _ in self.entries):
            return None
        tables = dict(state.tables)
        for key, _, (table, _, _) in self.entries:
            _put(tables, key, table)
        gone, doubts = state.gone, state.doubted
        if any(before[1:] != after[1:] for _, before, after in self.entries):
            gone, doubts = self._others(state)
        return SchemaState(MappingProxyType(tables), gone, state.open, doubts)

    def _others(self, state: SchemaState) -> tuple[Mapping[str, Place], frozenset[str]]:
        gone, doubts = dict(state.gone), set(state.doubted)
        for key, _, (_, place, is_doubted) in self.entries or ():
            _put(gone, key, place)
            (doubts.add if is_doubted else doubts.discard)(key)
        return MappingProxyType(gone), frozenset(doubts)


_Entry: TypeAlias = tuple["ReplayedTable | None", "Place | None", bool]


def applied_steps(state: SchemaState, steps: tuple[Step, ...], after: SchemaState) -> AppliedSteps:
    """The application of steps to a schema that gave another one, without any fault."""
    keys = _changed_alone(state, steps) if state.open == after.open else None
    entries = None if keys is None else tuple((key, _entry(state, key), _entry(after, key)) for key in keys)
    return AppliedSteps(steps, state, after, entries)


def _changed_alone(state: SchemaState, steps: tuple[Step, ...]) -> tuple[str, ...] | None:
    """The tables that steps change, if what they do depends on no other tables and changes none."""
    keys: dict[str, None] = {}
    made = set(state.tables)
    for step in steps:
        operation = step.operation
        if isinstance(operation, (AnyChange, RenameTable)) or operation.table is None:
            return None
        key = operation.table.key
        if isinstance(operation, CreateTable):
            made.add(key)
        elif key not in made:
            # Others of the same name may be meant.
            return None
        if isinstance(operation, DropTable):
            made.discard(key)
        keys[key] = None
    return tuple(keys)


def _entry(state: SchemaState, key: str) -> _Entry:
    return state.tables.get(key), state.gone.get(key), key in state.doubted


def _same_entry(one: _Entry, other: _Entry) -> bool:
    return one[0] is other[0] and one[1:] == other[1:]


def _put(into: dict[str, _V], key: str, value: _V | None) -> None:
    if value is None:
        into.pop(key, None)
    else:
        into[key] = value


def doubted(state: SchemaState, steps: Iterable[Step], why: str) -> SchemaState:
    """The schema if it is not known whether, or when, the steps happen: what they touch is not certain."""
    work = _Changing(state)
    for step in steps:
        operation = step.operation
        if not work.affords(step):
            work.open_all(why)
            break
        if isinstance(operation, AnyChange) and operation.tables is None:
            work.open_all(why)
        else:
            for ref in touched(operation):
                work.doubt(ref.key, why)
            if isinstance(operation, DropIndex) and operation.table is None:
                work.doubt_index(operation.name.text, why)
            elif isinstance(operation, RenameIndex):
                work.doubt_index(operation.old.text, why)
            elif isinstance(operation, AlterAny):
                work.alter_any(operation)
    return work.state()


def touched(operation: Operation) -> Iterator[TableRef]:
    """The tables that an operation creates, changes or drops."""
    if isinstance(operation, AnyChange):
        yield from operation.tables or ()
    elif operation.table is not None:
        yield operation.table
    if isinstance(operation, RenameTable):
        yield TableRef(operation.new, operation.table.schema)


class _Changing:
    """A schema that is being changed."""

    def __init__(self, state: SchemaState) -> None:
        self.tables = dict(state.tables)
        self.gone = dict(state.gone)
        self.open = list(state.open)
        self.doubted = set(state.doubted)
        self._left = MOST_ITEMS

    def state(self) -> SchemaState:
        return replace(self.seen(), doubted=frozenset(self.doubted))

    def seen(self) -> SchemaState:
        """The schema now, which goes on being changed."""
        return SchemaState(MappingProxyType(self.tables), MappingProxyType(self.gone), tuple(self.open), self.doubted)

    def affords(self, step: Step) -> bool:
        """Whether a step can still be followed. What it costs depends on the tables that it goes over only."""
        operation = step.operation
        goes_over_all = isinstance(operation, (AnyChange, RenameTable, RenameIndex, AlterAny)) or (
            isinstance(operation, DropIndex) and not step.certain
        )
        alone = None if isinstance(operation, AnyChange) or goes_over_all else operation.table
        if isinstance(operation, SqlChange) and not isinstance(operation.operation, RenameTable):
            alone = operation.operation.table
        if isinstance(operation, CreateTable):
            self._left -= 1 + _size(operation.shape)
        elif alone is not None and alone.key in self.tables:
            self._left -= 1 + _size(self.tables[alone.key].shape)
        else:
            self._left -= 1 + sum(_size(each.shape) for each in self.tables.values())
        return self._left >= 0

    # ------------------------------------------------------------------- doubts

    def open_all(self, why: str) -> None:
        """Any table may have been changed, created or dropped."""
        if why not in self.open:
            self.open.append(why)
        for key in self.tables:
            self.doubt(key, why)

    def doubt(self, key: str, why: str) -> None:
        """A table may have been created, changed or dropped."""
        self.doubted.add(key)
        for each in (key, *self._same_named(key)):
            found = self.tables.get(each)
            if found is not None:
                self.doubted.add(each)
                self.tables[each] = replace(found, certain=False, shape=_opened(found.shape, why))

    def _same_named(self, key: str) -> list[str]:
        """The tables that may be meant by a name that none has: in another schema, or in other letters."""
        if key in self.tables:
            return []
        bare = key.rpartition(".")[2].lower()
        return [each for each in self.tables if each.rpartition(".")[2].lower() == bare]

    def doubt_same_named(self, key: str) -> None:
        for each in self._same_named(key):
            self.doubt(each, f"it may be the table '{key}' that was changed")

    def doubt_index(self, name: str, why: str) -> None:
        for key, each in self.tables.items():
            if any(_may_be(index.name, name) for index in each.shape.indexes):
                self.tables[key] = replace(each, shape=_opened(each.shape, why))

    # ---------------------------------------------------------------- operations

    def apply(self, step: Step) -> None:
        operation = step.operation
        if isinstance(operation, SqlChange):
            self._apply_sql(operation, step)
        elif isinstance(operation, RenameType):
            self._rename_type(operation, step.certain and operation.sure)
        elif isinstance(operation, AnyChange):
            if operation.tables is None:
                self.open_all(operation.why)
            for ref in operation.tables or ():
                self.doubt(ref.key, operation.why)
        elif isinstance(operation, CreateTable):
            self._create(operation, step)
        elif isinstance(operation, DropTable):
            self.doubt_same_named(operation.table.key)
            self._drop(operation.table.key, step)
        elif isinstance(operation, RenameTable):
            self._rename(operation, step)
        elif isinstance(operation, DropIndex):
            self._drop_index(operation, step.certain)
        elif isinstance(operation, RenameIndex):
            self._rename_index(operation, step.certain)
        elif isinstance(operation, AlterAny):
            self.alter_any(operation)
        else:
            self._change(operation, step)

    def _apply_sql(self, sql: SqlChange, step: Step) -> None:
        """What a statement does to a table that stands; another one of the name may be meant, in other letters."""
        operation = sql.operation
        standing = self.tables.get(operation.table.key)
        renames = isinstance(operation, (RenameTable, RenameConstraint))
        if standing is None or (renames and not step.certain) or not _names_one(standing.shape, operation):
            for ref in sql.tables or ():
                self.doubt(ref.key, sql.why)
        elif isinstance(operation, RenameTable):
            self._rename(operation, step)
        else:
            self._change(operation, step)

    def _rename_type(self, operation: RenameType, certain: bool) -> None:
        for key, each in self.tables.items():
            columns = tuple(
                replace(column, type_=_renamed_type(column.type_, operation, certain)) for column in each.shape.columns
            )
            if columns != each.shape.columns:
                self.tables[key] = replace(each, shape=replace(each.shape, columns=columns))

    def _create(self, operation: CreateTable, step: Step) -> None:
        key, shape = operation.table.key, _with_key(operation.shape, operation.shape.primary_key)
        standing = self.tables.get(key)
        if standing is not None and standing.certain:
            # It fails, or is left out: either way the one that stands is left as it is.
            return
        if standing is None and step.certain and not (operation.if_not_exists is not False and self._may_stand(key)):
            self.tables[key] = ReplayedTable(shape, True, step.place)
            self.gone.pop(key, None)
            self.doubted.discard(key)
            return
        if standing is not None and step.certain and operation.if_not_exists is False:
            # Whoever gets past this had no such table before.
            self.tables[key] = ReplayedTable(shape, True, step.place)
            self.doubted.discard(key)
            return
        self.gone.pop(key, None)
        if standing is not None or self._may_stand(key):
            shape = _opened(shape, "it may have been created before")
        self.tables[key] = ReplayedTable(shape, step.certain, step.place)

    def _may_stand(self, key: str) -> bool:
        return bool(self.open) or key in self.doubted

    def _drop(self, key: str, step: Step) -> None:
        if not step.certain:
            if key in self.tables:
                self.tables[key] = replace(self.tables[key], certain=False)
            self.doubted.add(key)
            return
        self.tables.pop(key, None)
        self.doubted.discard(key)
        self.gone[key] = step.place

    def _rename(self, operation: RenameTable, step: Step) -> None:
        old, new = operation.table.key, table_key(operation.new.text, operation.table.schema)
        standing = self.tables.get(old)
        if standing is None or not step.certain:
            for key in (old, new):
                self.doubt(key, "it may have been renamed")
            return
        del self.tables[old]
        self.gone[old] = step.place
        self.gone.pop(new, None)
        definition = replace(standing.shape.definition, key=new)
        shape = replace(standing.shape, name=operation.new.text, name_place=operation.new.place, definition=definition)
        self.tables[new] = replace(standing, shape=shape)
        for key, each in self.tables.items():
            keys = tuple(_pointing(one, old, new) for one in each.shape.foreign_keys)
            if keys != each.shape.foreign_keys:
                self.tables[key] = replace(each, shape=replace(each.shape, foreign_keys=keys))

    def _drop_index(self, operation: DropIndex, certain: bool) -> None:
        name = operation.name.text
        keys = [operation.table.key] if operation.table is not None else list(self.tables)
        holders = [key for key in keys if key in self.tables and _with_index(self.tables[key].shape, name)]
        if len(holders) > 1 or not certain:
            self.doubt_index(name, "an index that may have been dropped")
            return
        for key in holders:
            each = self.tables[key]
            self.tables[key] = replace(each, shape=_without_index(each.shape, name))

    def _rename_index(self, operation: RenameIndex, certain: bool) -> None:
        old = operation.old.text
        holders = [
            key for key, each in self.tables.items() if any(_may_be(part.name, old) for part in _indexed(each.shape))
        ]
        if len(holders) > 1 or not certain:
            for key in holders:
                self.doubt(key, "an index that may have been renamed")
            return
        for key in holders:
            each = self.tables[key]
            self.tables[key] = replace(each, shape=_with_renamed_index(each.shape, old, operation.new))

    def alter_any(self, operation: AlterAny) -> None:
        """Any column of the table, or of any table, may have been altered."""
        given = operation.table
        meant = self.tables if given is None else {given.key, *self._same_named(given.key)}
        for key, each in self.tables.items():
            if key in meant:
                columns = tuple(_perhaps_altered(column, operation) for column in each.shape.columns)
                self.tables[key] = replace(each, shape=replace(each.shape, columns=columns))

    def _change(self, operation: _InTable, step: Step) -> None:
        key = operation.table.key
        standing = self.tables.get(key)
        if standing is None:
            self.doubt_same_named(key)
        else:
            changed = _changed(standing.shape, operation, step)
            self.tables[key] = ReplayedTable(changed, standing.certain, standing.place)


# ------------------------------------------------------------------ one table


_InTable: TypeAlias = (
    AddColumn
    | DropColumn
    | AlterColumn
    | CreateIndex
    | AddConstraint
    | DropConstraint
    | RenameConstraint
    | CommentTable
)


def _names_one(shape: TableShape, operation: Operation | RenameConstraint) -> bool:
    """Whether the columns that a statement names are known by these letters.

    Databases read `userId` and `userid` differently. What is added must not stand, what is changed must.
    """
    if isinstance(operation, AddColumn):
        lowered = {each.name.lower() for each in shape.columns}
        return operation.column.name.lower() not in lowered and not shape.open
    if isinstance(operation, (AlterColumn, DropColumn)):
        found = shape.named(operation.column.text)
        return found is not None and found.certain
    if isinstance(operation, CreateIndex):
        return all(shape.named(each.text) is not None for each in operation.index.columns)
    if isinstance(operation, AddConstraint) and not isinstance(operation.part, CheckShape):
        return all(shape.named(each.text) is not None for each in operation.part.columns)
    return True


def _changed(shape: TableShape, operation: _InTable, step: Step) -> TableShape:
    if isinstance(operation, AddColumn):
        return _with_column(shape, operation.column, step.certain)
    if isinstance(operation, DropColumn):
        return _without_column(shape, operation.column.text, step.certain)
    if isinstance(operation, AlterColumn):
        return _with_altered(shape, operation, step.certain)
    if isinstance(operation, CreateIndex):
        index = operation.index
        standing = any(_may_be(each.name, _text(index.name)) for each in shape.indexes if index.name is not None)
        if operation.if_not_exists is not False and (standing or shape.open):
            return shape
        return replace(shape, indexes=(*shape.indexes, index if step.certain else replace(index, certain=False)))
    if isinstance(operation, AddConstraint):
        return _with_constraint(shape, operation, step.certain)
    if isinstance(operation, RenameConstraint):
        return _with_renamed_constraint(shape, operation)
    if isinstance(operation, CommentTable):
        return replace(shape, comment=operation.comment if step.certain else UnknownTerm("a comment"))
    return _without_constraint(shape, operation, step.certain)


def _size(shape: TableShape) -> int:
    """What it costs to go over a table."""
    parts = len(shape.indexes) + len(shape.unique) + len(shape.checks) + len(shape.foreign_keys)
    return 1 + len(shape.columns) + parts


def _opened(shape: TableShape, why: str) -> TableShape:
    return shape if why in shape.open else replace(shape, open=(*shape.open, why))


def _with_column(shape: TableShape, column: ColumnShape, certain: bool) -> TableShape:
    standing = shape.named(column.name)
    if standing is not None and standing.certain:
        return shape
    if standing is not None:
        # Either of the two stands, unless it is not certain that this one is added.
        return _opened(shape, f"two definitions of the column {column.name}")
    column = column if certain else replace(column, certain=False)
    made = derived(column)
    return replace(
        shape,
        columns=(*shape.columns, column),
        foreign_keys=(
            *shape.foreign_keys,
            *(replace(each, certain=each.certain and certain) for each in column.foreign_keys),
        ),
        checks=shape.checks + column.checks,
        indexes=(*shape.indexes, *(each for each in made if isinstance(each, IndexShape))),
        unique=(*shape.unique, *(each for each in made if isinstance(each, KeyShape))),
    )


def _without_column(shape: TableShape, name: str, certain: bool) -> TableShape:
    column = shape.named(name)
    if column is None:
        return shape
    if not certain:
        columns = tuple(replace(each, certain=False) if each is column else each for each in shape.columns)
        return replace(shape, columns=columns)
    # What is left of a constraint or an index of several columns depends on the database.
    wide = (*shape.indexes, *shape.unique, *shape.foreign_keys, *((shape.primary_key,) if shape.primary_key else ()))
    doubt = any(len(each.columns) > 1 and _has(each, column.key) for each in wide)
    shape = replace(
        shape,
        columns=tuple(each for each in shape.columns if each is not column),
        indexes=tuple(each for each in shape.indexes if not _has(each, column.key)),
        unique=tuple(each for each in shape.unique if not _has(each, column.key)),
        foreign_keys=tuple(each for each in shape.foreign_keys if not _has(each, column.key)),
        checks=tuple(each for each in shape.checks if each not in column.checks),
    )
    return _opened(shape, "a column of a constraint or an index was dropped") if doubt else shape


def _has(part: IndexShape | KeyShape | ForeignKeyShape, key: str) -> bool:
    return any(each.text == key for each in part.columns)


def _with_altered(shape: TableShape, operation: AlterColumn, certain: bool) -> TableShape:
    column = shape.named(operation.column.text)
    if column is None:
        return shape
    if not certain and operation.new_name is not None:
        return _opened(shape, f"the column {column.name} may have been renamed")
    if not certain:
        perhaps = _perhaps_altered(column, _altered_parts(operation))
        return replace(shape, columns=tuple(perhaps if each is column else each for each in shape.columns))
    nullable, type_, default = operation.nullable, operation.type_, operation.server_default
    new = operation.new_name
    changed = replace(
        column,
        nullable=column.nullable if isinstance(nullable, Unchanged) else nullable,
        type_=column.type_ if isinstance(type_, Unchanged) else type_,
        server_default=column.server_default if isinstance(default, Unchanged) else default,
        comment=column.comment if isinstance(operation.comment, Unchanged) else operation.comment,
        name=column.name if new is None else new.text,
        key=column.key if new is None else new.text,
        name_place=column.name_place if new is None else new.place,
    )
    shape = replace(shape, columns=tuple(changed if each is column else each for each in shape.columns))
    return shape if new is None else _renamed_column(shape, column.key, new.text)


def _altered_parts(operation: AlterColumn) -> AlterAny:
    """What an operation alters of its column."""
    return AlterAny(
        operation.table,
        *(
            not isinstance(each, Unchanged)
            for each in (operation.nullable, operation.type_, operation.server_default, operation.comment)
        ),
    )


def _perhaps_altered(column: ColumnShape, operation: AlterAny) -> ColumnShape:
    return replace(
        column,
        nullable=None if operation.nullable else column.nullable,
        type_=UNKNOWN_TYPE if operation.type_ else column.type_,
        server_default=UnknownTerm("a default") if operation.server_default else column.server_default,
        comment=UnknownTerm("a comment") if operation.comment else column.comment,
    )


def _renamed_type(term: TypeTerm, operation: RenameType, certain: bool) -> TypeTerm:
    """An enum under its new name. PostgreSQL alone has types of the program, by names in small letters."""
    if term.item is not None:
        item = _renamed_type(term.item, operation, certain)
        return term if item is term.item else replace(term, item=item, known=item.known)
    if term.name not in ("Enum", "ENUM"):
        return term
    given = term.argument("name")
    name = _text(given) if given is not None else None if term.custom is None else term.custom.name
    if name is not None and name.lower() != operation.old.text.lower():
        return term
    if name is None or not certain:
        return UNKNOWN_TYPE
    return replace(term, arguments=(("name", ValueTerm(operation.new.text)),))


def _renamed_column(shape: TableShape, old: str, new: str) -> TableShape:
    def names(columns: tuple[Named, ...]) -> tuple[Named, ...]:
        return tuple(Named(new, each.place) if each.text == old else each for each in columns)

    return replace(
        shape,
        primary_key=shape.primary_key and replace(shape.primary_key, columns=names(shape.primary_key.columns)),
        indexes=tuple(replace(each, columns=names(each.columns)) for each in shape.indexes),
        unique=tuple(replace(each, columns=names(each.columns)) for each in shape.unique),
        foreign_keys=tuple(replace(each, columns=names(each.columns)) for each in shape.foreign_keys),
    )


def _with_constraint(shape: TableShape, operation: AddConstraint, certain: bool) -> TableShape:
    part = operation.part
    missing = not isinstance(part, CheckShape) and any(shape.named(each.text) is None for each in part.columns)
    if not certain or missing:
        part = replace(part, certain=False)
    if isinstance(part, ForeignKeyShape):
        return replace(shape, foreign_keys=(*shape.foreign_keys, part))
    if isinstance(part, CheckShape):
        return replace(shape, checks=(*shape.checks, part))
    if not operation.primary:
        return replace(shape, unique=_distinct((*shape.unique, part)))
    return _with_key(shape, part) if certain else _opened(shape, "its primary key")


def _distinct(parts: tuple[KeyShape, ...]) -> tuple[KeyShape, ...]:
    """Unique constraints: SQLite does not tell two over the same columns apart, and a batch may lose one of them."""
    columns = [frozenset(each.text for each in part.columns) for part in parts]
    count = Counter(columns)
    return tuple(
        replace(part, certain=False) if count[own] > 1 else part for part, own in zip(parts, columns, strict=True)
    )


def _with_key(shape: TableShape, key: KeyShape | None) -> TableShape:
    """The table with a PrimaryKeyConstraint, whose columns are in the key and not nullable unless that was given."""
    if key is None:
        return shape
    if not (key.exact and key.certain):
        return _opened(shape, "its primary key")
    names = {each.text for each in key.columns}
    columns = tuple(
        replace(each, primary_key=True, nullable=each.nullable and None) if each.key in names else each
        for each in shape.columns
    )
    return replace(shape, primary_key=key, columns=columns)


def _without_constraint(shape: TableShape, operation: DropConstraint, certain: bool) -> TableShape:
    if operation.kind == "primary":
        if not certain:
            return _opened(shape, "its primary key")
        columns = tuple(replace(each, primary_key=False) for each in shape.columns)
        return replace(shape, primary_key=None, columns=columns)
    if operation.name is None:
        return _opened(shape, "a constraint that is dropped without a name")
    name = operation.name.text
    meant = _meant(shape, name) if certain and operation.if_exists is False else None
    if meant is not None:
        return replace(
            shape,
            foreign_keys=tuple(each for each in shape.foreign_keys if each is not meant),
            unique=tuple(each for each in shape.unique if each is not meant),
        )
    keys = _kept(shape.foreign_keys, name, operation.kind in ("", "foreignkey"), certain)
    unique = _kept(shape.unique, name, operation.kind in ("", "unique"), certain)
    checks = _kept(shape.checks, name, operation.kind in ("", "check"), certain)
    return replace(shape, foreign_keys=keys, unique=unique, checks=checks)


def _kept(parts: tuple[_Part, ...], name: str, concerned: bool, certain: bool) -> tuple[_Part, ...]:
    """The parts without the one of this name; those without a name that is known may be the one."""
    if not concerned:
        return parts
    named = [each for each in parts if _text(each.name) == name]
    if named and certain:
        return tuple(each for each in parts if each not in named)
    return tuple(replace(each, certain=False) if _may_be(each.name, name) else each for each in parts)


def _meant(shape: TableShape, name: str) -> KeyShape | ForeignKeyShape | None:
    """The constraint without a name that a database gives this one; None if it is not known which."""
    parts: tuple[KeyShape | ForeignKeyShape | CheckShape, ...] = (*shape.unique, *shape.foreign_keys, *shape.checks)
    if shape.open or any(_text(each.name) == name for each in parts):
        return None
    found = [
        each
        for each in parts
        if not isinstance(each, CheckShape) and each.name is None and name in _names_given(shape.name, each)
    ]
    return found[0] if len(found) == 1 and found[0].certain else None


def _names_given(table: str, part: KeyShape | ForeignKeyShape) -> tuple[str, ...]:
    """The names that PostgreSQL gives a constraint without one.

    Up to PostgreSQL 11 the name of a foreign key has its first column only. Longer names are cut.
    """
    columns = [each.text for each in part.columns]
    if not columns or (isinstance(part, KeyShape) and not part.exact):
        return ()
    ending = "key" if isinstance(part, KeyShape) else "fkey"
    names = {f"{table}_{'_'.join(columns)}_{ending}"}
    if ending == "fkey":
        names.add(f"{table}_{columns[0]}_{ending}")
    return tuple(each for each in names if len(each.encode()) < _LONGEST_NAME)


_LONGEST_NAME = 64


def _with_renamed_constraint(shape: TableShape, operation: RenameConstraint) -> TableShape:
    """The names of primary keys are not compared: one that no other constraint has is taken for theirs."""
    old, name = operation.old.text, ValueTerm(operation.new.text)
    if old == f"{shape.name}_pkey" or (shape.primary_key is not None and _text(shape.primary_key.name) == old):
        key = shape.primary_key
        return shape if key is None else replace(shape, primary_key=replace(key, name=name))
    parts: tuple[KeyShape | ForeignKeyShape | CheckShape, ...] = (*shape.unique, *shape.foreign_keys, *shape.checks)
    meant = next((each for each in parts if _text(each.name) == old), None) or _meant(shape, old)
    if meant is None:
        return _opened(shape, "a constraint that was renamed")
    return replace(
        shape,
        unique=tuple(replace(each, name=name) if each is meant else each for each in shape.unique),
        foreign_keys=tuple(replace(each, name=name) if each is meant else each for each in shape.foreign_keys),
        checks=tuple(replace(each, name=name) if each is meant else each for each in shape.checks),
    )


def _with_index(shape: TableShape, name: str) -> bool:
    return any(_may_be(each.name, name) for each in shape.indexes)


def _without_index(shape: TableShape, name: str) -> TableShape:
    return replace(shape, indexes=_kept(shape.indexes, name, True, True))


def _indexed(shape: TableShape) -> tuple[IndexShape | KeyShape, ...]:
    """What has an index of its name in the database; the name of the primary key is not compared."""
    return (*shape.indexes, *shape.unique)


def _with_renamed_index(shape: TableShape, old: str, new: Named) -> TableShape:
    name = ValueTerm(new.text)
    named = any(_text(each.name) == old for each in _indexed(shape))
    if not named:
        return _opened(shape, "an index that may have been renamed")
    return replace(
        shape,
        indexes=tuple(replace(each, name=name) if _text(each.name) == old else each for each in shape.indexes),
        unique=tuple(replace(each, name=name) if _text(each.name) == old else each for each in shape.unique),
    )


def _text(name: Term | None) -> str | None:
    return name.text if isinstance(name, ValueTerm) else marked_name(name)


def _may_be(name: Term | None, text: str | None) -> bool:
    """Whether a constraint of this name (None: the convention decides) may have that one."""
    return text is None or _text(name) in (None, text)


def _pointing(key: ForeignKeyShape, old: str, new: str) -> ForeignKeyShape:
    """A foreign key, to the new name of a table."""
    targets = tuple(
        ColumnTarget(Named(f"{new}.{each.text.text.rpartition('.')[2]}", each.text.place))
        if each.text is not None and each.text.text.rpartition(".")[0] == old
        else each
        for each in key.targets
    )
    return key if targets == key.targets else replace(key, targets=targets)
