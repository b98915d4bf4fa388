"""What makes an operation of a revision fail on the schema that it finds."""

from __future__ import annotations

from dataclasses import dataclass

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
    RenameIndex,
    RenameTable,
    Unchanged,
)
from cucurbit.simulate.core.schema import SchemaState, Step, has_namesake
from cucurbit.simulate.core.shapes import CheckShape, ForeignKeyShape, Named, TableShape, Term, ValueTerm
from cucurbit.simulate.core.timeline import Place

MAKES_IT = "creates it"
"""What the earlier revision does that has made the same thing."""

_IN_BATCH = "if it is a batch on SQLite, which rebuilds the table"


@dataclass(frozen=True)
class OperationFault:
    """What is wrong: ``words`` continue "Revision X ...". ``earlier`` is the reason, ``did`` what it does.

    ``unless``: the case in which it is not wrong, if there is one.
    """

    words: str
    earlier: Place | None = None
    did: str = ""
    unless: str = ""


def fault_of(state: SchemaState, step: Step) -> OperationFault | None:
    """What makes a step fail for certain; None if nothing is known to."""
    operation = step.operation
    if not step.certain or isinstance(operation, AnyChange):
        return None
    if isinstance(operation, CreateTable):
        return _created_twice(state, operation)
    if operation.table is None:
        return None
    fault = _fault_of_table(state, operation, operation.table.key)
    return None if fault is None or has_namesake(state, operation.table.key) else fault


def _fault_of_table(state: SchemaState, operation: Operation, key: str) -> OperationFault | None:
    if state.stands(key) is False and not (isinstance(operation, DropTable) and operation.if_exists is not False):
        return OperationFault(
            f"{does(operation)} '{key}', which does not exist any more", state.gone[key], f"drops or renames '{key}'"
        )
    table = state.tables.get(key)
    if table is None or not table.certain or table.open or isinstance(operation, DropTable):
        return None
    if isinstance(operation, RenameTable):
        return None
    return _in_table(table.shape, operation, key, table.place)


def _created_twice(state: SchemaState, operation: CreateTable) -> OperationFault | None:
    key = operation.table.key
    if operation.if_not_exists is not False or not state.stands(key):
        return None
    return OperationFault(f"creates the table '{key}', which exists already", state.tables[key].place, MAKES_IT)


def _in_table(shape: TableShape, operation: Operation, key: str, made: Place) -> OperationFault | None:
    """A fault of an operation on a table that is known in full."""
    if isinstance(operation, AddColumn):
        standing = shape.named(operation.column.name)
        if standing is None or not standing.certain or operation.if_not_exists is not False:
            return None
        name = operation.column.name
        unless = _IN_BATCH if operation.batch else ""
        words = f"adds the column '{name}' to '{key}', which has it already"
        return OperationFault(words, standing.place, MAKES_IT, unless)
    if isinstance(operation, DropColumn):
        if operation.if_exists is not False:
            return None
        return _without(shape, (operation.column,), f"drops the column '{operation.column.text}' of '{key}'", made)
    if isinstance(operation, AlterColumn):
        if not _changes_column(operation):
            return None
        return _without(shape, (operation.column,), f"alters the column '{operation.column.text}' of '{key}'", made)
    if isinstance(operation, CreateIndex):
        return _index_fault(shape, operation, key, made)
    if isinstance(operation, AddConstraint) and not (operation.batch or isinstance(operation.part, CheckShape)):
        kind = "a foreign key" if isinstance(operation.part, ForeignKeyShape) else "a key or constraint"
        return _without(shape, operation.part.columns, f"adds {kind} to '{key}'", made)
    if isinstance(operation, DropIndex):
        return _dropped_index(shape, operation, key, made)
    if isinstance(operation, DropConstraint):
        return _dropped_constraint(shape, operation, key, made)
    return None


def _changes_column(operation: AlterColumn) -> bool:
    """Whether a statement is sent for certain: one for a comment alone depends on the database."""
    given = (operation.nullable, operation.type_, operation.server_default)
    return operation.new_name is not None or any(not isinstance(each, Unchanged) for each in given)


