"""What undoes the operations of a revision: other operations, from the schema that each of them found.

Facts from alembic/operations/ops.py (``reverse``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cucurbit.fixes.operations import NotWritable, OperationWriter, ToWrite, joined
from cucurbit.simulate.core.operations import (
    UNCHANGED,
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
    RenameTable,
    TableRef,
    Unchanged,
    kind_of,
)
from cucurbit.simulate.core.schema import SchemaState, Step, applied
from cucurbit.simulate.core.shapes import (
    CheckShape,
    ColumnShape,
    ForeignKeyShape,
    IndexShape,
    KeyShape,
    Named,
    TableShape,
    Term,
    ValueTerm,
)


def undoing_lines(found: SchemaState, steps: Sequence[Step]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The lines of a ``downgrade`` that undoes an upgrade, and the imports that they need; None if it is not known.

    ``found`` is the schema that the upgrade finds.
    """
    writer = OperationWriter(final=False)
    undone: list[list[ToWrite]] = []
    try:
        applied(found, steps, lambda step, state: undone.append([*_undone(step.operation, state)]))
        if len(undone) < len(steps):
            raise NotWritable
        blocks = [writer.lines(each) for one in reversed(undone) for each in one]
    except NotWritable:
        return None
    return joined(blocks), tuple(sorted(writer.imports))


def _undone(operation: Operation, found: SchemaState) -> Iterator[ToWrite]:
    if isinstance(operation, AlterAny | AnyChange) or operation.table is None:
        raise NotWritable
    table = operation.table
    if isinstance(operation, CreateTable):
        yield ToWrite(DropTable(table))
    elif isinstance(operation, RenameTable):
        yield ToWrite(RenameTable(TableRef(operation.new, table.schema), table.name))
    elif isinstance(operation, AddColumn):
        yield ToWrite(DropColumn(table, Named(operation.column.name)), operation.batch)
    elif isinstance(operation, CreateIndex):
        yield ToWrite(DropIndex(table, _name(operation.index.name)), operation.batch)
    elif isinstance(operation, AddConstraint):
        if isinstance(operation.part, CheckShape):
            raise NotWritable
        kind = "primary" if operation.primary else kind_of(operation.part)
        yield ToWrite(DropConstraint(table, _name(operation.part.name), kind), operation.batch)
    else:
        yield from _restored(operation, _known(found, table))


def _known(found: SchemaState, table: TableRef) -> TableShape:
    standing = found.tables.get(table.key)
    if standing is None or not standing.certain or standing.open:
        raise NotWritable
    return standing.shape


def _restored(
    operation: DropTable | DropColumn | AlterColumn | DropIndex | DropConstraint | CommentTable, shape: TableShape
) -> Iterator[ToWrite]:
    """What makes again what an operation drops or alters."""
    assert operation.table is not None
    table = operation.table
    if isinstance(operation, DropTable):
        yield ToWrite(CreateTable(table, replace(shape, primary_key=_key(shape))))
        yield from (ToWrite(CreateIndex(table, each)) for each in shape.indexes)
    elif isinstance(operation, DropColumn):
        column = _column(shape, operation.column)
        if any(operation.column.text in _columns(each) for each in _parts(shape)) or shape.in_primary_key(column):
            # What goes with the column depends on the database.
            raise NotWritable
        yield ToWrite(AddColumn(table, column))
    elif isinstance(operation, AlterColumn):
        old = _column(shape, operation.column)
        yield ToWrite(_back(operation, old), operation.batch, _altered(operation, old))
    elif isinstance(operation, CommentTable):
        yield ToWrite(CommentTable(table, shape.comment), comment=operation.comment)
    elif isinstance(operation, DropIndex):
        index = next((each for each in shape.indexes if _is_named(each, operation.name)), None)
        if index is None:
            raise NotWritable
        yield ToWrite(CreateIndex(table, index))
    else:
        constraints: tuple[KeyShape | ForeignKeyShape, ...] = (*shape.unique, *shape.foreign_keys)
        part = next((each for each in constraints if _is_named(each, operation.name)), None)
        if part is None:
            raise NotWritable
        yield ToWrite(AddConstraint(table, part), operation.batch)


def _key(shape: TableShape) -> KeyShape:
    """The primary key as a constraint, also if only its columns say that they are in it."""
    names = shape.key_columns()
    if names is None:
        raise NotWritable
    return shape.primary_key or KeyShape(tuple(Named(each) for each in names), None, shape.place)


def _back(operation: AlterColumn, old: ColumnShape) -> AlterColumn:
    """What gives an altered column back what it had."""
    return replace(
        operation,
        column=operation.new_name or operation.column,
        new_name=None if operation.new_name is None else operation.column,
        nullable=UNCHANGED if isinstance(operation.nullable, Unchanged) else old.nullable,
        type_=UNCHANGED if isinstance(operation.type_, Unchanged) else old.type_,
        server_default=UNCHANGED if isinstance(operation.server_default, Unchanged) else old.server_default,
        comment=UNCHANGED if isinstance(operation.comment, Unchanged) else old.comment,
    )


def _altered(operation: AlterColumn, old: ColumnShape) -> ColumnShape:
    """The column as the operation left it, as far as another one has to say it."""
    return replace(
        old,
        nullable=old.nullable if isinstance(operation.nullable, Unchanged) else operation.nullable,
        type_=old.type_ if isinstance(operation.type_, Unchanged) else operation.type_,
        comment=old.comment if isinstance(operation.comment, Unchanged) else operation.comment,
    )


def _column(shape: TableShape, name: Named) -> ColumnShape:
    found = shape.named(name.text)
    if found is None or not found.certain or found.open or found.nullable is None:
        raise NotWritable
    return found


def _parts(shape: TableShape) -> tuple[IndexShape | KeyShape | ForeignKeyShape, ...]:
    return (*shape.indexes, *shape.unique, *shape.foreign_keys)


def _columns(part: IndexShape | KeyShape | ForeignKeyShape) -> frozenset[str]:
    return frozenset(each.text for each in part.columns)


def _is_named(part: IndexShape | KeyShape | ForeignKeyShape, name: Named | None) -> bool:
    given = part.name
    return name is not None and isinstance(given, ValueTerm) and given.text == name.text


def _name(given: Term | None) -> Named:
    text = given.text if isinstance(given, ValueTerm) else None
    if text is None:
        raise NotWritable
    return Named(text)
