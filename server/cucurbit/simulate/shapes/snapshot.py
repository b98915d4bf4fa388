"""What tables and mapped classes hold at one moment of a timeline.

:func:`shapes_at` puts together what the events up to the moment say; :func:`moments` are the moments that matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from cucurbit.simulate.core.shapes import (
    UNKNOWN_TYPE,
    CheckShape,
    ClassTerm,
    ColumnProperty,
    ColumnsAddition,
    ColumnShape,
    ColumnTarget,
    ColumnTerm,
    ForeignKeyShape,
    IndexShape,
    ItemsTerm,
    KeyShape,
    MapperAddition,
    MapperShape,
    Named,
    Property,
    RegistryId,
    TableAddition,
    TableRemoval,
    TableShape,
    Term,
    TypeTerm,
    ValueTerm,
    derived,
)
from cucurbit.simulate.core.timeline import Event, EventKind, MetaDataId, Place, TableDefinition, Timeline

MomentKind = Literal["end", "migrations", "create-all", "query", "configure"]


@dataclass(frozen=True)
class Moment:
    """A moment of a timeline: after ``index`` events, in one process. ``event`` is the one that happens then.

    ``kind``: the entry point's end; the end of an env.py, when migrations run with what stands; ``create_all``; a
    query; ``configure_mappers``. The mappers are configured at a query, at a ``configure`` and not by a ``create-all``.
    """

    kind: MomentKind
    index: int
    process: int = 0
    event: Event | None = None


_MOMENTS: Mapping[EventKind, MomentKind] = {
    EventKind.MIGRATIONS_FINISHED: "migrations",
    EventKind.CREATE_ALL: "create-all",
    EventKind.QUERY: "query",
    EventKind.MAPPERS_CONFIGURED: "configure",
}


def moments(timeline: Timeline) -> Iterator[Moment]:
    """The moments of a timeline at which it matters what stands, in order; its end is the last one."""
    for index, event in enumerate(timeline.events):
        kind = _MOMENTS.get(event.kind)
        if kind is not None:
            yield Moment(kind, index, event.process, event)
    yield Moment("end", len(timeline.events))


@dataclass(frozen=True, eq=False)
class StandingTable:
    """A table that stands. ``certain``: it stands whenever the program comes here."""

    shape: TableShape
    certain: bool
    event: Event


@dataclass(frozen=True, eq=False)
class StandingMapper:
    """A class that is mapped. ``certain``: it is whenever the program comes here."""

    shape: MapperShape
    certain: bool
    event: Event


@dataclass(frozen=True, eq=False)
class Shapes:
    """The tables and mappers that stand at a moment.

    ``open``: there may be more, since something before the moment is not known (a cut, a failure that is not followed);
    each is the event that says so.
    """

    moment: Moment
    tables: Mapping[tuple[MetaDataId, str], StandingTable]
    mappers: tuple[StandingMapper, ...]
    open: tuple[Event, ...]

    # ---------------------------------------------------------------------- tables

    def table(self, metadata: MetaDataId, key: str) -> StandingTable | None:
        return self.tables.get((metadata, key))

    def of_definition(self, definition: TableDefinition) -> StandingTable | None:
        return self.tables.get((definition.metadata, definition.key))

    def lacks_table(self, metadata: MetaDataId, key: str) -> bool:
        """Whether there is certainly no table of this key in the MetaData."""
        return not self.open and (metadata, key) not in self.tables

    # --------------------------------------------------------------------- mappers

    def named(self, registry: RegistryId, name: str) -> tuple[StandingMapper, ...]:
        """The mapped classes of this name in a registry."""
        return tuple(each for each in self.mappers if each.shape.registry == registry and each.shape.name == name)

    def mapper(self, cls: ClassTerm) -> StandingMapper | None:
        """The mapper of a class: the last one, if its statement was executed several times."""
        return next((each for each in reversed(self.mappers) if each.shape.cls == cls), None)

    def parents(self, mapper: MapperShape) -> Iterator[MapperShape | None]:
        """The mapped classes that it inherits from, the nearest first; None at the end if one is not known."""
        seen = {mapper.cls}
        while mapper.inherits is not None and mapper.inherits not in seen:
            seen.add(mapper.inherits)
            found = self.mapper(mapper.inherits)
            if found is None:
                yield None
                return
            mapper = found.shape
            yield mapper

    def property(self, mapper: MapperShape, name: str) -> Property | None:
        """The property of this name, of the class or of a parent."""
        for each in (mapper, *self.parents(mapper)):
            found = each.own(name) if each is not None else None
            if found is not None:
                return found
        return None

    def properties(self, mapper: MapperShape) -> dict[str, Property]:
        """All properties by their names, those of parents included."""
        found: dict[str, Property] = {}
        for each in (mapper, *self.parents(mapper)):
            for one in each.properties if each is not None else ():
                found.setdefault(one.name, one)
        return found

    def table_of(self, mapper: MapperShape) -> StandingTable | None:
        return None if mapper.table is None else self.of_definition(mapper.table)

    # --------------------------------------------------------------- foreign keys

    def target_key(self, table: TableShape, target: ColumnTarget) -> tuple[str, str] | None:
        """The keys of the table and of the column that a foreign key of ``table`` points to, whether they stand or not.

        None where that is not known, or where the text has no table and no column.
        """
        found = self.target(table, target)
        return None if found is None else found[1:]

    def target(self, table: TableShape, target: ColumnTarget) -> tuple[MetaDataId, str, str] | None:
        """What :meth:`target_key` gives, after the MetaData: a column object may be that of another one."""
        if target.text is not None:
            keys = split_target(target.text.text, table.default_schema)
            return None if keys is None else (table.metadata, *keys)
        term = target.column
        if term is None:
            return None
        if term.table is not None:
            return term.table.metadata, term.table.key, term.name
        found = None if term.cls is None else self.mapper(term.cls)
        if found is not None:
            attribute = self.property(found.shape, term.name)
            if isinstance(attribute, ColumnProperty) and found.shape.table is not None:
                return found.shape.table.metadata, found.shape.table.key, attribute.column
            return None
        if term.place is None:
            return None
        # That of a mixin is in several tables: it may have been had from any of their classes.
        places = [(each.metadata, each.key, column.key) for each, column in self.columns_at(term.place)]
        return places[0] if len(places) == 1 else None

    def type_of(self, table: TableShape, column: ColumnShape) -> TypeTerm:
        """The type of a column; that of the column that its foreign key points to if it has none of its own."""
        seen = set()
        while column.type_.of_key and (table.key, column.key) not in seen and column.foreign_keys:
            seen.add((table.key, column.key))
            keys = self.target(table, column.foreign_keys[0].targets[0])
            found = self.table(keys[0], keys[1]) if keys is not None else None
            target = found.shape.column(keys[2]) if found is not None and keys is not None else None
            if found is None or target is None:
                return UNKNOWN_TYPE
            table, column = found.shape, target
        return column.type_

    def columns_at(self, place: Place) -> tuple[tuple[TableShape, ColumnShape], ...]:
        """The columns that a call made; several if it is in a mixin."""
        return self._by_place.get(place, ())

    @cached_property
    def _by_place(self) -> Mapping[Place, tuple[tuple[TableShape, ColumnShape], ...]]:
        found: dict[Place, tuple[tuple[TableShape, ColumnShape], ...]] = {}
        for each in self.tables.values():
            for column in each.shape.columns:
                found[column.place] = (*found.get(column.place, ()), (each.shape, column))
        return MappingProxyType(found)


def split_target(text: str, default_schema: str | None = None) -> tuple[str, str] | None:
    """The keys of the table and the column in ``"schema.table.column"``, or None if there is no table in it."""
    head, _, column = text.rpartition(".")
    if not head:
        return None
    return (head if "." in head or default_schema is None else f"{default_schema}.{head}"), column


CHOOSE_COLUMNS = frozenset({"column_prefix", "include_properties", "exclude_properties"})
"""Arguments of a mapper that decide which columns of its table are properties, and under which names."""


@dataclass(frozen=True)
class ChosenColumns:
    """What these arguments say. ``included`` is None if no columns are named; not ``known``: a part of it is not."""

    prefix: str = ""
    included: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()
    known: bool = True

    @classmethod
    def of(cls, shape: MapperShape) -> ChosenColumns:
        found = cls()
        for name, value in shape.arguments:
            if name == "column_prefix" and isinstance(value, ValueTerm):
                found = replace(found, prefix=value.text or "")
            elif name in CHOOSE_COLUMNS:
                keys = _texts(value)
                if keys is None:
                    return cls(known=False)
                included = name == "include_properties"
                found = replace(found, included=keys) if included else replace(found, excluded=keys)
        return found

    def has(self, column: str) -> bool:
        return column not in self.excluded and (self.included is None or column in self.included)


def _texts(value: Term) -> frozenset[str] | None:
    """The strings of a list; None if it may have other items."""
    items = value.items if isinstance(value, ItemsTerm) and not value.open else (None,)
    found = [each.text if isinstance(each, ValueTerm) else None for each in items]
    texts = [each for each in found if each is not None]
    return frozenset(texts) if len(texts) == len(found) else None


def shapes_at(timeline: Timeline, moment: Moment | None = None) -> Shapes:
    """What stands at a moment of a timeline; at its end if none is given."""
    moment = moment or Moment("end", len(timeline.events))
    state = _Standing()
    for event in timeline.events[: moment.index]:
        if event.process in (moment.process, 0):
            state.happened(event)
    return state.shapes(moment)


class _Standing:
    def __init__(self) -> None:
        self.tables: dict[tuple[MetaDataId, str], StandingTable] = {}
        self.mappers: list[StandingMapper] = []
        self.open: list[Event] = []
        self.waiting: list[tuple[ColumnsAddition, Event]] = []
        """What was made of columns that are in no table yet."""

    def happened(self, event: Event) -> None:
        shape = event.shape
        if event.kind is EventKind.TABLE_REGISTERED and isinstance(shape, TableShape):
            self.tables[shape.metadata, shape.key] = StandingTable(shape, event.certain, event)
            self._attach_waiting((shape.metadata, shape.key))
        elif event.kind is EventKind.TABLE_REUSED and isinstance(shape, TableShape):
            self._reused(shape, event)
        elif event.kind is EventKind.CLASS_MAPPED and isinstance(shape, MapperShape):
            self.mappers.append(StandingMapper(self._with_columns(shape), event.certain, event))
        elif isinstance(shape, TableAddition):
            self._add_to_table(shape, event)
        elif isinstance(shape, ColumnsAddition):
            self._add_by_columns(shape, event)
        elif isinstance(shape, TableRemoval):
            self._remove(shape, event)
        elif isinstance(shape, MapperAddition):
            self._add_to_mapper(shape, event)
        elif event.kind is EventKind.METADATA_CLEARED:
            self._clear(event)
        elif event.kind is EventKind.CUT:
            self.open.append(event)

    def _with_columns(self, shape: MapperShape) -> MapperShape:
        """The mapper, with a property for each column of a table that was made apart from the class."""
        if not shape.whole_table:
            return shape
        table = None if shape.table is None else self.tables.get((shape.table.metadata, shape.table.key))
        if table is None:
            return replace(shape, open=(*shape.open, "the columns of its table"))
        taken = {each.column for each in shape.properties if isinstance(each, ColumnProperty)}
        names = {each.name for each in shape.properties}
        columns = [each for each in table.shape.columns if each.key not in taken and each.key not in names]
        chosen = ChosenColumns.of(shape)
        more = tuple(
            ColumnProperty(f"{chosen.prefix}{each.key}", each.key, each.place, certain=each.certain)
            for each in columns
            if chosen.has(each.key)
        )
        doubt = () if chosen.known else ("which columns are mapped",)
        return replace(shape, properties=(*more, *shape.properties), open=(*shape.open, *table.shape.open, *doubt))

    def _add_by_columns(self, addition: ColumnsAddition, event: Event) -> None:
        """The table is that which has the columns; if none has them yet, it waits for that."""
        found = {key for each in (*addition.columns, *addition.inner) for key in self._tables_with(each)}
        if len(found) == 1:
            self._attach(addition, event, found.pop())
        elif not found and addition.waits:
            self.waiting.append((addition, event))

    def _attach_waiting(self, key: tuple[MetaDataId, str]) -> None:
        """Add what waits for the columns of a table that was made, or given another column, just now."""
        own = {each.place for each in self.tables[key].shape.columns if not self._copied(key, each)}
        for each in tuple(self.waiting):
            addition, event = each
            if all(term.place in own for term in (*addition.columns, *addition.inner)):
                self.waiting.remove(each)
                self._attach(addition, event, key)

    def _copied(self, key: tuple[MetaDataId, str], column: ColumnShape) -> bool:
        """Whether a column is a copy of one of a mixin; what was made of that one does not follow."""
        owner = column.owner
        return owner is not None and self.tables[key].shape.definition.place != owner.place

    def _attach(self, addition: ColumnsAddition, event: Event, key: tuple[MetaDataId, str]) -> None:
        before = self.tables[key]
        names = [self._name_in(before.shape, each) for each in addition.columns]
        columns = tuple(Named(each) for each in names if each is not None)
        whole = None not in names
        part = addition.part
        shape = before.shape
        if isinstance(part, IndexShape):
            exact = part.exact or len(names) == len(part.columns) + len(part.expressions)
            made = replace(part, columns=columns, exact=exact and whole, certain=event.certain)
            shape = replace(shape, indexes=(*(each for each in shape.indexes if not _same(each, made)), made))
        elif isinstance(part, ForeignKeyShape):
            link = replace(part, columns=columns, certain=event.certain and whole)
            keys = (*(each for each in shape.foreign_keys if not _same(each, link)), link)
            shape = replace(shape, foreign_keys=keys)
        else:
            constraint = replace(part, columns=columns, exact=whole, certain=event.certain)
            if addition.primary:
                shape = replace(shape, primary_key=constraint)
            else:
                unique = (*(each for each in shape.unique if not _same(each, constraint)), constraint)
                shape = replace(shape, unique=unique)
        self.tables[key] = replace(before, shape=shape)

    def _tables_with(self, term: ColumnTerm) -> Iterator[tuple[MetaDataId, str]]:
        definition = term.table
        if term.cls is not None:
            mapper = next((each.shape for each in reversed(self.mappers) if each.shape.cls == term.cls), None)
            definition = mapper.table if mapper is not None else None
        for key, standing in self.tables.items():
            if definition is not None:
                if key == (definition.metadata, definition.key):
                    yield key
            elif term.place is not None and any(each.place == term.place for each in standing.shape.columns):
                yield key

    def _name_in(self, table: TableShape, term: ColumnTerm) -> str | None:
        for each in table.columns:
            if (term.place is not None and each.place == term.place) or (
                term.place is None and term.name in (each.key, each.attribute)
            ):
                return each.name
        return None

    def _remove(self, removal: TableRemoval, event: Event) -> None:
        if removal.table is not None:
            key = removal.table.metadata, removal.table.key
            before = self.tables.pop(key, None)
            if before is not None and not event.certain:
                self.tables[key] = replace(before, certain=False)
            return
        for key, before in self.tables.items():
            if removal.metadata is None or key[0] == removal.metadata:
                self.tables[key] = replace(before, certain=False)

    def _clear(self, event: Event) -> None:
        if event.metadata is None:
            self.open.append(event)
        for key in tuple(self.tables):
            if event.metadata is None or key[0] == event.metadata:
                if event.certain and event.metadata is not None:
                    del self.tables[key]
                else:
                    self.tables[key] = replace(self.tables[key], certain=False)

    def _reused(self, shape: TableShape, event: Event) -> None:
        key = shape.metadata, shape.key
        before = self.tables.get(key)
        if before is None:
            self.tables[key] = StandingTable(shape, event.certain, event)
            return
        columns = {each.key: each for each in before.shape.columns}
        columns.update({each.key: each for each in shape.columns})
        doubt = "a second definition of the table"
        merged = replace(
            before.shape,
            columns=tuple(columns.values()),
            indexes=before.shape.indexes + shape.indexes,
            unique=before.shape.unique + shape.unique,
            checks=before.shape.checks + shape.checks,
            foreign_keys=before.shape.foreign_keys + shape.foreign_keys,
            open=(*before.shape.open, *shape.open, doubt),
        )
        self.tables[key] = replace(before, shape=merged)

    def _add_to_table(self, addition: TableAddition, event: Event) -> None:
        key = addition.table.metadata, addition.table.key
        before = self.tables.get(key)
        if before is None:
            return
        shape, part = before.shape, addition.part
        if isinstance(part, ColumnShape):
            part = part if event.certain else replace(part, certain=False)
            others = tuple(each for each in shape.columns if each.key != part.key)
            keys = shape.foreign_keys + part.foreign_keys
            made = derived(part)
            shape = replace(
                shape,
                columns=(*others, part),
                foreign_keys=keys,
                checks=shape.checks + part.checks,
                indexes=(*shape.indexes, *(each for each in made if isinstance(each, IndexShape))),
                unique=(*shape.unique, *(each for each in made if isinstance(each, KeyShape))),
            )
        elif isinstance(part, IndexShape):
            shape = replace(shape, indexes=(*shape.indexes, part))
        elif isinstance(part, KeyShape):
            shape = replace(shape, unique=(*shape.unique, part))
        elif isinstance(part, CheckShape):
            shape = replace(shape, checks=(*shape.checks, part))
        elif isinstance(part, ForeignKeyShape):
            shape = replace(shape, foreign_keys=(*shape.foreign_keys, part))
        else:
            shape = replace(shape, open=(*shape.open, "something that is added to the table later"))
        self.tables[key] = replace(before, shape=shape)
        self._attach_waiting(key)

    def _add_to_mapper(self, addition: MapperAddition, event: Event) -> None:
        for number, each in enumerate(self.mappers):
            if each.shape.cls == addition.cls:
                self.mappers[number] = replace(each, shape=_with_property(each.shape, addition.part))

    def shapes(self, moment: Moment) -> Shapes:
        return Shapes(moment, MappingProxyType(self.tables), tuple(self.mappers), tuple(self.open))


def _same(one: IndexShape | KeyShape | ForeignKeyShape, other: IndexShape | KeyShape | ForeignKeyShape) -> bool:
    """Whether both are what one call made: it is in ``__table_args__`` as well."""
    return one.place == other.place and one.name == other.name


def _with_property(shape: MapperShape, part: Property | None) -> MapperShape:
    if part is None:
        return replace(shape, open=(*shape.open, "an attribute that is set later"))
    others = tuple(each for each in shape.properties if each.name != part.name)
    return replace(shape, properties=(*others, part))
