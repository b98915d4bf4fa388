"""Makes the schema of an entry point from the shapes of its timeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.report.documents import VERSION, entry_item
from cucurbit.report.schema.model import (
    SchemaColumn,
    SchemaDocument,
    SchemaKey,
    SchemaPlace,
    SchemaRelation,
    SchemaTable,
    Seen,
)
from cucurbit.rules.shared.environments import Managed, managed, same_metadata
from cucurbit.simulate.core.shapes import ColumnShape, ForeignKeyShape, IndexShape, TableShape
from cucurbit.simulate.core.timeline import EventKind, MetaDataId, Place, Timeline
from cucurbit.simulate.shapes.snapshot import Moment, Shapes, StandingTable, moments, shapes_at
from cucurbit.simulate.shapes.type_text import sql_default, sql_text, sql_type, term_text, type_text

NO_SCHEMA = SchemaDocument(VERSION, None, "end", (), (), (), ())


def default_timeline(context: Context) -> Timeline | None:
    """That of the first migration environment, else of the first entry point that is served, else of the first."""
    environments = context.memo(managed)
    if environments:
        return environments[0].timeline
    served = (each for each in context.timelines if each.entry.startup)
    return next(served, context.timelines[0] if context.timelines else None)


def schema_of(context: Context, timeline: Timeline | None) -> SchemaDocument:
    """The schema of a timeline: for a migration environment that which autogenerate compares, else what stands at its
    end."""
    if timeline is None:
        return NO_SCHEMA
    env = next((each for each in context.memo(managed) if each.timeline is timeline), None)
    moment = _moment(timeline, env)
    shapes = shapes_at(timeline, moment)
    chosen = {key: each for key, each in shapes.tables.items() if env is None or env.holds(key[0])}
    builder = _SchemaBuilder(context, timeline, shapes, MappingProxyType(chosen))
    return builder.document("end" if env is None else "migrations")


def _moment(timeline: Timeline, env: Managed | None) -> Moment | None:
    if env is None:
        return None
    config = env.environment.config
    for each in moments(timeline):
        if each.kind == "migrations" and each.event is not None and each.event.environment in ("", config):
            return each
    return None


@dataclass(frozen=True)
class _SchemaBuilder:
    context: Context
    timeline: Timeline
    shapes: Shapes
    standing: Mapping[tuple[MetaDataId, str], StandingTable]

    def document(self, moment: Seen) -> SchemaDocument:
        entry = self.timeline.entry
        tables = sorted(self.standing.values(), key=lambda each: (each.shape.key, self._id(each.shape)))
        relations = (self._relation(each.shape, key) for each in tables for key in each.shape.foreign_keys)
        return SchemaDocument(
            VERSION,
            entry_item(entry),
            moment,
            tuple(sorted({_metadata(each.shape.metadata) for each in tables})),
            tuple(self._table(each) for each in tables),
            tuple(relations),
            tuple(dict.fromkeys((*(each.detail for each in self.shapes.open), *self._failures()))),
        )

    def _failures(self) -> Iterator[str]:
        """What ends the program before it has registered everything."""
        for event in self.timeline.of(EventKind.ENTRY_FAILED, EventKind.MIGRATIONS_FAILED):
            if event.failure is not None and not event.is_end:
                verb = "ends" if event.certain else "may end"
                yield f"{event.failure.error} {verb} it early ({self.context.at(event.failure.place)})"

    @cached_property
    def _repeated(self) -> Counter[str]:
        return Counter(key for _, key in self.standing)

    def _id(self, shape: TableShape) -> str:
        return shape.key if self._repeated[shape.key] < 2 else f"{_metadata(shape.metadata)}:{shape.key}"

    def _place(self, place: Place) -> SchemaPlace:
        location = self.context.location(place)
        return SchemaPlace(location.path, max(location.span.line, 1), location.span.column + 1)

    def _table(self, standing: StandingTable) -> SchemaTable:
        shape = standing.shape
        alone = {columns[0] for columns in _unique_sets(shape) if len(columns) == 1}
        foreign = {name for key in shape.foreign_keys for name in _names(shape, key)}
        return SchemaTable(
            id=self._id(shape),
            name=shape.name,
            schema=shape.schema or "",
            metadata=_metadata(shape.metadata),
            class_name=shape.definition.class_name,
            module=shape.definition.module,
            place=self._place(shape.place),
            columns=tuple(self._column(shape, each, alone, foreign) for each in shape.columns),
            primary_key=shape.key_columns(),
            unique=tuple(
                _schema_key(shape, term_text(each.name), [name.text for name in each.columns], True, each.exact)
                for each in shape.unique
            ),
            indexes=tuple(_index(shape, each) for each in shape.indexes),
            checks=tuple(filter(None, (sql_text(each.condition) for each in shape.checks))),
            comment=term_text(shape.comment),
            association=self._association(shape),
            registered_by=self._registered_by.get(shape.place, ()),
            certain=standing.certain,
            open=shape.open,
        )

    def _column(self, shape: TableShape, column: ColumnShape, alone: set[str], foreign: set[str]) -> SchemaColumn:
        kind = self.shapes.type_of(shape, column)
        in_key = shape.in_primary_key(column)
        return SchemaColumn(
            name=column.name,
            type=type_text(kind),
            sql_type=sql_type(kind),
            # SQLAlchemy makes the columns of a PrimaryKeyConstraint not nullable.
            nullable=False if in_key else column.nullable,
            primary_key=in_key,
            unique=column.name in alone,
            foreign_key=column.name in foreign,
            default=sql_default(column.server_default),
            values=kind.values or (),
            comment=term_text(column.comment),
            attribute=column.attribute,
            certain=column.certain,
            place=self._place(column.place),
        )

    @cached_property
    def _registered_by(self) -> Mapping[Place, tuple[str, ...]]:
        found: dict[Place, dict[str, None]] = {}
        for timeline in self.context.timelines:
            for event in timeline.of(EventKind.TABLE_REGISTERED, EventKind.TABLE_REUSED):
                if event.definition is not None:
                    found.setdefault(event.definition.place, {})[timeline.entry.target] = None
        return {place: tuple(targets) for place, targets in found.items()}

    # ------------------------------------------------------------------- relations

    def _target(self, shape: TableShape, key: ForeignKeyShape) -> tuple[str, tuple[str, ...], TableShape | None]:
        """The key, the columns and the shape of the table that a foreign key points to."""
        found = [self.shapes.target(shape, each) for each in key.targets]
        tables = {each[:2] for each in found if each is not None}
        if None in found or len(tables) != 1:
            return "?", (), None
        ((metadata, name),) = tables
        standing = self.standing.get((metadata, name)) or next(
            (each for (other, each_key), each in self.standing.items() if each_key == name and _same(other, shape)),
            None,
        )
        target = standing.shape if standing is not None else None
        columns = tuple(each[2] for each in found if each is not None)
        return name, columns if target is None else _keys(target, columns), target

    def _relation(self, shape: TableShape, key: ForeignKeyShape) -> SchemaRelation:
        target, target_columns, target_shape = self._target(shape, key)
        names = _names(shape, key)
        held = [each for each in shape.columns if each.name in names]
        unique = any(set(columns) <= set(names) for columns in _unique_sets(shape)) and bool(names)
        needed = bool(held) and all(each.nullable is False or shape.in_primary_key(each) for each in held)
        return SchemaRelation(
            source=self._id(shape),
            columns=names,
            target=target if target_shape is None else self._id(target_shape),
            target_columns=target_columns,
            missing=target_shape is None,
            source_many="0..1" if unique else "0..*",
            target_one="1" if needed else "0..1",
            name=term_text(key.name),
            on_delete=term_text(key.option("ondelete")).upper(),
            certain=key.certain and all(each.certain for each in held),
            place=self._place(key.place),
        )

    def _association(self, shape: TableShape) -> tuple[str, str] | None:
        """The two tables between which it makes a many-to-many relation: its key is its two foreign keys."""
        if len(shape.foreign_keys) != 2 or shape.open:
            return None
        names = [name for key in shape.foreign_keys for name in _names(shape, key)]
        key = shape.key_columns()
        pairs = [set(key)] if key else [set(each) for each in _unique_sets(shape)]
        # A table of a bare ``secondary`` often has no key at all: it then has no other column.
        is_key = set(names) in pairs if key or pairs else {each.name for each in shape.columns} == set(names)
        targets = [self._target(shape, each)[2] for each in shape.foreign_keys]
        if not is_key or len(names) != len(set(names)):
            return None
        ids = [self._id(each) for each in targets if each is not None]
        return (ids[0], ids[1]) if len(ids) == 2 else None


def _same(metadata: MetaDataId, shape: TableShape) -> bool:
    return same_metadata(metadata, shape.metadata)


def _metadata(metadata: MetaDataId) -> str:
    return f"{metadata.module}.{metadata.label}" if metadata.module else metadata.label


def _keys(shape: TableShape, keys: Sequence[str]) -> tuple[str, ...]:
    """Names in the database for keys of ``table.c``."""
    found = ((key, shape.column(key) or shape.named(key)) for key in keys)
    return tuple(key if column is None else column.name for key, column in found)


def _names(shape: TableShape, key: ForeignKeyShape) -> tuple[str, ...]:
    """The names in the database of the columns of a foreign key."""
    found = ((each.text, shape.named(each.text) or shape.column(each.text)) for each in key.columns)
    return tuple(text if column is None else column.name for text, column in found)


def _unique_sets(shape: TableShape) -> Iterator[tuple[str, ...]]:
    """The sets of columns of which no two rows have the same values, as far as is certain."""
    key = shape.key_columns()
    if key:
        yield key
    for each in shape.unique:
        if each.exact and each.certain and each.columns:
            yield _keys(shape, [name.text for name in each.columns])
    for index in shape.indexes:
        if index.unique and index.certain and _is_exact(index) and index.columns:
            yield _keys(shape, [name.text for name in index.columns])


def _index(shape: TableShape, index: IndexShape) -> SchemaKey:
    columns = [each.text for each in index.columns]
    return _schema_key(shape, term_text(index.name), columns, index.unique, _is_exact(index))


def _is_exact(index: IndexShape) -> bool:
    """Whether its columns say it all: there is no expression, and no condition (postgresql_where), by which it covers
    some rows only."""
    return index.exact and not index.expressions and not any(name.endswith("where") for name, _ in index.options)


def _schema_key(shape: TableShape, name: str, keys: Sequence[str], unique: bool | None, exact: bool) -> SchemaKey:
    """``exact``: all its columns are known; it is not if the table lacks one of them."""
    columns = _keys(shape, keys)
    return SchemaKey(name, columns, unique, exact and all(shape.named(each) for each in columns))
