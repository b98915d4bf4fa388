"""What a revision does to the schema of a database: the operations of ``alembic.op``.

These are immutable values, each the ``shape`` of one ``operation`` event of a revision's timeline.
:mod:`cucurbit.simulate.core.schema` applies them to a schema. What a table, a column or a constraint holds is a value
of :mod:`cucurbit.simulate.core.shapes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cucurbit.simulate.core.shapes import (
    Answer,
    CheckShape,
    ColumnShape,
    ForeignKeyShape,
    IndexShape,
    KeyShape,
    Named,
    TableShape,
    Term,
    TypeTerm,
)
from cucurbit.simulate.core.timeline import Shape


@dataclass(frozen=True)
class Unchanged:
    """What an operation leaves as it is."""


UNCHANGED = Unchanged()


@dataclass(frozen=True)
class TableRef:
    """A table of the database by its name. ``schema`` is None for the default one of the connection."""

    name: Named
    schema: str | None = None

    @property
    def key(self) -> str:
        """``schema.name``, or ``name`` without a schema."""
        return table_key(self.name.text, self.schema)


def table_key(name: str, schema: str | None) -> str:
    return name if schema is None else f"{schema}.{name}"


@dataclass(frozen=True)
class CreateTable(Shape):
    table: TableRef
    shape: TableShape
    if_not_exists: Answer = False


@dataclass(frozen=True)
class DropTable(Shape):
    table: TableRef
    if_exists: Answer = False


@dataclass(frozen=True)
class RenameTable(Shape):
    table: TableRef
    new: Named


@dataclass(frozen=True)
class AddColumn(Shape):
    """``batch``: in ``batch_alter_table``. One that makes the table anew puts it in the place of one of that name."""

    table: TableRef
    column: ColumnShape
    if_not_exists: Answer = False
    batch: bool = False


@dataclass(frozen=True)
class DropColumn(Shape):
    table: TableRef
    column: Named
    if_exists: Answer = False


@dataclass(frozen=True)
class AlterColumn(Shape):
    """``op.alter_column``. What it leaves as it is, is :data:`UNCHANGED`."""

    table: TableRef
    column: Named
    nullable: Answer | Unchanged = UNCHANGED
    type_: TypeTerm | Unchanged = UNCHANGED
    server_default: Term | Unchanged | None = UNCHANGED
    comment: Term | Unchanged | None = UNCHANGED
    new_name: Named | None = None
    using: bool = False
    """``postgresql_using`` is given."""
    batch: bool = False


@dataclass(frozen=True)
class AlterAny(Shape):
    """``op.alter_column`` of a column that is not known, in a table that may not be known (None).

    What it changes of columns that stand: it creates and drops nothing.
    """

    table: TableRef | None
    nullable: bool
    type_: bool
    server_default: bool
    comment: bool


@dataclass(frozen=True)
class CreateIndex(Shape):
    """``batch``: as in :class:`AddColumn`."""

    table: TableRef
    index: IndexShape
    if_not_exists: Answer = False
    batch: bool = False


@dataclass(frozen=True)
class DropIndex(Shape):
    """``table`` is None if it is not given: it is that of the index, wherever it stands."""

    table: TableRef | None
    name: Named
    if_exists: Answer = False


@dataclass(frozen=True)
class RenameIndex(Shape):
    """The index, or the constraint that is one, is looked up in all tables."""

    old: Named
    new: Named
    table: None = None


@dataclass(frozen=True)
class AddConstraint(Shape):
    """``primary``: it is the primary key. ``batch``: in ``batch_alter_table``.

    A batch that makes the table anew leaves out, without a word, a constraint over columns that do not exist.
    """

    table: TableRef
    part: KeyShape | CheckShape | ForeignKeyShape
    primary: bool = False
    batch: bool = False


ConstraintKind: TypeAlias = Literal["", "foreignkey", "primary", "unique", "check"]
CONSTRAINT_KINDS: Mapping[str, ConstraintKind] = {
    "foreignkey": "foreignkey",
    "primary": "primary",
    "unique": "unique",
    "check": "check",
}


def kind_of(part: KeyShape | ForeignKeyShape) -> ConstraintKind:
    """The kind of a unique constraint or a foreign key."""
    return "foreignkey" if isinstance(part, ForeignKeyShape) else "unique"


@dataclass(frozen=True)
class DropConstraint(Shape):
    """``kind`` is what is given as ``type_``; empty if nothing is, or it is not known. ``name`` is None if that is."""

    table: TableRef
    name: Named | None
    kind: ConstraintKind = ""
    if_exists: Answer = False
    batch: bool = False


@dataclass(frozen=True)
class RenameConstraint(Shape):
    """``ALTER TABLE ... RENAME CONSTRAINT old TO new``."""

    table: TableRef
    old: Named
    new: Named


NamedConstraint: TypeAlias = DropConstraint | RenameConstraint
"""Operations on a constraint by its name in the database."""


@dataclass(frozen=True)
class CommentTable(Shape):
    """``op.create_table_comment``, and ``op.drop_table_comment`` without a ``comment``."""

    table: TableRef
    comment: Term | None


@dataclass(frozen=True)
class AnyChange(Shape):
    """Something that is not known: it may create, change and drop these tables; any table if ``tables`` is None."""

    tables: tuple[TableRef, ...] | None
    why: str


@dataclass(frozen=True)
class SqlChange(AnyChange):
    """What a statement in SQL certainly does if it does not fail: ``operation``, on ``tables``.

    Whether the statement fails is not judged: databases differ in the names that they take for the same.
    """

    operation: AlterColumn | AddColumn | DropColumn | RenameTable | CreateIndex | AddConstraint | NamedConstraint


@dataclass(frozen=True)
class RenameType(AnyChange):
    """``ALTER TYPE old RENAME TO new``: the columns of this type have it under its new name. Not ``sure``: perhaps."""

    old: Named
    new: Named
    sure: bool = True


@dataclass(frozen=True)
class SentStatement(Shape):
    """A statement that a revision sends, in SQL; ``text`` is None if it is not known, or not given as a text.

    What it does to the schema is told by operations that follow it.
    """

    text: str | None


Operation: TypeAlias = (
    CreateTable
    | DropTable
    | RenameTable
    | AddColumn
    | DropColumn
    | AlterColumn
    | AlterAny
    | CreateIndex
    | DropIndex
    | RenameIndex
    | AddConstraint
    | DropConstraint
    | CommentTable
    | AnyChange
)
