"""MetaData objects: their creation, their methods, and the MetaData that a value refers to."""

from __future__ import annotations

from cucurbit.simulate.core.cells import TableCells
from cucurbit.simulate.core.machine import Handlers, Machine
from cucurbit.simulate.core.shapes import TableRemoval
from cucurbit.simulate.core.timeline import CutKind, EventKind, MetaDataId, Place
from cucurbit.simulate.core.values import (
    SOME_SCHEMA,
    CallSite,
    Constant,
    DictValue,
    External,
    MetaDataValue,
    TableEntry,
    TableValue,
    Unknown,
    Value,
    options_of,
)
from cucurbit.simulate.packages.sqlalchemy.removed import check_bind

NONE = Constant(None)

SCHEMA_MODULES = (
    "sqlalchemy",
    "sqlalchemy.schema",
    "sqlalchemy.sql.schema",
    # These do not exist; a name may resolve to them after a star import of such a module and of sqlalchemy.
    "sqlalchemy.orm",
    "sqlalchemy.sql",
    "sqlalchemy.types",
    "sqlalchemy.ext.declarative",
    "sqlalchemy.dialects.postgresql",
)
"""Where ``MetaData`` and ``Table`` are imported from."""


def resolve_metadata(machine: Machine, value: Value) -> MetaDataValue | None:
    """The MetaData that a value refers to. One from a package that cannot be read is identified by its name."""
    if isinstance(value, MetaDataValue):
        return value
    if isinstance(value, External):
        known = machine.packages.constant(machine, value.dotted)
        if isinstance(known, MetaDataValue):
            return known
        found = machine.run_installed(value.dotted)
        if isinstance(found, MetaDataValue):
            return found
        module, _, name = value.dotted.rpartition(".")
        if name.endswith("metadata"):
            owner = module.rpartition(".")[2]
            if owner[:1].isupper():
                return machine.shared_metadata(module.rpartition(".")[0], f"{owner}.{name}")
            return machine.shared_metadata(module, name)
    return None


def make_metadata(machine: Machine, call: CallSite) -> Value:
    """``MetaData(...)``: the first parameter is ``schema``, or ``bind`` before SQLAlchemy 2."""
    version = machine.workspace.version("sqlalchemy", call.place.path)
    given = call.kwargs.get("schema")
    if given is None and call.args:
        before_2 = version is not None and version < (2,)
        given = (call.args[1] if len(call.args) > 1 else None) if before_2 else call.args[0]
    if given is None and not call.complete:
        given = Unknown("unknown keywords")
    metadata = machine.new_metadata(machine.module.name, "", call.place, given)
    metadata.convention = call.kwargs.get("naming_convention")
    if metadata.convention is None and not call.complete:
        metadata.convention = Unknown("unknown keywords")
    return metadata


def metadata_attribute(machine: Machine, metadata: MetaDataValue, name: str) -> Value | None:
    """An attribute of a MetaData that is not a method; None if it is unknown."""
    if name == "schema":
        if metadata.schema == SOME_SCHEMA:
            return Unknown("the schema of a MetaData")
        return metadata.schema if isinstance(metadata.schema, Unknown) else Constant(metadata.schema)
    if name != "tables":
        return None
    more = metadata.reflected or may_have_more(machine)
    tables = DictValue(TableCells(machine.state.clock), open=more)
    for key, entry in metadata.tables.view():
        tables.cells.data[key] = TableValue(entry.definition, metadata)
        if not entry.definition.schema_known or not machine.state.holds(entry.condition):
            tables.cells.open = True
    return tables


_LISTENED = "the tables of every MetaData"


def lose_sight(machine: Machine, place: Place, why: str, kind: CutKind = CutKind.LISTENER) -> None:
    """From now on every MetaData may have tables that are not known."""
    machine.cut(place, why, kind)
    machine.state.alter(_LISTENED)


def may_have_more(machine: Machine) -> bool:
    """Whether every MetaData may have tables that are not known."""
    return _LISTENED in machine.state.altered


def _receiver(call: CallSite) -> MetaDataValue | None:
    return call.receiver if isinstance(call.receiver, MetaDataValue) else None


def identity(metadata: MetaDataValue | None) -> MetaDataId | None:
    """The identity of a MetaData; None if unknown."""
    return None if metadata is None else metadata.id


def create_all(machine: Machine, call: CallSite) -> Value:
    """``metadata.create_all(...)``, of a possibly unknown MetaData.

    Raises:
        Raised: where it is given no engine, or one of the wrong kind.
    """
    if isinstance(call.receiver, MetaDataValue):
        check_bind(machine, call, "create_all")
    machine.emit(EventKind.CREATE_ALL, call.place, metadata=identity(_receiver(call)))
    return NONE


def _clear(machine: Machine, call: CallSite) -> Value:
    metadata = _receiver(call)
    machine.emit(EventKind.METADATA_CLEARED, call.place, metadata=identity(metadata))
    if metadata is not None:
        for key in metadata.tables:
            machine.state.write(metadata.tables, key, None)
    return NONE


def _remove(machine: Machine, call: CallSite) -> Value:
    metadata = _receiver(call)
    removed = call.args[0] if call.args else None
    gone = removed.definition if isinstance(removed, TableValue) else None
    machine.emit(EventKind.SHAPE_CHANGED, call.place, shape=TableRemoval(gone, identity(metadata)))
    for table in options_of(call.args[0]) if call.args else ():
        if metadata is None:
            continue
        if isinstance(table, TableValue) and table.definition is not None:
            definition = table.definition
            key = definition.key if definition.schema_known else f"{SOME_SCHEMA}.{definition.key}"
            machine.state.write(metadata.tables, key, None)
        else:
            machine.cut(call.place, "a table taken out of a MetaData")
            _doubt_all(machine, metadata)
    return NONE


def _doubt_all(machine: Machine, metadata: MetaDataValue) -> None:
    """Any of the tables may have been removed: none of them certainly rejects another one."""

    def forget() -> Value:
        for key in metadata.tables:
            machine.state.write(metadata.tables, key, None)
        return NONE

    def enter_again() -> Value:
        for key in metadata.tables:
            entry = metadata.tables.get(key)
            if entry is not None:
                condition = machine.state.condition
                machine.state.write(metadata.tables, key, TableEntry(entry.definition, condition, entry.has_columns))
        return NONE

    machine.undecided(enter_again, forget)


def _reflect(machine: Machine, call: CallSite) -> Value:
    metadata = _receiver(call)
    if metadata is not None:
        reflect(machine, metadata, call)
    return NONE


def reflect(machine: Machine, metadata: MetaDataValue, call: CallSite) -> None:
    """From now on, ``metadata`` may contain any table of the database."""
    machine.cut(call.place, "the tables in the database")
    machine.state.mark(metadata.tables, metadata, "reflected")
    metadata.reflected = True


def _drop_all(machine: Machine, call: CallSite) -> Value:
    if isinstance(call.receiver, MetaDataValue):
        check_bind(machine, call, "drop_all")
    return NONE


METADATA_METHODS = {
    "create_all": create_all,
    "drop_all": _drop_all,
    "clear": _clear,
    "remove": _remove,
    "reflect": _reflect,
}

METADATA_HANDLERS: Handlers = {
    **{f"{module}.MetaData": make_metadata for module in SCHEMA_MODULES},
    **{f"sqlalchemy.MetaData().{name}": handler for name, handler in METADATA_METHODS.items()},
}