def _without(shape: TableShape, columns: tuple[Named, ...], words: str, made: Place) -> OperationFault | None:
    names = {each.name.lower() for each in shape.columns}
    missing = next((each.text for each in columns if each.text.lower() not in names), None)
    if missing is None:
        return None
    return OperationFault(f"{words}, which has no column '{missing}' at that point", made, "creates the table")


def _index_fault(shape: TableShape, operation: CreateIndex, key: str, made: Place) -> OperationFault | None:
    name = _text(operation.index.name)
    standing = next((each for each in shape.indexes if name is not None and _text(each.name) == name), None)
    if standing is not None and standing.certain and operation.if_not_exists is False:
        unless = _IN_BATCH if operation.batch else ""
        words = f"creates the index '{name}' on '{key}', which has it already"
        return OperationFault(words, standing.place, MAKES_IT, unless)
    return _without(shape, operation.index.columns, f"creates an index on '{key}'", made)


def _dropped_index(shape: TableShape, operation: DropIndex, key: str, made: Place) -> OperationFault | None:
    if shape.has_unknown_types:
        return None
    name = operation.name.text
    # Some databases make an index for each unique constraint and foreign key, under its name or its column's.
    others = [
        *(each.name for each in shape.indexes),
        *(each.name for each in shape.unique),
        *(each.name for each in shape.foreign_keys),
    ]
    if operation.if_exists is not False or _may_be_among(others, name) or shape.named(name) is not None:
        return None
    return OperationFault(
        f"drops the index '{name}' of '{key}', which has none of that name", made, "creates the table"
    )


def _dropped_constraint(shape: TableShape, operation: DropConstraint, key: str, made: Place) -> OperationFault | None:
    if operation.name is None or operation.if_exists is not False or operation.kind not in ("foreignkey", "unique"):
        return None
    if shape.has_unknown_types:
        return None
    name = operation.name.text
    names = [each.name for each in shape.foreign_keys]
    if operation.kind == "unique":
        names = [*(each.name for each in shape.unique), *(each.name for each in shape.indexes)]
    if _may_be_among(names, name):
        return None
    return OperationFault(
        f"drops the constraint '{name}' of '{key}', which has none of that name", made, "creates the table"
    )


_SHORTENED = 50
"""Names that are longer may be shortened by SQLAlchemy, to fewer characters than any database allows."""


def _may_be_among(names: list[Term | None], name: str) -> bool:
    """Whether one of them may be this name; one that is not given is made by the database or a naming convention.

    A convention may put something around a name that is given, and a long name is shortened.
    """
    return any(_may_be(_text(each), name) for each in names)


def _may_be(given: str | None, name: str) -> bool:
    if given is None:
        return True
    given, name = given.lower(), name.lower()
    return given in name or name in given or (len(given) > _SHORTENED and given[:_SHORTENED] == name[:_SHORTENED])


def _text(name: Term | None) -> str | None:
    return name.text if isinstance(name, ValueTerm) else None


_WORDS: dict[type[Operation], str] = {
    DropTable: "drops the table",
    RenameTable: "renames the table",
    AddColumn: "adds a column to the table",
    DropColumn: "drops a column of the table",
    AlterAny: "alters a column of the table",
    AlterColumn: "alters a column of the table",
    CreateIndex: "creates an index on the table",
    DropIndex: "drops an index of the table",
    RenameIndex: "renames an index",
    AddConstraint: "adds a constraint to the table",
    DropConstraint: "drops a constraint of the table",
    CommentTable: "comments the table",
}


def does(operation: Operation) -> str:
    """What it does, in words that continue "Revision X ..."."""
    return _WORDS[type(operation)]


def columns_needed(operation: Operation) -> set[tuple[str, str]]:
    """The columns that an operation needs, each with its table."""
    if isinstance(operation, (AlterColumn, DropColumn)):
        return {(operation.table.key, operation.column.text)}
    if isinstance(operation, CreateIndex):
        return {(operation.table.key, each.text) for each in operation.index.columns}
    return set()


def column_renamed(operation: Operation) -> set[tuple[str, str]]:
    """The column that an operation renames: a batch that rebuilds the table still knows the old name."""
    if isinstance(operation, AlterColumn) and operation.new_name is not None:
        return {(operation.table.key, operation.column.text)}
    return set()
