"""The body of a new revision: what makes the database what the models are, and what undoes that.

Facts from alembic/operations/ops.py (which operation undoes which).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cucurbit.analysis.drift.difference import Difference
from cucurbit.fixes.operations import NotWritable, OperationWriter, ToWrite, joined
from cucurbit.simulate.core.operations import (
    UNCHANGED,
    AddColumn,
    AddConstraint,
    AlterColumn,
    CommentTable,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Operation,
    TableRef,
    kind_of,
)
from cucurbit.simulate.core.shapes import (
    ColumnShape,
    ColumnTarget,
    ForeignKeyShape,
    IndexShape,
    KeyShape,
    Named,
    TableShape,
    ValueTerm,
)


@dataclass(frozen=True)
class RevisionBody:
    """``upgrade`` and ``downgrade`` are lines without indentation, ``imports`` the statements that they need.

    ``left_out``: the messages of the differences that cannot be written, since a value in them is not known.
    """

    upgrade: tuple[str, ...]
    downgrade: tuple[str, ...]
    imports: tuple[str, ...]
    left_out: tuple[str, ...]


def revision_body(differences: Iterable[Difference], *, batch: bool) -> RevisionBody:
    """The operations that make the database what the models are, and those that undo them.

    ``batch``: each change of a table is written in ``op.batch_alter_table``.
    """
    writer = OperationWriter(final=True)
    done: list[tuple[list[str], list[str]]] = []
    left_out = []
    for each in _in_order(list(differences)):
        try:
            done.append(
                (writer.lines(_written(each, batch, undone=False)), writer.lines(_written(each, batch, undone=True)))
            )
        except NotWritable:
            left_out.append(each.message)
    upgrade = joined(lines for lines, _ in done)
    downgrade = joined(lines for _, lines in reversed(done))
    return RevisionBody(upgrade, downgrade, tuple(sorted(writer.imports)), tuple(left_out))


def written_operations(differences: Iterable[Difference]) -> Iterator[tuple[Difference, ToWrite | None]]:
    """The differences in the order in which they can be done, each with its operation; None if that is not known."""
    for each in _in_order(list(differences)):
        try:
            yield each, _written(each, batch=False, undone=False)
        except NotWritable:
            yield each, None


_ORDER = {
    **dict.fromkeys(("add_table",), 0),
    **dict.fromkeys(("add_column", "modify_nullable", "modify_type", "modify_default", "modify_comment"), 1),
    **dict.fromkeys(("remove_fk",), 2),
    **dict.fromkeys(("remove_index", "remove_constraint"), 3),
    **dict.fromkeys(("add_index", "add_constraint"), 4),
    **dict.fromkeys(("add_fk",), 5),
    **dict.fromkeys(("remove_column",), 6),
    **dict.fromkeys(("remove_table",), 7),
}


def _in_order(differences: Sequence[Difference]) -> list[Difference]:
    """Tables before what points to them; what is removed after it."""
    added = _sorted([each for each in differences if each.op == "add_table"])
    removed = _sorted([each for each in differences if each.op == "remove_table"])[::-1]
    rest = [each for each in differences if not each.op.endswith("_table")]
    ordered = sorted(rest, key=lambda each: _ORDER[each.op])
    return [*added, *ordered, *removed]


def _sorted(tables: list[Difference]) -> list[Difference]:
    left, found = list(tables), list[Difference]()
    while left:
        names = {each.table for each in left}
        free = [each for each in left if not (_pointed_to(each) & names - {each.table})]
        # Tables that point to each other stay as they are: one of their keys has to be added later.
        found += free or left
        left = [each for each in left if each not in found]
    return found


def _pointed_to(difference: Difference) -> set[str]:
    shape = difference.model or difference.standing
    keys = shape.foreign_keys if isinstance(shape, TableShape) else ()
    return {each.text.text.rpartition(".")[0] for key in keys for each in key.targets if each.text is not None}


# ----------------------------------------------------------------- operations


def _written(each: Difference, batch: bool, *, undone: bool) -> ToWrite:
    """The operation of one difference; ``undone``: the one that leads back."""
    schema, _, name = each.table.rpartition(".")
    table = TableRef(Named(name), schema or None)
    if each.op.startswith("modify_"):
        new, old = (each.standing, each.model) if undone else (each.model, each.standing)
        if isinstance(new, TableShape) and isinstance(old, TableShape):
            return ToWrite(CommentTable(table, new.comment), batch, comment=old.comment)
        if not isinstance(new, ColumnShape) or not isinstance(old, ColumnShape):
            raise NotWritable
        return ToWrite(_altered(each, table, new, old), batch, old)
    adds = each.op.startswith("add_") is not undone
    shape = each.model if each.op.startswith("add_") else each.standing
    if isinstance(shape, TableShape):
        return ToWrite(CreateTable(table, shape) if adds else DropTable(table))
    if isinstance(shape, ColumnShape):
        return ToWrite(AddColumn(table, shape) if adds else DropColumn(table, Named(shape.name)), batch)
    return ToWrite(_of_part(each, table, shape, adds=adds), batch)


def _altered(each: Difference, table: TableRef, new: ColumnShape, old: ColumnShape) -> AlterColumn:
    return AlterColumn(
        table,
        Named(old.name),
        nullable=new.nullable if each.op == "modify_nullable" else UNCHANGED,
        type_=new.type_ if each.op == "modify_type" else UNCHANGED,
        server_default=new.server_default if each.op == "modify_default" else UNCHANGED,
        comment=new.comment if each.op == "modify_comment" else UNCHANGED,
    )


def _of_part(each: Difference, table: TableRef, shape: object, *, adds: bool) -> Operation:
    """The operation of an index or a constraint, by its name and its columns in the database."""
    name = None if each.name is None else ValueTerm(each.name)
    columns = tuple(Named(text) for text in each.names)
    if isinstance(shape, IndexShape):
        if not adds and each.name is not None:
            return DropIndex(table, Named(each.name))
        if not columns or name is None:
            raise NotWritable
        return CreateIndex(table, replace(shape, columns=columns, expressions=(), name=name, exact=True, certain=True))
    if not isinstance(shape, (KeyShape, ForeignKeyShape)):
        raise NotWritable
    if not adds:
        return DropConstraint(table, None if each.name is None else Named(each.name), kind_of(shape))
    if isinstance(shape, KeyShape):
        return AddConstraint(table, replace(shape, columns=columns, name=name, certain=True))
    count = len(shape.columns)
    targets = tuple(ColumnTarget(Named(f"{each.names[count]}.{text}")) for text in each.names[count + 1 :])
    return AddConstraint(table, replace(shape, columns=columns[:count], targets=targets, name=name, certain=True))
