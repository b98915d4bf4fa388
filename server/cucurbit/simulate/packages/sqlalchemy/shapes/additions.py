"""What is added to a table or to a mapped class after it was created, and the configuration of mappers."""

from __future__ import annotations

from cucurbit.simulate.core.machine import Handlers, Machine
from cucurbit.simulate.core.shapes import (
    ColumnTerm,
    IndexAddition,
    MapperAddition,
    TableAddition,
)
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.simulate.core.values import CallSite, ClassValue, ExternalObject, TableValue, Unknown, Value
from cucurbit.simulate.packages.sqlalchemy.columns import Member
from cucurbit.simulate.packages.sqlalchemy.lineage import lineage_of
from cucurbit.simulate.packages.sqlalchemy.metadata import SCHEMA_MODULES
from cucurbit.simulate.packages.sqlalchemy.shapes.columns import ColumnMaker
from cucurbit.simulate.packages.sqlalchemy.shapes.mappers import Collector, maker_of
from cucurbit.simulate.packages.sqlalchemy.shapes.python_types import TypeMap
from cucurbit.simulate.packages.sqlalchemy.shapes.tables import TableParts, index
from cucurbit.simulate.packages.sqlalchemy.shapes.terms import class_term, term


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
    """``Index("name", User.name)``: with columns of a table, it is added to that."""
    made = ExternalObject(call.name, call, machine.state.cells())
    columns = [term(machine, each) for each in call.args[1:]]
    known = tuple(each for each in columns if isinstance(each, ColumnTerm))
    if known and not machine.in_function:
        machine.emit(EventKind.SHAPE_CHANGED, call.place, shape=IndexAddition(index(machine, made), known))
    return made


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


HANDLERS: Handlers = {
    **{f"{module}.Index": _index for module in SCHEMA_MODULES},
    **{f"sqlalchemy.Table().{name}": _append for name in ("append_column", "append_constraint")},
    "sqlalchemy.orm.configure_mappers": _configure,
}
