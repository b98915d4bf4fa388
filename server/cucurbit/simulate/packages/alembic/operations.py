"""``alembic.op`` in a revision: each call is written as an event that says what it does to the schema.

Facts from alembic/operations/ops.py (signatures) and alembic/operations/toimpl.py (what each does). Only the entry
points of kind :attr:`EntryKind.REVISION` write these events: in the run of a whole program, which revisions are pending
is not known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.operations import (
    CONSTRAINT_KINDS,
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
    SentStatement,
    TableRef,
    Unchanged,
)
from cucurbit.simulate.core.schema import Step, touched
from cucurbit.simulate.core.shapes import (
    CheckShape,
    ColumnTarget,
    ForeignKeyShape,
    IndexShape,
    KeyShape,
    Named,
    Term,
    UnknownTerm,
)
from cucurbit.simulate.core.timeline import EventKind, MetaDataId, Place, TableDefinition
from cucurbit.simulate.core.values import (
    CallSite,
    Choice,
    Constant,
    ExternalObject,
    FunctionValue,
    Unknown,
    Value,
    options_of,
    text_of,
)
from cucurbit.simulate.packages.alembic import context
from cucurbit.simulate.packages.alembic.inspector import DatabaseOfRevision
from cucurbit.simulate.packages.alembic.signatures import check_arguments
from cucurbit.simulate.packages.alembic.sql import operations_at, operations_in
from cucurbit.simulate.packages.alembic.unseen import SENDS, is_connection, may_change, why_changed
from cucurbit.simulate.packages.sqlalchemy.shapes.columns import ColumnMaker, given_name, items_of
from cucurbit.simulate.packages.sqlalchemy.shapes.python_types import TypeMap
from cucurbit.simulate.packages.sqlalchemy.shapes.tables import TableParts
from cucurbit.simulate.packages.sqlalchemy.shapes.terms import is_column, named, term, truth
from cucurbit.simulate.packages.sqlalchemy.shapes.types import type_term
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.model import EntryKind

_COST = 20
"""The steps that an operation counts for: it is applied to a schema, and judged, later."""

_OP = "alembic.op"
_BATCH = f"{_OP}.batch_alter_table()"
_DATABASE = MetaDataId(_OP, "", None)
"""Stands for the database in the shapes of its tables."""

_CHANGE_NOTHING = frozenset(
    {
        *("f", "get_bind", "get_context", "inline_literal", "bulk_insert", "batch_alter_table"),
        *("create_entity", "drop_entity", "replace_entity", "revert_entity"),
        *("create_exclude_constraint", "sync_enum_values"),
    }
)
"""Operations that change nothing that a shape says; ``batch_alter_table`` alone changes nothing.

