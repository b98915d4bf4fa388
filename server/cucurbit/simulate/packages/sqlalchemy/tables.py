"""The registration of tables in a MetaData: by ``Table(...)`` and by mapped classes.

Follows ``sqlalchemy.sql.schema.Table._new`` (1.4, 2.0 and 2.1 alike).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

from cucurbit.simulate.core.machine import Handlers, Machine
from cucurbit.simulate.core.shapes import TableShape
from cucurbit.simulate.core.timeline import CutKind, EventKind, Failure, Place, TableDefinition
from cucurbit.simulate.core.values import (
    SOME_SCHEMA,
    Bound,
    CallSite,
    Constant,
    External,
    MetaDataValue,
    TableEntry,
    TableValue,
    Unknown,
    Value,
    options_of,
    text_of,
)
from cucurbit.simulate.packages.sqlalchemy.metadata import NONE, SCHEMA_MODULES, may_have_more, resolve_metadata
from cucurbit.simulate.packages.sqlalchemy.shapes.columns import ColumnMaker
from cucurbit.simulate.packages.sqlalchemy.shapes.python_types import TypeMap
from cucurbit.simulate.packages.sqlalchemy.shapes.tables import TableParts

MOST_OPTIONS = 8
"""The maximum number of possible names of one table."""

_LETS_PASS = ("extend_existing", "keep_existing", "useexisting")


@dataclass(frozen=True)
class TableRequest:
    """A table about to be created: everything that decides whether it is created, found or rejected.

    ``lets_pass`` and ``has_items`` (columns or constraints are given) are None if unknown; a table without items is
    looked up if it exists. ``schema`` is final: the MetaData's default schema is already applied.
    """

    metadata: MetaDataValue
    name: str
    schema: str | None
    place: Place
    module: str
    class_name: str = ""
    name_place: Place | None = None
    lets_pass: bool | None = False
    has_items: bool | None = True
    parts: TableParts | None = None
    """What the table holds."""
    elsewhere: bool = False
    """Its arguments are not all known: another schema than :attr:`schema` may be among them."""

    def shape(self, definition: TableDefinition) -> TableShape | None:
        schema = None if self.schema == SOME_SCHEMA else self.schema
        return None if self.parts is None else self.parts.shape(definition, self.name, schema)

    @property
    def key(self) -> str:
        """The key in :attr:`MetaDataValue.tables`."""
        return self.name if self.schema is None else f"{self.schema}.{self.name}"

    @property
    def shown(self) -> str:
        """The key as people are told it."""
        return self.name if self.schema == SOME_SCHEMA else self.key

    def definition(self, in_function: bool) -> TableDefinition:
        return TableDefinition(
            metadata=self.metadata.id,
            key=self.shown,
            schema_known=self.schema != SOME_SCHEMA,
            class_name=self.class_name,
            module=self.module,
            place=self.place,
            name_place=self.name_place,
            lets_pass=bool(self.lets_pass),
            in_function=in_function,
            has_items=bool(self.has_items),
        )


def register(machine: Machine, request: TableRequest) -> TableDefinition:
    """Register a table in its MetaData, or find the existing one; returns the new table or the one found.

    Raises:
        Raised: InvalidRequestError, if a table with that key certainly exists and nothing allows a second one.
    """
    definition = request.definition(machine.in_function)
    standing = request.metadata.tables.get(request.key)
    if standing is None or machine.state.excludes(standing.condition):
        if request.metadata.reflected and request.has_items and request.lets_pass is False:
            failure = Failure("InvalidRequestError", _already_defined(request.shown), request.place)
            machine.emit(
                EventKind.TABLE_REJECTED,
                request.place,
                definition=definition,
                failure=failure,
                metadata=request.metadata.id,
                detail="reflected",
                certain=False,
            )
        # A listener may have made the table that is looked up.
        found = request.has_items is False and may_have_more(machine)
        return _enter(machine, request, definition, certain=not found)
    if request.has_items is False or request.lets_pass:
        return _found(machine, request, definition, standing)
    return _clash(machine, request, definition, standing)


def _found(
    machine: Machine, request: TableRequest, definition: TableDefinition, standing: TableEntry
) -> TableDefinition:
    """A table that is not rejected: the existing one if there is one, else a new one."""
    stands = machine.state.holds(standing.condition)
    if request.has_items is not False:
        machine.emit(
            EventKind.TABLE_REUSED,
            request.place,
            definition=definition,
            other=standing.definition,
            metadata=request.metadata.id,
            certain=stands,
            shape=request.shape(definition),
        )
        if not standing.has_columns:
            machine.state.write(request.metadata.tables, request.key, replace(standing, has_columns=True))
    if not stands:
        _enter(machine, request, definition, certain=False)
    return standing.definition if request.has_items is False else definition


def _clash(
    machine: Machine, request: TableRequest, definition: TableDefinition, standing: TableEntry
) -> TableDefinition:
    stands = machine.state.holds(standing.condition)
    raises = stands and request.has_items is True and request.lets_pass is False
    failure = Failure("InvalidRequestError", _already_defined(request.shown), request.place)
    # A look-up is no second definition: code that reads its columns expects that the table stands already.
    looked_up = not raises and not standing.has_columns
    if not looked_up and (not request.elsewhere or standing.definition.place == request.place):
        machine.emit(
            EventKind.TABLE_REJECTED,
            request.place,
            definition=definition,
            other=standing.definition,
            failure=failure,
            metadata=request.metadata.id,
            certain=raises,
        )
    if raises:
        machine.fail(failure.error, failure.message, failure.place)
    # Whoever gets here was not refused: either the other one does not stand, or this one is let pass.
    machine.cut(request.place, f"a table '{request.shown}' that may stand already")
    machine.state.doubt_all()
    return definition if stands else _enter(machine, request, definition, certain=False)


def _enter(machine: Machine, request: TableRequest, definition: TableDefinition, *, certain: bool) -> TableDefinition:
    entry = TableEntry(definition, machine.state.condition, request.has_items is not False)
    machine.state.write(request.metadata.tables, request.key, entry)
    machine.emit(
        EventKind.TABLE_REGISTERED,
        request.place,
        definition=definition,
        metadata=request.metadata.id,
        certain=certain,
        shape=request.shape(definition),
    )
    return definition


def _already_defined(key: str) -> str:
    return (
        f"Table '{key}' is already defined for this MetaData instance.  Specify 'extend_existing=True' "
        "to redefine options and columns on an existing Table object."
    )


@dataclass(frozen=True)
class Schema:
    """The schema of a table: None for none. ``certain``: it is no other one."""

    text: str | None
    certain: bool = True


def schema_of(given: Value | None, metadata: MetaDataValue) -> Schema | None:
    """The schema of a table with ``schema=given`` (None if the argument is absent); None if it is unknown.

    If the default schema of the MetaData may change unseen, tables without one are assumed to have none.
    """
    options = options_of(given) if given is not None else [NONE]
    found = [each for each in (_one_schema(option, metadata) for option in options) if each is not None]
    if len(found) == len(options) == 1:
        return found[0]
    return replace(found[0], certain=False) if found else None


def _one_schema(given: Value, metadata: MetaDataValue) -> Schema | None:
    if given == NONE:
        return Schema(None, certain=False) if isinstance(metadata.schema, Unknown) else Schema(metadata.schema)
    if isinstance(given, External) and given.dotted.endswith(".BLANK_SCHEMA"):
        return Schema(None)
    text = text_of(given)
    return None if text is None else Schema(text)


def passes(keywords: dict[str, Value], *, open_: bool = False) -> bool | None:
    """Whether ``extend_existing`` or ``keep_existing`` is set; None if unknown."""
    given = [keywords[name] for name in _LETS_PASS if name in keywords]
    if any(isinstance(value, Constant) and bool(value.value) for value in given):
        return True
    if open_ or not all(isinstance(value, Constant) for value in given):
        return None
    return False


def inside(machine: Machine, inner: Place | None, outer: Place) -> Place | None:
    """``inner``, if it is inside ``outer``; else None."""
    if inner is None or inner.path != outer.path:
        return None
    facts = machine.workspace.facts(outer.path)
    if facts is None or not (facts.holds(inner.at) and facts.holds(outer.at)):
        return None
    small, large = facts.span(inner.at), facts.span(outer.at)
    starts = (large.line, large.column) <= (small.line, small.column)
    ends = (small.end_line, small.end_column) <= (large.end_line, large.end_column)
    return inner if starts and ends else None


def perhaps(machine: Machine, body: Callable[[], Value]) -> Value:
    """Run something that may or may not happen. Returns its result if it happens."""
    result: list[Value] = []

    def run() -> Value:
        result.append(body())
        return result[0]

    machine.undecided(run, lambda: NONE)
    return result[0] if result else Unknown("something that fails")


# ------------------------------------------------------------- the call of Table


def make_table(machine: Machine, call: CallSite) -> Value:
    """``Table(name, metadata, *items, **keywords)``.

    Raises:
        Raised: TypeError or InvalidRequestError, where SQLAlchemy certainly raises it.
    """
    if len(call.args) < 2:
        if call.complete and (call.args or call.kwargs):
            machine.fail(
                "TypeError", "Table() takes at least two positional-only arguments 'name' and 'metadata'", call.place
            )
        machine.cut(call.place, "a table of unknown name", CutKind.TABLE)
        return TableValue(None, None)
    pairs = list(product(options_of(call.args[0]), options_of(call.args[1])))
    if len(pairs) == 1:
        return _table(machine, call, *pairs[0])
    if len(pairs) > MOST_OPTIONS:
        machine.cut(call.place, "a table of unknown name", CutKind.TABLE)
        return TableValue(None, None)
    return machine.undecided(*[lambda pair=pair: _table(machine, call, *pair) for pair in pairs])


def _table(machine: Machine, call: CallSite, name: Value, metadata: Value) -> Value:
    text = text_of(name)
    known = resolve_metadata(machine, metadata)
    if text is None or known is None:
        machine.cut(
            call.place, "a table of unknown name" if text is None else "a table on an unknown MetaData", CutKind.TABLE
        )
        return TableValue(None, known)
    schema = schema_of(call.kwargs.get("schema"), known)
    if schema is None or not schema.certain:
        machine.cut(call.place, f"the schema of the table {text}", CutKind.TABLE)
    if schema is None:
        return TableValue(None, known)
    lets_pass = passes(call.kwargs, open_=not call.complete)
    if lets_pass and all(_is_true(call.kwargs.get(each)) for each in ("extend_existing", "keep_existing")):
        machine.fail("ArgumentError", "keep_existing and extend_existing are mutually exclusive.", call.place)
    if "autoload_with" in call.kwargs:
        machine.doubt(Failure("NoSuchTableError", text, call.place))
    request = TableRequest(
        metadata=known,
        name=text,
        schema=schema.text,
        place=call.place,
        module=machine.module.name,
        name_place=inside(machine, name.place if isinstance(name, Constant) else None, call.place),
        lets_pass=lets_pass,
        has_items=True if len(call.args) > 2 else (False if call.complete else None),
        parts=_parts_of(machine, call, known, name),
    )
    if _is_true(call.kwargs.get("must_exist")):
        standing = known.tables.get(request.key)
        return TableValue(standing.definition if standing is not None else None, known)
    if call.complete and schema.certain:
        return TableValue(register(machine, request), known)
    # **keywords may contain a schema, which would make it another table.
    return perhaps(machine, lambda: TableValue(register(machine, request), known))


def _parts_of(machine: Machine, call: CallSite, metadata: MetaDataValue, name: Value) -> TableParts:
    literal = name.literal if isinstance(name, Constant) else None
    parts = TableParts(machine, keywords=call.kwargs, metadata=metadata, name_place=literal)
    if not call.complete:
        parts.doubt("arguments of the table that are not known")
    parts.add_items(call.args[2:], ColumnMaker(machine, TypeMap(machine)))
    return parts


def _is_true(value: Value | None) -> bool:
    return isinstance(value, Constant) and value.value is True


def _copy_table(machine: Machine, call: CallSite) -> Value:
    """``table.to_metadata(metadata, schema=RETAIN_SCHEMA, name=None)``."""
    source = call.receiver
    target = call.argument(0, "metadata")
    if not isinstance(source, TableValue) or source.definition is None or not isinstance(target, MetaDataValue):
        machine.cut(call.place, "a copy of an unknown table", CutKind.TABLE)
        return TableValue(None, target if isinstance(target, MetaDataValue) else None)
    if not source.definition.schema_known:
        machine.cut(call.place, "a copy of a table whose schema is not known")
        return TableValue(None, target)
    old_schema, _, old_name = source.definition.key.rpartition(".")
    given = call.argument(1, "schema")
    retained = given is None or (isinstance(given, External) and given.dotted.endswith(".RETAIN_SCHEMA"))
    schema = Schema(old_schema or None) if retained else schema_of(given, target)
    named = call.kwargs.get("name", NONE)
    name = old_name if named == NONE else text_of(named)
    if name is None or schema is None or isinstance(target.schema, Unknown) or not (schema.certain and call.complete):
        machine.cut(call.place, "a copy of a table under an unknown name", CutKind.TABLE)
        return TableValue(None, target)
    request = TableRequest(target, name, schema.text, call.place, machine.module.name)
    standing = target.tables.get(request.key)
    if standing is not None:
        if not machine.state.holds(standing.condition):
            _enter(machine, request, request.definition(machine.in_function), certain=False)
        return TableValue(standing.definition, target)
    # If the original has no schema, the copy is created with schema=None, and then gets the MetaData's default.
    request = replace(request, schema=target.schema) if schema.text is None else request
    return TableValue(register(machine, request), target)


_ROW_STATEMENTS = ("select", "insert", "update", "delete")
"""Methods of a Table that make a statement which reads or writes rows."""


def table_attribute(table: TableValue, name: str) -> Value | None:
    """An attribute of a Table; None if it is unknown."""
    if name in ("to_metadata", "tometadata"):
        return Bound(External("sqlalchemy.Table().to_metadata"), table)
    if name in ("c", "columns"):
        return Bound(External("sqlalchemy.Table().c"), table)
    if name in ("append_column", "append_constraint", *_ROW_STATEMENTS):
        return Bound(External(f"sqlalchemy.Table().{name}"), table)
    if name == "metadata":
        return table.metadata or Unknown("the MetaData of a table")
    if table.definition is None:
        return None
    if name in ("schema", "key", "fullname") and not table.definition.schema_known:
        return Unknown("the schema of a table")
    schema, _, plain = table.definition.key.rpartition(".")
    parts = {"name": plain, "schema": schema or None, "key": table.definition.key, "fullname": table.definition.key}
    return Constant(parts[name]) if name in parts else None


def _quoted_name(_: Machine, call: CallSite) -> Value:
    return call.args[0] if call.args else Unknown("a quoted name")


TABLE_HANDLERS: Handlers = {
    **{f"{module}.Table": make_table for module in SCHEMA_MODULES},
    "sqlalchemy.Table().to_metadata": _copy_table,
    **{f"sqlalchemy.{name}": _quoted_name for name in ("quoted_name", "sql.quoted_name", "sql.elements.quoted_name")},
}
