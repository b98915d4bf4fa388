"""The tables, keys and relations of one schema: what every format is written from, and the JSON document itself.

Paths are relative to the workspace root, with ``/``; lines and columns are 1-based. See
:mod:`cucurbit.report.documents` for what may change within a version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from cucurbit.report.documents import EntryItem, Line

Many: TypeAlias = Literal["0..1", "0..*"]
"""How many rows refer to one row."""

One: TypeAlias = Literal["1", "0..1"]
"""How many rows one row refers to."""


Seen: TypeAlias = Literal["migrations", "end"]
"""When the tables of a document stand: as migrations compare, or at the end of the entry point."""


class SchemaPlace(msgspec.Struct, frozen=True):
    path: str
    line: Line
    column: Annotated[int, Meta(ge=1, description="1-based, in Unicode code points.")]


class SchemaColumn(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(description="The name in the database.")]
    type: Annotated[str, Meta(description="The type as SQLAlchemy names it; if it is not known, a hint or `?`.")]
    sql_type: Annotated[str, Meta(description="The same in SQL; empty if it is not known.")]
    nullable: Annotated[bool | None, Meta(description="null: not known.")]
    primary_key: Annotated[bool | None, Meta(description="null: not known.")]
    unique: Annotated[bool, Meta(description="Whether it alone is a unique or primary key.")]
    foreign_key: bool
    default: Annotated[str, Meta(description="The server default in SQL; empty if there is none or it is not known.")]
    values: Annotated[tuple[str, ...], Meta(description="The values of an enum.")]
    comment: str
    attribute: Annotated[str, Meta(description="The attribute of the class; empty for a Table(...).")]
    certain: Annotated[bool, Meta(description="False: the column may be missing.")]
    place: SchemaPlace


class SchemaKey(msgspec.Struct, frozen=True):
    """A unique constraint, or an index."""

    name: Annotated[str, Meta(description="The name given; empty if the naming convention decides.")]
    columns: tuple[str, ...]
    unique: Annotated[bool | None, Meta(description="null: not known.")] = True
    exact: Annotated[bool, Meta(description="False: it has expressions or columns that are not known.")] = True


class SchemaTable(msgspec.Struct, frozen=True):
    id: Annotated[str, Meta(description="Unique in the document: the key, with the MetaData where several have it.")]
    name: str
    schema: str
    metadata: str
    class_name: str
    module: str
    place: SchemaPlace
    columns: tuple[SchemaColumn, ...]
    primary_key: Annotated[tuple[str, ...] | None, Meta(description="null: not known.")]
    unique: tuple[SchemaKey, ...]
    indexes: tuple[SchemaKey, ...]
    checks: Annotated[tuple[str, ...], Meta(description="The conditions that are known.")]
    comment: str
    association: Annotated[
        tuple[str, str] | None, Meta(description="The tables between which it makes a many-to-many relation.")
    ]
    registered_by: Annotated[tuple[str, ...], Meta(description="The entry points that register it.")]
    certain: Annotated[bool, Meta(description="False: whether it stands depends on something unknown.")]
    open: Annotated[tuple[str, ...], Meta(description="Reasons why it may hold more than is said.")]

    @property
    def key(self) -> str:
        """The name with the schema."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def column(self, name: str) -> SchemaColumn | None:
        return next((each for each in self.columns if each.name == name), None)


class SchemaRelation(msgspec.Struct, frozen=True):
    """A foreign key. ``source`` has it, ``target`` is the table that it points to."""

    source: Annotated[str, Meta(description="The id of the table that has the foreign key.")]
    columns: tuple[str, ...]
    target: Annotated[str, Meta(description="The id of the table that it points to; its key if that is not there.")]
    target_columns: tuple[str, ...]
    missing: Annotated[bool, Meta(description="The target is not in this document.")]
    source_many: Annotated[Many, Meta(description="How many rows of the source refer to one row of the target.")]
    target_one: Annotated[One, Meta(description="How many rows of the target one row of the source refers to.")]
    name: str
    on_delete: str
    certain: bool
    place: SchemaPlace


class SchemaDocument(msgspec.Struct, frozen=True, dict=True):
    """What `cucurbit schema --output-format json` writes."""

    version: Literal[1]
    entry: Annotated[EntryItem | None, Meta(description="The entry point; null if there is none.")]
    moment: Annotated[
        Seen,
        Meta(description="What stands when migrations compare (autogenerate), or at the end of the entry point."),
    ]
    metadata: tuple[str, ...]
    tables: tuple[SchemaTable, ...]
    relations: tuple[SchemaRelation, ...]
    open: Annotated[tuple[str, ...], Meta(description="Reasons why there may be more tables.")]

    @cached_property
    def by_id(self) -> Mapping[str, SchemaTable]:
        return {table.id: table for table in self.tables}

    @property
    def drawn(self) -> tuple[SchemaRelation, ...]:
        """The relations between two tables that are here."""
        return tuple(each for each in self.relations if not each.missing)

    def of(self, table: SchemaTable) -> tuple[SchemaRelation, ...]:
        """The foreign keys of a table."""
        return tuple(each for each in self.relations if each.source == table.id)

    def chosen(self, shows: Callable[[SchemaTable], bool]) -> SchemaDocument:
        """The same with some of its tables only."""
        tables = tuple(each for each in self.tables if shows(each))
        kept = {each.id for each in tables}
        relations = tuple(
            each if each.target in kept else msgspec.structs.replace(each, missing=True)
            for each in self.relations
            if each.source in kept
        )
        return msgspec.structs.replace(self, tables=tables, relations=relations)


def label(relation: SchemaRelation) -> str:
    """The columns of a relation, as they are written at its line."""
    return ", ".join(relation.columns)
