"""Operations of Alembic as Python: the lines of ``upgrade`` and ``downgrade`` that call them.

Facts from alembic/autogenerate/render.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cucurbit.simulate.core.operations import (
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
    RenameTable,
    TableRef,
    Unchanged,
)
from cucurbit.simulate.core.shapes import (
    CallTerm,
    CheckShape,
    ClassTerm,
    ColumnShape,
    ForeignKeyShape,
    ItemsTerm,
    KeyShape,
    NameTerm,
    TableShape,
    Term,
    TypeTerm,
    ValueTerm,
)

_INDENT = "    "


class NotWritable(Exception):
    """Something whose source is not known."""


@dataclass(frozen=True)
class ToWrite:
    """An operation that is to be written; ``batch``: in ``batch_alter_table``. ``existing``: the column that it alters,
    if that is known. ``comment`` is the one that the table has.
    """

    operation: Operation
    batch: bool = False
    existing: ColumnShape | None = None
    comment: Term | None = None


def joined(blocks: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """The lines of several operations. Those that follow each other on one table are in one batch."""
    found: list[str] = []
    opened = ""
    for block in blocks:
        for line in block:
            if line == opened:
                continue
            found.append(line)
            if not line.startswith(_INDENT):
                opened = line if line.startswith("with ") else ""
    return tuple(found)


@dataclass
class OperationWriter:
    """Writes operations. ``final``: the names of constraints are marked, so that no convention applies to them again.

    ``imports`` are the statements that what was written needs.
    """

    final: bool
    imports: set[str] = field(default_factory=set)

    def lines(self, each: ToWrite) -> list[str]:
        """The lines of one operation, without indentation.

        Raises:
            NotWritable: a value in it is not known.
        """
        operation = each.operation
        if isinstance(operation, CreateTable):
            return self._create_table(operation.shape)
        if isinstance(operation, DropTable):
            return [f"op.drop_table({_arguments(operation.table)})"]
        if isinstance(operation, RenameTable):
            return [f"op.rename_table({_arguments(operation.table, repr(operation.new.text))})"]
        if isinstance(operation, AddColumn):
            return self._on(operation.table, "add_column", self._column(operation.column), batch=each.batch)
        if isinstance(operation, DropColumn):
            return self._on(operation.table, "drop_column", repr(operation.column.text), batch=each.batch)
        if isinstance(operation, AlterColumn):
            return self._alter(operation, each)
        if isinstance(operation, CreateIndex):
            return self._create_index(operation, batch=each.batch)
        if isinstance(operation, DropIndex):
            return self._drop_index(operation, batch=each.batch)
        if isinstance(operation, AddConstraint):
            return self._add_constraint(operation, batch=each.batch)
        if isinstance(operation, CommentTable):
            return self._comment_table(operation, each)
        if isinstance(operation, DropConstraint):
            name = "None" if operation.name is None else self._final(operation.name.text)
            kind = f"type_={operation.kind!r}"
            return self._on(operation.table, "drop_constraint", name, kind, first=1, batch=each.batch)
        raise NotWritable

    # ------------------------------------------------------------------ operations

    def _on(
        self, table: TableRef, operation: str, *arguments: str, batch: bool, first: int = 0, schema: str = "schema"
    ) -> list[str]:
        """An operation on a table, whose name is the argument number ``first``; in a batch it has none."""
        name = repr(table.name.text)
        if batch:
            inside = f"{_INDENT}batch_op.{operation}({', '.join(arguments)})".replace("op.f(", "batch_op.f(")
            return [f"with op.batch_alter_table({name}, schema={table.schema!r}) as batch_op:", inside]
        option = [f"{schema}={table.schema!r}"] if table.schema else []
        own = [*arguments[:first], name, *arguments[first:], *option]
        return [f"op.{operation}({', '.join(own)})"]

    def _final(self, name: str) -> str:
        return f"op.f({name!r})" if self.final else repr(name)

    def _create_table(self, shape: TableShape) -> list[str]:
        if shape.open:
            raise NotWritable
        items = [self._column(each) for each in shape.columns]
        items += [self._check(each) for each in shape.checks]
        items += [self._key_constraint(each) for each in shape.foreign_keys]
        key = shape.primary_key
        if key is not None and key.columns:
            items.append(self._constraint("PrimaryKeyConstraint", shape, key))
        items += [self._constraint("UniqueConstraint", shape, each) for each in shape.unique]
        items += [f"schema={shape.schema!r}"] if shape.schema else []
        items += [f"comment={self._term(shape.comment)}"] if shape.comment is not None else []
        lines = [f"op.create_table({shape.name!r},", *(f"{_INDENT}{each}," for each in items)]
        return [*lines[:-1], lines[-1].removesuffix(","), ")"]

    def _constraint(self, kind: str, shape: TableShape, part: KeyShape) -> str:
        columns = [shape.column(each.text) or shape.named(each.text) for each in part.columns]
        if not part.exact or None in columns:
            raise NotWritable
        names = [repr(each.name) for each in columns if each is not None]
        return f"sa.{kind}({', '.join([*names, *self._naming(part.name)])})"

    def _naming(self, name: Term | None) -> list[str]:
        return [] if name is None else [f"name={self._marked(name)}"]

    def _marked(self, name: Term | None) -> str:
        """The name of a constraint, marked as final: no convention applies to it again."""
        if name is None:
            return "None"
        if not isinstance(name, ValueTerm) or name.text is None:
            raise NotWritable
        return self._final(name.text)

    def _check(self, part: CheckShape) -> str:
        return f"sa.CheckConstraint({', '.join([self._term(part.condition), *self._naming(part.name)])})"

    def _key_constraint(self, part: ForeignKeyShape) -> str:
        columns, targets = [each.text for each in part.columns], [each.text for each in part.targets]
        if not part.certain or None in targets:
            raise NotWritable
        remote = [each.text for each in targets if each is not None]
        options = [f"{name}={self._term(value)}" for name, value in part.options]
        return (
            f"sa.ForeignKeyConstraint({', '.join([repr(columns), repr(remote), *self._naming(part.name), *options])})"
        )

    def _create_index(self, operation: CreateIndex, *, batch: bool) -> list[str]:
        index = operation.index
        if index.expressions or not (index.exact and index.certain and index.columns) or index.unique is None:
            raise NotWritable
        given = [repr([each.text for each in index.columns]), f"unique={index.unique}"]
        given += [f"{key}={self._term(value)}" for key, value in index.options]
        name = self._marked(index.name)
        if name == "None":
            raise NotWritable
        return self._on(operation.table, "create_index", name, *given, first=1, batch=batch)

    def _drop_index(self, operation: DropIndex, *, batch: bool) -> list[str]:
        name = self._final(operation.name.text)
        if operation.table is None:
            return [f"op.drop_index({name})"]
        if batch:
            return self._on(operation.table, "drop_index", name, batch=True)
        return [f"op.drop_index({name}, table_name={_arguments(operation.table)})"]

    def _add_constraint(self, operation: AddConstraint, *, batch: bool) -> list[str]:
        part = operation.part
        name = self._marked(part.name)
        if isinstance(part, CheckShape):
            given = self._term(part.condition)
            return self._on(operation.table, "create_check_constraint", name, given, first=1, batch=batch)
        columns = repr([each.text for each in part.columns])
        if isinstance(part, ForeignKeyShape):
            return self._foreign_key(operation.table, part, name, columns, batch=batch)
        if not (part.columns and part.exact and part.certain):
            raise NotWritable
        kind = "create_primary_key" if operation.primary else "create_unique_constraint"
        return self._on(operation.table, kind, name, columns, first=1, batch=batch)

    def _foreign_key(
        self, table: TableRef, part: ForeignKeyShape, name: str, columns: str, *, batch: bool
    ) -> list[str]:
        targets = [each.text.text.rpartition(".") for each in part.targets if each.text is not None]
        if (
            not part.certain
            or not targets
            or len(targets) < len(part.targets)
            or len({each[0] for each in targets}) > 1
        ):
            raise NotWritable
        schema, _, target = targets[0][0].rpartition(".")
        given = [repr(target), columns, repr([each[2] for each in targets])]
        given += [f"{key}={self._term(value)}" for key, value in part.options if key != "use_alter"]
        given += [f"referent_schema={schema!r}"] if schema else []
        return self._on(table, "create_foreign_key", name, *given, first=1, batch=batch, schema="source_schema")

    def _alter(self, operation: AlterColumn, each: ToWrite) -> list[str]:
        old = each.existing
        given = [repr(operation.column.text)]
        if operation.new_name is not None:
            given.append(f"new_column_name={operation.new_name.text!r}")
        existing = "" if old is None else self._type_or_none(old.type_)
        given += [f"existing_type={existing}"] if existing else []
        if not isinstance(operation.type_, Unchanged):
            given.append(f"type_={self._type(operation.type_)}")
        if not isinstance(operation.nullable, Unchanged):
            given.append(f"nullable={operation.nullable}")
        elif old is not None and old.nullable is not None:
            given.append(f"existing_nullable={old.nullable}")
        if not isinstance(operation.server_default, Unchanged):
            given.append(f"server_default={self._default(operation.server_default)}")
        if not isinstance(operation.comment, Unchanged):
            given.append(f"comment={self._default(operation.comment)}")
            given += [f"existing_comment={self._term(old.comment)}"] if old is not None and old.comment else []
        return self._on(operation.table, "alter_column", *given, batch=each.batch)

    def _comment_table(self, operation: CommentTable, each: ToWrite) -> list[str]:
        existing = [] if each.comment is None else [f"existing_comment={self._term(each.comment)}"]
        if operation.comment is None:
            return self._on(operation.table, "drop_table_comment", *existing, batch=each.batch)
        given = [self._term(operation.comment), *existing]
        return self._on(operation.table, "create_table_comment", *given, batch=each.batch)

    def _type_or_none(self, type_: TypeTerm) -> str:
        try:
            return self._type(type_)
        except NotWritable:
            return ""

    # -------------------------------------------------------------------- columns

    def _column(self, shape: ColumnShape) -> str:
        if shape.open or shape.nullable is None:
            raise NotWritable
        given = [repr(shape.name), self._type(shape.type_)]
        given += [self._term(each) for each in (shape.computed, shape.identity) if each is not None]
        if isinstance(shape.autoincrement, ValueTerm) and shape.autoincrement.value != "auto":
            given.append(f"autoincrement={shape.autoincrement.value!r}")
        if shape.server_default is not None:
            given.append(f"server_default={self._default(shape.server_default)}")
        given.append(f"nullable={shape.nullable}")
        given += [f"comment={self._term(shape.comment)}"] if shape.comment is not None else []
        return f"sa.Column({', '.join(given)})"

    def _default(self, term: Term | None) -> str:
        return "None" if term is None else self._term(term)

    def _type(self, type_: TypeTerm) -> str:
        made = self._plain_type(type_)
        for dialect, variant in type_.variants:
            made += f".with_variant({self._type(variant)}, {dialect!r})"
        return made

    def _plain_type(self, type_: TypeTerm) -> str:
        if not type_.known or type_.of_key or not type_.name:
            raise NotWritable
        if type_.custom is not None and type_.values is None:
            self.imports.add(f"import {type_.custom.module}")
            return f"{type_.custom.module}.{type_.custom.name}()"
        prefix = "sa"
        if type_.dialect:
            self.imports.add(f"from sqlalchemy.dialects import {type_.dialect}")
            prefix = type_.dialect
        given = [self._type(type_.item)] if type_.item is not None else []
        given += [repr(each) for each in type_.values or ()]
        if type_.values is not None and type_.custom is not None and type_.argument("name") is None:
            given.append(f"name={type_.custom.name.lower()!r}")
        given += [
            self._term(value) if name.isdigit() else f"{name}={self._term(value)}"
            for name, value in type_.arguments
            if not (type_.values is not None and name in ("values_callable", "metadata"))
        ]
        return f"{prefix}.{type_.name}({', '.join(given)})"

    # ---------------------------------------------------------------------- terms

    def _term(self, term: Term | None) -> str:
        if isinstance(term, ValueTerm):
            return repr(term.value)
        if isinstance(term, NameTerm):
            return self._dotted(term.dotted)
        if isinstance(term, ClassTerm):
            self.imports.add(f"import {term.module}")
            return f"{term.module}.{term.name}"
        if isinstance(term, CallTerm) and term.complete and "()" not in term.made_by:
            given = [self._term(each) for each in term.args]
            given += [f"{name}={self._term(each)}" for name, each in term.keywords]
            return f"{self._dotted(term.made_by)}({', '.join(given)})"
        if isinstance(term, ItemsTerm) and not term.open:
            return self._items(term)
        raise NotWritable

    def _items(self, term: ItemsTerm) -> str:
        values = [self._term(each) for each in term.items]
        if term.kind == "list":
            return f"[{', '.join(values)}]"
        if term.kind == "tuple":
            return f"({', '.join(values)}{',' if len(values) == 1 else ''})"
        if term.kind == "dict":
            pairs = zip(term.keys, values, strict=True)
            return f"{{{', '.join(f'{key!r}: {value}' for key, value in pairs)}}}"
        raise NotWritable

    def _dotted(self, dotted: str) -> str:
        root, _, rest = dotted.partition(".")
        if root == "builtins":
            return rest
        if root != "sqlalchemy" or not rest:
            raise NotWritable
        parts = rest.split(".")
        if parts[0] == "dialects" and len(parts) > 2:
            self.imports.add(f"from sqlalchemy.dialects import {parts[1]}")
            return ".".join(parts[1:])
        # `sqlalchemy.sql.func.now` and `sqlalchemy.sql.expression.text` are names of `sqlalchemy` too.
        while parts[0] in ("sql", "expression", "functions", "schema", "types", "sqltypes") and len(parts) > 1:
            parts = parts[1:]
        return f"sa.{'.'.join(parts)}"


def _arguments(table: TableRef, *more: str) -> str:
    return ", ".join((repr(table.name.text), *more, *((f"schema={table.schema!r}",) if table.schema else ())))
