"""Differences as operations of Alembic in Python: the bodies of ``upgrade`` and ``downgrade`` of a new revision.

Facts from alembic/autogenerate/render.py and alembic/operations/ops.py (which operation undoes which).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cucurbit.analysis.drift.difference import Difference
from cucurbit.simulate.core.shapes import (
    CallTerm,
    CheckShape,
    ClassTerm,
    ColumnShape,
    ForeignKeyShape,
    IndexShape,
    ItemsTerm,
    KeyShape,
    NameTerm,
    TableShape,
    Term,
    TypeTerm,
    ValueTerm,
)

_INDENT = "    "


class _NotWritable(Exception):
    """Something whose source is not known."""


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
    writer = _OperationWriter(batch)
    done: list[tuple[list[str], list[str]]] = []
    left_out = []
    for each in _in_order(list(differences)):
        try:
            done.append((writer.lines(each, undone=False), writer.lines(each, undone=True)))
        except _NotWritable:
            left_out.append(each.message)
    upgrade = [line for lines, _ in done for line in lines]
    downgrade = [line for _, lines in reversed(done) for line in lines]
    return RevisionBody(tuple(upgrade), tuple(downgrade), tuple(sorted(writer.imports)), tuple(left_out))


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


@dataclass
class _OperationWriter:
    batch: bool
    imports: set[str] = field(default_factory=set)

    def lines(self, each: Difference, *, undone: bool) -> list[str]:
        """The lines of one difference; ``undone``: those that lead back."""
        adds = each.op.startswith("add_") is not undone
        shape = each.model if each.op.startswith("add_") else each.standing
        if isinstance(shape, TableShape):
            return self._create_table(shape) if adds else [f"op.drop_table({self._table(shape)})"]
        if each.op.startswith("modify_"):
            return self._alter(each, undone=undone)
        if isinstance(shape, ColumnShape):
            if adds:
                return self._on(each.table, "add_column", self._column(shape))
            return self._on(each.table, "drop_column", repr(shape.name))
        if isinstance(shape, IndexShape):
            return self._index(each, shape, adds=adds)
        if isinstance(shape, KeyShape):
            return self._unique(each, shape, adds=adds)
        if isinstance(shape, ForeignKeyShape):
            return self._foreign_key(each, shape, adds=adds)
        raise _NotWritable

    # ------------------------------------------------------------------ operations

    def _on(self, table: str, operation: str, *arguments: str, first: int = 0) -> list[str]:
        """An operation on a table, whose name is the argument number ``first``; in a batch it has none."""
        schema, _, name = table.rpartition(".")
        option = f"schema={schema!r}" if schema else "schema=None"
        if self.batch:
            inside = f"{_INDENT}batch_op.{operation}({', '.join(arguments)})".replace("op.f(", "batch_op.f(")
            return [f"with op.batch_alter_table({name!r}, {option}) as batch_op:", inside]
        own = [*arguments[:first], repr(name), *arguments[first:], *([option] if schema else [])]
        return [f"op.{operation}({', '.join(own)})"]

    def _table(self, shape: TableShape) -> str:
        return f"{shape.name!r}" + (f", schema={shape.schema!r}" if shape.schema else "")

    def _create_table(self, shape: TableShape) -> list[str]:
        if shape.open:
            raise _NotWritable
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
            raise _NotWritable
        names = [repr(each.name) for each in columns if each is not None]
        return f"sa.{kind}({', '.join([*names, *self._naming(part.name)])})"

    def _naming(self, name: Term | None) -> list[str]:
        return [] if name is None else [f"name={self._marked(name)}"]

    def _marked(self, name: Term | None) -> str:
        """The name of a constraint, marked as final: no convention applies to it again."""
        if name is None:
            return "None"
        if not isinstance(name, ValueTerm) or name.text is None:
            raise _NotWritable
        return f"op.f({name.text!r})"

    def _check(self, part: CheckShape) -> str:
        return f"sa.CheckConstraint({', '.join([self._term(part.condition), *self._naming(part.name)])})"

    def _key_constraint(self, part: ForeignKeyShape) -> str:
        columns, targets = [each.text for each in part.columns], [each.text for each in part.targets]
        if not part.certain or None in targets:
            raise _NotWritable
        remote = [each.text for each in targets if each is not None]
        options = [f"{name}={self._term(value)}" for name, value in part.options]
        return (
            f"sa.ForeignKeyConstraint({', '.join([repr(columns), repr(remote), *self._naming(part.name), *options])})"
        )

    def _index(self, each: Difference, shape: IndexShape, *, adds: bool) -> list[str]:
        name = f"op.f({each.name!r})"
        if not adds:
            schema, _, table = each.table.rpartition(".")
            if self.batch:
                return self._on(each.table, "drop_index", name)
            return [f"op.drop_index({name}, table_name={table!r}{f', schema={schema!r}' if schema else ''})"]
        if not each.names or shape.unique is None or each.name is None:
            raise _NotWritable
        options = [f"{key}={self._term(value)}" for key, value in shape.options]
        return self._on(
            each.table, "create_index", name, repr(list(each.names)), f"unique={shape.unique}", *options, first=1
        )

    def _unique(self, each: Difference, shape: KeyShape, *, adds: bool) -> list[str]:
        name = "None" if each.name is None else f"op.f({each.name!r})"
        if not adds:
            return self._on(each.table, "drop_constraint", name, "type_='unique'", first=1)
        if not each.names or not shape.exact:
            raise _NotWritable
        return self._on(each.table, "create_unique_constraint", name, repr(list(each.names)), first=1)

    def _foreign_key(self, each: Difference, shape: ForeignKeyShape, *, adds: bool) -> list[str]:
        name = "None" if each.name is None else f"op.f({each.name!r})"
        if not adds:
            return self._on(each.table, "drop_constraint", name, "type_='foreignkey'", first=1)
        count = len(shape.columns)
        columns, target, remote = list(each.names[:count]), each.names[count], list(each.names[count + 1 :])
        schema, _, table = target.rpartition(".")
        options = [f"{key}={self._term(value)}" for key, value in shape.options if key != "use_alter"]
        given = [name, repr(table), repr(columns), repr(remote), *options]
        given += [f"referent_schema={schema!r}"] if schema else []
        lines = self._on(each.table, "create_foreign_key", *given, first=1)
        return lines if self.batch else [line.replace("), schema=", "), source_schema=") for line in lines]

    def _alter(self, each: Difference, *, undone: bool) -> list[str]:
        new, old = (each.standing, each.model) if undone else (each.model, each.standing)
        if not isinstance(new, ColumnShape) or not isinstance(old, ColumnShape):
            raise _NotWritable
        given = [repr(old.name)]
        existing = self._type_or_none(old.type_)
        given += [f"existing_type={existing}"] if existing else []
        if each.op == "modify_type":
            given.append(f"type_={self._type(new.type_)}")
        if each.op == "modify_nullable":
            given.append(f"nullable={new.nullable}")
        elif old.nullable is not None:
            given.append(f"existing_nullable={old.nullable}")
        if each.op == "modify_default":
            given.append(f"server_default={self._default(new.server_default)}")
        if each.op == "modify_comment":
            given.append(f"comment={self._term(new.comment) if new.comment is not None else None}")
            given += [f"existing_comment={self._term(old.comment)}"] if old.comment is not None else []
        return self._on(each.table, "alter_column", *given)

    def _type_or_none(self, type_: TypeTerm) -> str:
        try:
            return self._type(type_)
        except _NotWritable:
            return ""

    # -------------------------------------------------------------------- columns

    def _column(self, shape: ColumnShape) -> str:
        if shape.open or shape.nullable is None:
            raise _NotWritable
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
            raise _NotWritable
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
        raise _NotWritable

    def _items(self, term: ItemsTerm) -> str:
        values = [self._term(each) for each in term.items]
        if term.kind == "list":
            return f"[{', '.join(values)}]"
        if term.kind == "tuple":
            return f"({', '.join(values)}{',' if len(values) == 1 else ''})"
        if term.kind == "dict":
            pairs = zip(term.keys, values, strict=True)
            return f"{{{', '.join(f'{key!r}: {value}' for key, value in pairs)}}}"
        raise _NotWritable

    def _dotted(self, dotted: str) -> str:
        root, _, rest = dotted.partition(".")
        if root == "builtins":
            return rest
        if root != "sqlalchemy" or not rest:
            raise _NotWritable
        parts = rest.split(".")
        if parts[0] == "dialects" and len(parts) > 2:
            self.imports.add(f"from sqlalchemy.dialects import {parts[1]}")
            return ".".join(parts[1:])
        # `sqlalchemy.sql.func.now` and `sqlalchemy.sql.expression.text` are names of `sqlalchemy` too.
        while parts[0] in ("sql", "expression", "functions", "schema", "types", "sqltypes") and len(parts) > 1:
            parts = parts[1:]
        return f"sa.{'.'.join(parts)}"