Those of entities are of alembic_utils: functions, views, triggers and the like. ``sync_enum_values`` is of
alembic_postgresql_enum: it gives columns the values of their enum type anew.
"""

_GEOSPATIAL = {
    **dict.fromkeys(("create_geospatial_table", "drop_geospatial_table"), 0),
    **dict.fromkeys(("add_geospatial_column", "drop_geospatial_column"), 0),
    **dict.fromkeys(("create_geospatial_index", "drop_geospatial_index"), 1),
}
"""Operations of GeoAlchemy2, which creates indexes of its own: of each the parameter that is the table."""

_REDEFINES = frozenset({"copy_from", "table_args", "reflect_args", "reflect_kwargs"})
"""Arguments of a batch that give the table more than it has."""

_UNINDENTED = ("textwrap.dedent", "inspect.cleandoc")
_OF_SEQUENCES = re.compile(r"^sqlalchemy\.[\w.]*\b(?:Create|Drop)Sequence$")
_OF_TEXT = re.compile(r"(?:sqlalchemy|sqlmodel)\.[\w.]*\b(?:text|DDL)\(\)\.")
_OF_ROWS = ("sqlalchemy.", "sqlmodel.", f"{_OP}.create_table()")
"""Beginnings of what makes a statement that reads or writes rows."""


# ------------------------------------------------------------------------- the run


def run_revision(machine: Machine, path: str, function: str) -> None:
    """Execute a revision file as ``load_python_file`` does, then call ``upgrade`` or ``downgrade`` in it.

    Raises:
        Raised: what the file or the function certainly raises.
    """
    site = CallSite(Place(path, WHOLE_FILE), "alembic.config.Config", None, (), {})
    context.enter(machine, ExternalObject(site.name, site, machine.state.cells()))
    module = machine.execute_file(re.sub(r"\W", "_", posixpath.basename(path)), path)
    found = module.names.get(function)
    if isinstance(found, FunctionValue):
        machine.call(found, CallSite(found.place, "", None, (), {}))
    elif found is not None or module.open:
        _any_change(machine, Place(path, WHOLE_FILE), f"`{function}` is not known")


def on_call(machine: Machine, call: CallSite) -> None:
    """Write what a call does to the schema, in a revision."""
    if machine.entry.kind is not EntryKind.REVISION or machine.in_import or machine.is_failing:
        # A database whose upgrade fails is not the one that later revisions find.
        return
    head, _, name = call.name.rpartition(".")
    if head in (_OP, _BATCH):
        check_arguments(machine, call, name, batch=head == _BATCH)
        _operation(machine, call, name, batch=head == _BATCH)
    elif name in SENDS:
        _send(machine, call)
    elif name in _OF_ENUM and _ENUM.match(head):
        _send_of_enum(machine, call, name)
    else:
        why = why_changed(machine, call)
        if why is not None:
            _any_change(machine, call.place, why)


def on_not_followed(machine: Machine, function: FunctionValue) -> None:
    """Write that a function may have been called that is not followed."""
    if machine.entry.kind is EntryKind.REVISION and not machine.in_import and may_change(machine, function):
        _any_change(machine, function.place, f"`{function.name}` may be called by code that is not followed")


def _emit(machine: Machine, place: Place, operation: Operation) -> None:
    machine.spend(_COST)
    certain = not machine.is_guarded
    machine.emit(EventKind.OPERATION, place, shape=operation, certain=certain)
    machine.package_state(DatabaseOfRevision).add(Step(operation, certain and machine.certain, place))


def _any_change(machine: Machine, place: Place, why: str, table: TableRef | None = None) -> None:
    _emit(machine, place, AnyChange(None if table is None else (table,), why))


# -------------------------------------------------------------------------- SQL


def _send(machine: Machine, call: CallSite) -> None:
    """``op.execute(...)``, ``connection.execute(...)``."""
    if not (call.args or call.kwargs or not call.complete):
        # `query.scalar()`
        return
    given = _unwrapped(call.args[0] if call.args else next(iter(call.kwargs.values()), None))
    sent = SentStatement(None if given is None else text_of(given))
    machine.emit(EventKind.OPERATION, call.place, shape=sent, certain=not machine.is_guarded)
    # Another connection may be that of another database.
    own = call.name.startswith("alembic.") or is_connection(call.receiver)
    choices = options_of(given) if isinstance(given, Choice) else (given,)
    for choice in choices:
        for each in _sent(_unwrapped(choice), call.place):
            if len(choices) > 1:
                _emit(machine, call.place, _doubt(each, "SQL of which one of several texts is sent"))
            else:
                _emit(machine, call.place, each if own else _doubt(each))


_ENUM = re.compile(r"(?:sqlalchemy|sqlmodel)\.(?:[\w.]+\.)?(?:Enum|ENUM)\(\)\Z")
_OF_ENUM = {"create": "CREATE TYPE", "drop": "DROP TYPE"}
"""What the methods of an enum type send to PostgreSQL; for another database they send nothing."""


def _send_of_enum(machine: Machine, call: CallSite, name: str) -> None:
    """``sa.Enum(..., name="kind").create(op.get_bind())``."""
    made = call.receiver.call if isinstance(call.receiver, ExternalObject) else None
    named = text_of(made.kwargs.get("name")) if made is not None and "schema" not in made.kwargs else None
    if named is not None:
        sent = SentStatement(f"{_OF_ENUM[name]} {named}")
        machine.emit(EventKind.OPERATION, call.place, shape=sent, certain=not machine.is_guarded)


def _sent(given: Value | None, place: Place) -> Iterable[Operation]:
    """What a statement does to the schema."""
    if isinstance(given, ExternalObject) and (given.made_by.startswith(_OF_ROWS) and not _is_ddl(given)):
        return ()
    if isinstance(given, ExternalObject) and _OF_SEQUENCES.search(given.made_by):
        return ()
    text = None if given is None else text_of(given)
    if text is not None:
        return operations_in(text, place)
    return operations_at(given.beginning if isinstance(given, Unknown) else "")


def _unwrapped(value: Value | None) -> Value | None:
    """The text of ``text("...").bindparams(...)``, ``DDL("...")`` or ``dedent("...")``."""
    while isinstance(value, ExternalObject):
        call = value.call
        if value.made_by in _UNINDENTED or value.made_by.rpartition(".")[2] in ("text", "DDL"):
            value = call.args[0] if call.args else next(iter(call.kwargs.values()), None)
        elif _OF_TEXT.match(value.made_by):
            value = call.receiver
        else:
            break
    return value


def _doubt(operation: Operation, why: str = "SQL that is sent to a connection that is not known") -> AnyChange:
    if isinstance(operation, AnyChange):
        return AnyChange(operation.tables, why)
    tables = tuple(touched(operation))
    return AnyChange(tables or None, why)


def _is_ddl(value: ExternalObject) -> bool:
    name = value.made_by.rpartition(".")[2]
    return "schema." in value.made_by or name.startswith(("Create", "Drop", "Add", "Alter"))


# ------------------------------------------------------------------- operations


@dataclass(frozen=True)
class _Arguments:
    """The arguments of an operation, by the names of its parameters; ``table`` is that of the batch."""

    machine: Machine
    call: CallSite
    given: Mapping[str, Value]
    table: TableRef | None = None

    @property
    def in_batch(self) -> bool:
        return self.table is not None

    def value(self, *names: str) -> Value | None:
        return next((self.given[name] for name in names if name in self.given), None)

    def name(self, *names: str) -> Named | None:
        found = self.value(*names)
        return None if found is None else _name(found)

    def flag(self, name: str) -> bool | None:
        return truth(self.given.get(name), complete=self.call.complete)

    def ref(self, *names: str, schema: str = "schema") -> TableRef | None:
        """The table; that of the batch. None if it is not known."""
        if self.table is not None:
            return self.table
        name = self.name(*names)
        return None if name is None else _ref(name, self.given.get(schema), self.call.complete)

    def constraint_name(self, name: str) -> Term | None:
        found = self.given.get(name)
        if isinstance(found, ExternalObject) and _is_marked(found):
            found = found.call.args[0]
        return given_name(self.machine, found, self.call.complete)

    def columns(self, name: str) -> tuple[tuple[Named, ...], bool]:
        """The columns that are given by name, and whether these are all."""
        found = self.given.get(name)
        items = items_of(found)
        if found is not None and items is None and text_of(found) is not None:
            items = (found,)
        names = [_name(each) for each in items or ()]
        return tuple(each for each in names if each is not None), items is not None and None not in names


def _name(value: Value) -> Named | None:
    """A name, which may be marked with ``op.f``."""
    if isinstance(value, ExternalObject) and _is_marked(value):
        return _name(value.call.args[0])
    return named(value)


def _is_marked(value: ExternalObject) -> bool:
    """``op.f("name")``: the naming convention does not apply."""
    return value.made_by.rpartition(".")[2] in ("f", "quoted_name", "conv") and bool(value.call.args)


def _ref(name: Named, schema: Value | None, complete: bool = True) -> TableRef | None:
    if schema is None or schema == Constant(None):
        return TableRef(name) if complete else None
    text = text_of(schema)
    return None if text is None else TableRef(name, text)


_SIGNATURES: Mapping[str, tuple[str, ...]] = {
    "drop_table": ("table_name",),
    "rename_table": ("old_table_name", "new_table_name"),
    "add_column": ("table_name", "column"),
    "drop_column": ("table_name", "column_name"),
    "alter_column": ("table_name", "column_name"),
    "create_index": ("index_name", "table_name", "columns"),
    "drop_index": ("index_name", "table_name"),
    "create_foreign_key": ("constraint_name", "source_table", "referent_table", "local_cols", "remote_cols"),
    "create_unique_constraint": ("constraint_name", "table_name", "columns"),
    "create_primary_key": ("constraint_name", "table_name", "columns"),
    "create_check_constraint": ("constraint_name", "table_name", "condition"),
    "drop_constraint": ("constraint_name", "table_name", "type_"),
    "create_table_comment": ("table_name", "comment"),
    "drop_table_comment": ("table_name",),
}
"""The positional parameters; in a batch, the table is left out."""

_TABLE_PARAMETERS = frozenset({"table_name", "source_table"})


def _operation(machine: Machine, call: CallSite, name: str, *, batch: bool) -> None:
    table: TableRef | None = None
    if batch:
        opened = call.receiver.call if isinstance(call.receiver, ExternalObject) else None
        table = None if opened is None else _table_of_batch(opened)
        if table is None and name not in _CHANGE_NOTHING:
            _any_change(machine, call.place, "the table of a batch is not known")
            return
    if name == "execute":
        _send(machine, call)
        return
    if name == "batch_alter_table" and not _REDEFINES.isdisjoint(call.kwargs):
        _any_change(machine, call.place, "a batch that is given more of the table", _table_of_batch(call))
    if name in _CHANGE_NOTHING:
        return
    if name == "create_table" and not batch:
        _create_table(machine, call)
        return
    if name in _GEOSPATIAL:
        _any_change(machine, call.place, f"`op.{name}`", table or _geospatial_table(call, name))
        return
    make = _MAKERS.get(name)
    if make is None:
        _any_change(machine, call.place, f"`op.{name}` is not known")
        return
    parameters = [each for each in _SIGNATURES[name] if not (batch and each in _TABLE_PARAMETERS)]
    given = {**dict(zip(parameters, call.args, strict=False)), **call.kwargs}
    arguments = _Arguments(machine, call, given, table)
    operation = make(arguments)
    if operation is None:
        known = arguments.ref("table_name", "source_table", "old_table_name")
        _any_change(machine, call.place, f"`op.{name}` with arguments that are not known", known)
        return
    _emit(machine, call.place, operation)


def _geospatial_table(call: CallSite, name: str) -> TableRef | None:
    given = call.argument(_GEOSPATIAL[name], "table_name")
    found = None if given is None else _name(given)
    return None if found is None else _ref(found, call.kwargs.get("schema"), call.complete)


def _table_of_batch(opened: CallSite) -> TableRef | None:
    given = opened.argument(0, "table_name")
    name = None if given is None else _name(given)
    return None if name is None else _ref(name, opened.argument(1, "schema"), opened.complete)


def _create_table(machine: Machine, call: CallSite) -> None:
    name = (
        _name(call.args[0]) if call.args else _name(call.kwargs["table_name"]) if "table_name" in call.kwargs else None
    )
    table = None if name is None else _ref(name, call.kwargs.get("schema"), call.complete or "schema" in call.kwargs)
    if table is None:
        _any_change(machine, call.place, "a table whose name is not known")
        return
    if "prefixes" in call.kwargs:
        _any_change(machine, call.place, "a table that may be temporary", table)
        return
    options = {key: each for key, each in call.kwargs.items() if key not in ("if_not_exists", "table_name")}
    parts = TableParts(machine, keywords=options)
    parts.name_place = table.name.place
    if not call.complete:
        parts.doubt("arguments of the table that are not known")
    parts.add_items(call.args[1:], ColumnMaker(machine, TypeMap(machine)))
    definition = TableDefinition(
        _DATABASE, table.key, "", machine.module.name, call.place, table.name.place, lets_pass=False, in_function=True
    )
    shape = parts.shape(definition, table.name.text, table.schema)
    if_not_exists = truth(call.kwargs.get("if_not_exists"), complete=call.complete)
    # The naming convention is that of `target_metadata`, which this revision does not show.
    _emit(machine, call.place, CreateTable(table, replace(shape, convention=None), if_not_exists))


def _drop_table(given: _Arguments) -> Operation | None:
    table = given.ref("table_name", "name")
    return None if table is None else DropTable(table, given.flag("if_exists"))


def _rename_table(given: _Arguments) -> Operation | None:
    table, new = given.ref("old_table_name"), given.name("new_table_name")
    return None if table is None or new is None else RenameTable(table, new)


def _add_column(given: _Arguments) -> Operation | None:
    table, value = given.ref("table_name"), given.value("column")
    if table is None or value is None or not is_column(given.machine, value):
        return None
    column = ColumnMaker(given.machine, TypeMap(given.machine)).shape(value)
    return None if column is None else AddColumn(table, column, given.flag("if_not_exists"), given.in_batch)


def _drop_column(given: _Arguments) -> Operation | None:
    table, column = given.ref("table_name"), given.name("column_name")
    return None if table is None or column is None else DropColumn(table, column, given.flag("if_exists"))


def _alter_column(given: _Arguments) -> Operation | None:
    table, column = given.ref("table_name"), given.name("column_name")
    nullable, type_ = given.value("nullable"), given.value("type_")
    new = given.value("new_column_name", "name")
    new_name = None if new is None or new == Constant(None) else _name(new)
    if not given.call.complete or (new_name is None and new not in (None, Constant(None))):
        return None
    if table is None or column is None:
        return _alter_any(given, table) if new_name is None else None
    machine = given.machine
    return AlterColumn(
        table,
        column,
        nullable=UNCHANGED if nullable is None or nullable == Constant(None) else truth(nullable),
        type_=UNCHANGED if type_ is None or type_ == Constant(None) else type_term(machine, type_),
        server_default=_changed(machine, given.value("server_default")),
        comment=_changed(machine, given.value("comment")),
        new_name=new_name,
        using="postgresql_using" in given.given,
        batch=given.in_batch,
    )


def _alter_any(given: _Arguments, table: TableRef | None) -> AlterAny:
    def changes(name: str, unchanged: bool | None) -> bool:
        value = given.value(name)
        return value is not None and value != Constant(unchanged)

    return AlterAny(
        table,
        nullable=changes("nullable", None),
        type_=changes("type_", None),
        server_default=changes("server_default", False),
        comment=changes("comment", False),
    )


def _changed(machine: Machine, value: Value | None) -> Term | Unchanged | None:
    if value is None or value == Constant(False):
        return UNCHANGED
    return None if value == Constant(None) else term(machine, value)


def _create_index(given: _Arguments) -> Operation | None:
    table = given.ref("table_name")
    if table is None:
        return None
    columns, exact = given.columns("columns")
    items = items_of(given.value("columns")) or ()
    expressions = tuple(term(given.machine, each) for each in items if _name(each) is None)
    known = {"index_name", "table_name", "columns", "schema", "unique", "if_not_exists", "quote"}
    options = tuple((key, term(given.machine, each)) for key, each in given.given.items() if key not in known)
    index = IndexShape(
        columns,
        expressions,
        given.flag("unique"),
        given.constraint_name("index_name"),
        options,
        given.call.place,
        exact,
    )
    return CreateIndex(table, index, given.flag("if_not_exists"), given.in_batch)


def _drop_index(given: _Arguments) -> Operation | None:
    name, table = given.name("index_name"), given.ref("table_name")
    if name is None or (table is None and given.value("table_name") not in (None, Constant(None))):
        return None
    return DropIndex(table, name, given.flag("if_exists"))


def _create_key(given: _Arguments, *, primary: bool = False) -> Operation | None:
    table = given.ref("table_name")
    if table is None:
        return None
    columns, exact = given.columns("columns")
    name = given.constraint_name("constraint_name")
    return AddConstraint(table, KeyShape(columns, name, given.call.place, exact), primary, given.in_batch)


def _create_check(given: _Arguments) -> Operation | None:
    table, condition = given.ref("table_name"), given.value("condition")
    if table is None:
        return None
    what = UnknownTerm("a condition") if condition is None else term(given.machine, condition)
    known = {*_SIGNATURES["create_check_constraint"], "schema", "source"}
    options = tuple((key, term(given.machine, each)) for key, each in given.given.items() if key not in known)
    check = CheckShape(what, given.constraint_name("constraint_name"), given.call.place, options=options)
    return AddConstraint(table, check, batch=given.in_batch)


def _create_foreign_key(given: _Arguments) -> Operation | None:
    table = given.ref("source_table", schema="source_schema")
    if table is None:
        return None
    target = given.name("referent_table")
    referred = None if target is None else _ref(target, given.given.get("referent_schema"))
    columns, exact = given.columns("local_cols")
    remote, all_ = given.columns("remote_cols")
    targets = (
        ()
        if referred is None
        else tuple(ColumnTarget(Named(f"{referred.key}.{each.text}", each.place)) for each in remote)
    )
    known = {*_SIGNATURES["create_foreign_key"], "source_schema", "referent_schema"}
    options = tuple((key, term(given.machine, each)) for key, each in given.given.items() if key not in known)
    certain = exact and all_ and referred is not None
    key = ForeignKeyShape(
        columns, targets, given.constraint_name("constraint_name"), options, given.call.place, certain=certain
    )
    return AddConstraint(table, key, batch=given.in_batch)


def _drop_constraint(given: _Arguments) -> Operation | None:
    table, name = given.ref("table_name"), given.name("constraint_name", "name")
    if table is None or (name is None and given.value("constraint_name", "name") != Constant(None)):
        return None
    kind = CONSTRAINT_KINDS.get(text_of(given.value("type_", "type")) or "", "")
    return DropConstraint(table, name, kind, given.flag("if_exists"), given.in_batch)


def _comment_table(given: _Arguments) -> Operation | None:
    table, comment = given.ref("table_name"), given.value("comment")
    if table is None:
        return None
    return CommentTable(table, UnknownTerm("a comment") if comment is None else term(given.machine, comment))


def _drop_comment(given: _Arguments) -> Operation | None:
    table = given.ref("table_name")
    return None if table is None else CommentTable(table, None)


_MAKERS: Mapping[str, Callable[[_Arguments], Operation | None]] = {
    "create_table_comment": _comment_table,
    "drop_table_comment": _drop_comment,
    "drop_table": _drop_table,
    "rename_table": _rename_table,
    "add_column": _add_column,
    "drop_column": _drop_column,
    "alter_column": _alter_column,
    "create_index": _create_index,
    "drop_index": _drop_index,
    "create_foreign_key": _create_foreign_key,
    "create_unique_constraint": _create_key,
    "create_primary_key": lambda given: _create_key(given, primary=True),
    "create_check_constraint": _create_check,
    "drop_constraint": _drop_constraint,
}
