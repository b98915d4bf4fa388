"""Drift as SQL: the statements that make the database what the models are, in its dialect.

Facts from the DDL compilers of SQLAlchemy's dialects and alembic/ddl/{base,postgresql,mysql}.py;
tests/drift/test_sql.py holds the result against ``alembic upgrade --sql``. Every name is in quotes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.drift.types import Dialect, written
from cucurbit.fixes.operations import NotWritable, ToWrite
from cucurbit.fixes.revision_body import written_operations
from cucurbit.report.report import printable
from cucurbit.rules.shared.databases import databases_of
from cucurbit.rules.shared.drift import Drift
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
    TableRef,
    Unchanged,
)
from cucurbit.simulate.core.shapes import (
    CallTerm,
    CheckShape,
    ColumnShape,
    ForeignKeyShape,
    IndexShape,
    KeyShape,
    TableShape,
    Term,
    TypeTerm,
    ValueTerm,
)

_SERIAL = {"INTEGER": "SERIAL", "BIGINT": "BIGSERIAL", "SMALLINT": "SMALLSERIAL"}
_NOW = {"postgresql": "now()", "mysql": "now()", "sqlite": "CURRENT_TIMESTAMP"}
_CANNOT = "SQLite cannot do this without building the table anew: write a revision with `--write-revision`"


def drift_sql(context: Context, drift: Drift) -> Iterator[str]:
    """The statements for the certain differences of one environment; comments for what cannot be written."""
    dialect = chosen_dialect(databases_of(context, drift.environment).dialects)
    writer = SqlWriter(dialect)
    yield f"-- {printable(drift.environment.config)}, {dialect}"
    certain = [each for each in drift.comparison.differences if each.certain]
    for difference, operation in written_operations(certain):
        try:
            if operation is None:
                raise NotWritable
            statements = [*writer.statements(operation)]
        except NotWritable:
            yield f"-- left out, as a value is not known: {printable(difference.message)}"
            continue
        except _Refused:
            yield f"-- {_CANNOT}: {printable(difference.message)}"
            continue
        yield from (f"{each};" for each in statements)
    for each in drift.comparison.differences:
        if not each.certain:
            yield f"-- not certain: {printable(each.message)}"


def chosen_dialect(possible: tuple[Dialect, ...]) -> Dialect:
    """One of the dialects that a database may have: the only one, else that of PostgreSQL if it may be it."""
    return (
        possible[0] if len(possible) == 1 else "postgresql" if "postgresql" in possible or not possible else possible[0]
    )


class _Refused(Exception):
    """The dialect has no statement for it."""


class SqlWriter:
    """Writes operations in one dialect.

    Raises:
        NotWritable: a value is not known.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def statements(self, each: ToWrite) -> Iterator[str]:
        """The statements of one operation, without the semicolons."""
        operation = each.operation
        if isinstance(operation, CreateTable):
            yield from self._create_table(operation.table, operation.shape)
        elif isinstance(operation, DropTable):
            yield f"DROP TABLE {self._table(operation.table)}"
        elif isinstance(operation, AddColumn):
            yield from self._types([operation.column])
            yield f"{self._alter(operation.table)} ADD COLUMN {self._column(operation.column)}"
            yield from self._column_comment(operation.table, operation.column.name, operation.column.comment)
        elif isinstance(operation, DropColumn):
            yield f"{self._alter(operation.table)} DROP COLUMN {self._name(operation.column.text)}"
        elif isinstance(operation, AlterColumn):
            yield from self._alter_column(operation, each.existing)
        elif isinstance(operation, CommentTable):
            yield from self._table_comment(operation.table, operation.comment)
        else:
            yield self._of_part(each)

    def _of_part(self, each: ToWrite) -> str:
        operation = each.operation
        if isinstance(operation, CreateIndex):
            return self._create_index(operation.table, operation.index)
        if isinstance(operation, DropIndex) and operation.table is not None:
            on = f" ON {self._table(operation.table)}" if self.dialect == "mysql" else ""
            schema = operation.table.schema if self.dialect != "mysql" else None
            return f"DROP INDEX {self._name(schema) + '.' if schema else ''}{self._name(operation.name.text)}{on}"
        if self.dialect == "sqlite":
            raise _Refused
        if isinstance(operation, AddConstraint) and not isinstance(operation.part, CheckShape):
            return f"{self._alter(operation.table)} ADD {self._constraint(operation.part)}"
        if isinstance(operation, DropConstraint) and operation.name is not None:
            kinds = {"foreignkey": "FOREIGN KEY", "unique": "INDEX"} if self.dialect == "mysql" else {}
            kind = kinds.get(operation.kind, "CONSTRAINT")
            return f"{self._alter(operation.table)} DROP {kind} {self._name(operation.name.text)}"
        raise NotWritable

    # ------------------------------------------------------------------- tables

    def _create_table(self, table: TableRef, shape: TableShape) -> Iterator[str]:
        if shape.open:
            raise NotWritable
        yield from self._types(shape.columns)
        key = shape.key_columns() or ()
        lines = [self._column(each, serial=self._is_serial(shape, each)) for each in shape.columns]
        if key:
            name = shape.primary_key.name if shape.primary_key is not None else None
            lines.append(f"{self._constraint_name(name)}PRIMARY KEY ({self._names(key)})")
        lines += [self._check(each) for each in shape.checks]
        lines += [self._constraint(each) for each in shape.foreign_keys]
        lines += [self._constraint(each) for each in shape.unique]
        text = ",\n    ".join(lines)
        comment = self._text(shape.comment) if shape.comment is not None else None
        inline = f" COMMENT={comment}" if comment is not None and self.dialect == "mysql" else ""
        yield f"CREATE TABLE {self._table(table)} (\n    {text}\n){inline}"
        if comment is not None and self.dialect == "postgresql":
            yield from self._table_comment(table, shape.comment)
        for each in shape.columns:
            yield from self._column_comment(table, each.name, each.comment)

    def _is_serial(self, shape: TableShape, column: ColumnShape) -> bool:
        """Whether the database counts the column up: the only one of the key, and nothing else fills it."""
        auto = isinstance(column.autoincrement, ValueTerm) and column.autoincrement.value in ("auto", True)
        fills = column.server_default, column.identity, column.computed, *column.foreign_keys
        return shape.key_columns() == (column.name,) and auto and not any(each is not None for each in fills)

    def _types(self, columns: Iterable[ColumnShape]) -> Iterator[str]:
        """The enum types of PostgreSQL that new columns need."""
        for each in columns:
            if self.dialect == "postgresql" and each.type_.name in ("Enum", "ENUM"):
                yield f"-- the enum type {printable(self._type(each.type_))} must exist"

    def _table_comment(self, table: TableRef, comment: Term | None) -> Iterator[str]:
        text = "NULL" if comment is None else self._text(comment)
        if self.dialect == "postgresql":
            yield f"COMMENT ON TABLE {self._table(table)} IS {text}"
        elif self.dialect == "mysql":
            yield f"{self._alter(table)} COMMENT {text if comment is not None else chr(39) * 2}"

    def _alter(self, table: TableRef) -> str:
        return f"ALTER TABLE {self._table(table)}"

    # ------------------------------------------------------------------ columns

    def _column(self, column: ColumnShape, *, serial: bool = False) -> str:
        if column.open or column.nullable is None or column.computed is not None or column.identity is not None:
            raise NotWritable
        type_ = self._type(column.type_)
        if serial and self.dialect == "postgresql":
            type_ = _SERIAL.get(type_, type_)
        text = f"{self._name(column.name)} {type_}"
        default = "" if column.server_default is None else f" DEFAULT {self._default(column.server_default)}"
        needed = "" if column.nullable else " NOT NULL"
        if self.dialect != "mysql":
            return f"{text}{default}{needed}"
        comment = "" if column.comment is None else f" COMMENT {self._text(column.comment)}"
        return f"{text}{needed}{comment}{' AUTO_INCREMENT' if serial and 'INT' in type_ else default}"

    def _column_comment(self, table: TableRef, name: str, comment: Term | None, *, drop: bool = False) -> Iterator[str]:
        if self.dialect == "postgresql" and (comment is not None or drop):
            text = "NULL" if comment is None else self._text(comment)
            yield f"COMMENT ON COLUMN {self._table(table)}.{self._name(name)} IS {text}"

    def _alter_column(self, operation: AlterColumn, old: ColumnShape | None) -> Iterator[str]:
        if self.dialect == "sqlite":
            raise _Refused
        if self.dialect == "mysql":
            yield self._modify(operation, old)
            return
        head = f"{self._alter(operation.table)} ALTER COLUMN {self._name(operation.column.text)}"
        if not isinstance(operation.nullable, Unchanged):
            yield f"{head} {'DROP' if operation.nullable else 'SET'} NOT NULL"
        if not isinstance(operation.server_default, Unchanged):
            default = operation.server_default
            yield f"{head} DROP DEFAULT" if default is None else f"{head} SET DEFAULT {self._default(default)}"
        if not isinstance(operation.type_, Unchanged):
            yield f"{head} TYPE {self._type(operation.type_)}"
        if not isinstance(operation.comment, Unchanged):
            yield from self._column_comment(operation.table, operation.column.text, operation.comment, drop=True)

    def _modify(self, operation: AlterColumn, old: ColumnShape | None) -> str:
        """MySQL: all that the column has is written again."""
        if old is None:
            raise NotWritable
        type_ = old.type_ if isinstance(operation.type_, Unchanged) else operation.type_
        nullable = old.nullable if isinstance(operation.nullable, Unchanged) else operation.nullable
        default = old.server_default if isinstance(operation.server_default, Unchanged) else operation.server_default
        comment = old.comment if isinstance(operation.comment, Unchanged) else operation.comment
        if nullable is None:
            raise NotWritable
        text = f"{self._alter(operation.table)} MODIFY {self._name(operation.column.text)} {self._type(type_)}"
        text += " NULL" if nullable else " NOT NULL"
        text += "" if default is None else f" DEFAULT {self._default(default)}"
        return text + ("" if comment is None else f" COMMENT {self._text(comment)}")

    def _type(self, type_: TypeTerm) -> str:
        found = written(type_, self.dialect)
        if found is None or not found.possible or type_.item is not None:
            raise NotWritable
        if found.values is not None:
            return f"ENUM({', '.join(_quoted(each) for each in type_.values or ())})"
        if found.args is None:
            raise NotWritable
        if self.dialect == "postgresql" and type_.name in ("Enum", "ENUM") and len(found.words) == 1 and not found.args:
            name = type_.argument("name")
            return self._name(name.text) if isinstance(name, ValueTerm) and name.text else self._name(found.words[0])
        text = " ".join(found.words).upper()
        if not found.args:
            return text
        # `TIMESTAMP(3) WITH TIME ZONE` is not written here: its precision is not known.
        return f"{text}({', '.join(found.args)})"

    # -------------------------------------------------------------- constraints

    def _constraint(self, part: KeyShape | ForeignKeyShape) -> str:
        name = self._constraint_name(part.name)
        columns = self._names(each.text for each in part.columns)
        if not part.certain or not part.columns:
            raise NotWritable
        if isinstance(part, KeyShape):
            return f"{name}UNIQUE ({columns})"
        targets = [each.text.text.rpartition(".") for each in part.targets if each.text is not None]
        if len(targets) != len(part.columns):
            raise NotWritable
        schema, _, table = targets[0][0].rpartition(".")
        target = f"{self._name(schema)}.{self._name(table)}" if schema else self._name(table)
        text = f"{name}FOREIGN KEY ({columns}) REFERENCES {target} ({self._names(each[2] for each in targets)})"
        for option, words in (("ondelete", "ON DELETE"), ("onupdate", "ON UPDATE")):
            given = part.option(option)
            if isinstance(given, ValueTerm) and given.text:
                text += f" {words} {given.text}"
        return text

    def _check(self, part: CheckShape) -> str:
        condition = part.condition
        while isinstance(condition, CallTerm) and condition.args:
            condition = condition.args[0]
        if not isinstance(condition, ValueTerm) or condition.text is None or not part.certain:
            raise NotWritable
        return f"{self._constraint_name(part.name)}CHECK ({printable(condition.text)})"

    def _constraint_name(self, name: Term | None) -> str:
        if name is None:
            return ""
        if not isinstance(name, ValueTerm) or name.text is None:
            raise NotWritable
        return f"CONSTRAINT {self._name(name.text)} "

    def _create_index(self, table: TableRef, index: IndexShape) -> str:
        if not isinstance(index.name, ValueTerm) or index.name.text is None or index.unique is None or index.options:
            raise NotWritable
        unique = "UNIQUE " if index.unique else ""
        columns = self._names(each.text for each in index.columns)
        return f"CREATE {unique}INDEX {self._name(index.name.text)} ON {self._table(table)} ({columns})"

    # -------------------------------------------------------------- names, texts

    def _default(self, term: Term) -> str:
        if isinstance(term, ValueTerm) and term.text is not None:
            return _quoted(term.text)
        if isinstance(term, CallTerm) and not term.keywords:
            name = term.made_by.rpartition(".")[2].removesuffix("()")
            first = term.args[0] if len(term.args) == 1 else None
            if name in ("text", "literal_column") and isinstance(first, ValueTerm) and first.text is not None:
                return printable(first.text)
            if name == "now" and not term.args:
                return _NOW[self.dialect]
            if name in ("true", "false") and not term.args:
                return name if self.dialect != "sqlite" else str(int(name == "true"))
        raise NotWritable

    def _text(self, term: Term) -> str:
        if not isinstance(term, ValueTerm) or term.text is None:
            raise NotWritable
        return _quoted(term.text)

    def _table(self, table: TableRef) -> str:
        name = self._name(table.name.text)
        return f"{self._name(table.schema)}.{name}" if table.schema else name

    def _names(self, names: Iterable[str]) -> str:
        return ", ".join(self._name(each) for each in names)

    def _name(self, text: str) -> str:
        sign = "`" if self.dialect == "mysql" else '"'
        return f"{sign}{printable(text).replace(sign, sign * 2)}{sign}"


def _quoted(text: str) -> str:
    return "'" + printable(text).replace("'", "''") + "'"
