"""What is added to a table or to a mapped class after it was created, and the configuration of mappers."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.simulate.core.machine import Handlers, Machine
from cucurbit.simulate.core.shapes import (
    CallTerm,
    ColumnsAddition,
    ColumnTerm,
    ForeignKeyShape,
    IndexShape,
    KeyShape,
    MapperAddition,
    TableAddition,
)
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.simulate.core.values import CallSite, ClassValue, Constant, ExternalObject, TableValue, Unknown, Value
from cucurbit.simulate.packages.sqlalchemy.columns import Member
from cucurbit.simulate.packages.sqlalchemy.lineage import lineage_of
from cucurbit.simulate.packages.sqlalchemy.metadata import SCHEMA_MODULES
from cucurbit.simulate.packages.sqlalchemy.shapes.columns import ColumnMaker, items_of
from cucurbit.simulate.packages.sqlalchemy.shapes.mappers import Collector, maker_of
from cucurbit.simulate.packages.sqlalchemy.shapes.python_types import TypeMap
from cucurbit.simulate.packages.sqlalchemy.shapes.tables import TableParts, index, key
from cucurbit.simulate.packages.sqlalchemy.shapes.terms import class_term, is_column, named, term


def on_set(machine: Machine, cls: ClassValue, name: str, value: Value) -> None:
    """``User.posts = relationship(...)``: ``DeclarativeMeta.__setattr__``."""
    mapping = cls.mapping
    if mapping is None or mapping.kind not in ("table", "single") or name.startswith("__"):
        return
    lineage = lineage_of(machine, cls)
    place = value.call.place if isinstance(value, ExternalObject) else cls.place
    found = Collector(machine, lineage, maker_of(machine, lineage)).collect([Member(name, value, value, None, cls)])
    for part in found.properties:
        machine.emit(EventKind.SHAPE_CHANGED, place, shape=MapperAddition(class_term(cls), part))
    for column in found.columns if mapping.table is not None else ():
        assert mapping.table is not None
        machine.emit(EventKind.SHAPE_CHANGED, place, shape=TableAddition(mapping.table, column))


def _index(machine: Machine, call: CallSite) -> Value:
    """``Index("name", User.name)``."""
    made = ExternalObject(call.name, call, machine.state.cells())
    _add_by_columns(machine, index(machine, made), call.args[1:])
    return made


def _unique(machine: Machine, call: CallSite) -> Value:
    """``UniqueConstraint(User.name)``."""
    made = ExternalObject(call.name, call, machine.state.cells())
    _add_by_columns(machine, key(machine, made), call.args)
    return made


def _primary_key(machine: Machine, call: CallSite) -> Value:
    """``PrimaryKeyConstraint(first, second)``."""
    made = ExternalObject(call.name, call, machine.state.cells())
    for each in call.args:
        if isinstance(each, ExternalObject) and is_column(machine, each):
            machine.state.write(each.attributes, "primary_key", Constant(value=True))
    _add_by_columns(machine, key(machine, made), call.args, primary=True)
    return made


def _foreign_key(machine: Machine, call: CallSite) -> Value:
    """``ForeignKeyConstraint([first, second], [Other.first, Other.second])``."""
    made = ExternalObject(call.name, call, machine.state.cells())
    part = ColumnMaker(machine, TypeMap(machine)).foreign_key_constraint(made)
    local = items_of(call.argument(0, "columns"))
    _add_by_columns(machine, part, local or ())
    return made


def _add_by_columns(
    machine: Machine,
    part: IndexShape | KeyShape | ForeignKeyShape,
    values: tuple[Value, ...],
    *,
    primary: bool = False,
) -> None:
    """What is made of Column objects is added to their table, without being given to it."""
    terms = [term(machine, each) for each in values]
    columns = tuple(each for each in terms if isinstance(each, ColumnTerm))
    inner = tuple(column for each in terms if isinstance(each, CallTerm) for column in _columns_in(each))
    if (columns or inner) and not machine.in_function:
        waits = not any(named(each) is not None for each in values)
        addition = ColumnsAddition(part, columns, inner, waits, primary)
        machine.emit(EventKind.SHAPE_CHANGED, part.place, shape=addition)


def _columns_in(made: CallTerm) -> Iterator[ColumnTerm]:
    for each in made.args:
        if isinstance(each, ColumnTerm):
            yield each
        elif isinstance(each, CallTerm):
            yield from _columns_in(each)


def _append(machine: Machine, call: CallSite) -> Value:
    """``table.append_column(...)`` and ``table.append_constraint(...)``."""
    table = call.receiver
    if not isinstance(table, TableValue) or table.definition is None:
        return Unknown("an addition to a table that is not known")
    parts = TableParts(machine)
    parts.add_items(call.args[:1], ColumnMaker(machine, TypeMap(machine)))
    for part in parts.all() or (None,):
        machine.emit(EventKind.SHAPE_CHANGED, call.place, shape=TableAddition(table.definition, part))
    return Unknown("what an addition to a table returns")


def _configure(machine: Machine, call: CallSite) -> Value:
    machine.emit(EventKind.MAPPERS_CONFIGURED, call.place)
    return ExternalObject(call.name, call, machine.state.cells())


_MADE_OF_COLUMNS: Handlers = {
    "Index": _index,
    "UniqueConstraint": _unique,
    "PrimaryKeyConstraint": _primary_key,
    "ForeignKeyConstraint": _foreign_key,
}

HANDLERS: Handlers = {
    **{f"{module}.{name}": handler for module in SCHEMA_MODULES for name, handler in _MADE_OF_COLUMNS.items()},
    **{f"sqlalchemy.Table().{name}": _append for name in ("append_column", "append_constraint")},
    "sqlalchemy.orm.configure_mappers": _configure,
}
