"""Frameworks over SQLAlchemy's declarative system: SQLModel and Flask-SQLAlchemy."""

from __future__ import annotations

import re

from cucurbit.simulate.core.cells import Cells
from cucurbit.simulate.core.machine import Handlers, Machine
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    ClassMapping,
    ClassValue,
    Constant,
    DictValue,
    External,
    ExternalObject,
    InstanceValue,
    MetaDataValue,
    RegistryValue,
    Unknown,
    Value,
    text_of,
)
from cucurbit.simulate.packages.sqlalchemy.bases import declarative_base, declare_base, new_base
from cucurbit.simulate.packages.sqlalchemy.columns import Columns, field_columns
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage, is_true, kind_of, lineage_of, mapped
from cucurbit.simulate.packages.sqlalchemy.mapping import map_declaratively
from cucurbit.simulate.packages.sqlalchemy.metadata import (
    METADATA_METHODS,
    NONE,
    identity,
    resolve_metadata,
    sqlmodel_metadata,
)
from cucurbit.simulate.packages.sqlalchemy.names import Names, TableArgs, is_declared
from cucurbit.simulate.packages.sqlalchemy.tables import TableRequest, make_table

# ---------------------------------------------------------------------- SQLModel


def map_sqlmodel(machine: Machine, lineage: Lineage) -> None:
    """A subclass of ``SQLModel``: mapped where it is a table model, a plain data model otherwise.

    Raises:
        Raised: what SQLAlchemy certainly raises.
    """
    cls = lineage.known[0]
    registry = cls.keywords.get("registry")
    if registry is not None:
        metadata: Value = registry.metadata if isinstance(registry, RegistryValue) else Unknown("a MetaData")
        machine.state.write(cls.names, "_sa_registry", registry)
        machine.state.write(cls.names, "metadata", metadata)
        machine.state.write(cls.names, "__abstract__", Constant(True))
        known = metadata if isinstance(metadata, MetaDataValue) else None
        cls.mapping = ClassMapping("base", known, flavour="sqlmodel")
        return
    if lineage.attribute("_sa_registry") is None:
        machine.state.write(cls.names, "_sa_registry", RegistryValue(sqlmodel_metadata(machine)))
    metadata = _metadata(machine, lineage)
    known = metadata if isinstance(metadata, MetaDataValue) else None
    is_table = _is_table(cls)
    if is_table is False or _has_table_base(lineage):
        # SQLModel maps no class under a table model: it is a data model, even with table=True.
        cls.mapping = ClassMapping("abstract", known, flavour="sqlmodel")
    elif is_table is None:
        machine.cut(cls.place, f"whether the class {cls.name} is a table model")
        cls.mapping = ClassMapping("unknown", known, flavour="sqlmodel")
    else:
        map_declaratively(machine, lineage, flavour="sqlmodel", columns=field_columns(lineage))


def _metadata(machine: Machine, lineage: Lineage) -> Value:
    return Names(machine, lineage).metadata()


def _is_table(cls: ClassValue) -> bool | None:
    given = cls.keywords.get("table")
    config = cls.names.get("model_config")
    if isinstance(config, DictValue) and config.cells.get("table") is not None:
        given = config.cells.get("table")
    elif isinstance(config, ExternalObject) and "table" in config.call.kwargs:
        given = config.call.kwargs["table"]
    return is_true(given)


def _has_table_base(lineage: Lineage) -> bool:
    return any(
        each.mapping is not None and each.mapping.flavour == "sqlmodel" and each.mapping.kind == "table"
        for each in lineage.known[1:]
    )


# ------------------------------------------------------------- Flask-SQLAlchemy

FLASK = "flask_sqlalchemy.SQLAlchemy"
_BOUND_SEPARATELY = (3,)
"""The first Flask-SQLAlchemy that keeps a MetaData for each bind key."""


def attributes_of(db: Value | None) -> Cells[Value] | None:
    """Where the extension object keeps its attributes."""
    return db.attributes if isinstance(db, (ExternalObject, InstanceValue)) else None


def make_extension(machine: Machine, call: CallSite) -> Value:
    """``flask_sqlalchemy.SQLAlchemy(app, metadata=..., model_class=...)``."""
    db = ExternalObject(FLASK, call, machine.state.cells())
    fill_extension(machine, call, db)
    return db


def fill_extension(machine: Machine, call: CallSite, db: ExternalObject | InstanceValue) -> None:
    """Set what the constructor sets: ``Model``, ``metadata``, ``metadatas`` and ``Table``."""
    given = call.kwargs.get("metadata")
    model_class = call.kwargs.get("model_class")
    model = _model(machine, call, model_class, given)
    metadata = Names(machine, lineage_of(machine, model)).metadata()
    machine.state.write(model.names, "__fsa__", db)
    if is_true(call.kwargs.get("disable_autonaming")):
        machine.state.write(model.names, "__fsa_unnamed__", Constant(True))
    metadatas = DictValue(machine.state.cells())
    metadatas.cells.data["None"] = metadata
    for name, value in (
        ("Model", model),
        ("metadata", metadata),
        ("metadatas", metadatas),
        ("Table", Bound(External(f"{FLASK}().Table"), db)),
    ):
        machine.state.write(db.attributes, name, value)


def _model(machine: Machine, call: CallSite, given: Value | None, metadata: Value | None) -> ClassValue:
    keywords = {} if metadata is None or metadata == NONE else {"metadata": metadata}
    if isinstance(given, ClassValue):
        lineage = lineage_of(machine, given)
        if any(kind_of(base) == "base" for base in given.bases if not isinstance(base, ClassValue)):
            model = _copy_of_base(machine, call, given)
        elif lineage.attribute("_sa_registry") is not None:
            model = given
            if keywords:
                machine.state.write(model.names, "metadata", keywords["metadata"])
        else:
            model = new_base(
                machine, call, _fresh_registry(machine, call, keywords), bases=(given,), name="Model", metaclass=None
            )
    elif isinstance(given, External) and kind_of(given) == "base":
        model = _copy_of_base(machine, call, None)
    else:
        model = new_base(
            machine, call, _fresh_registry(machine, call, keywords), bases=(), name="Model", metaclass=None
        )
    model.mapping = ClassMapping("base", model.mapping.metadata if model.mapping else None, flavour="flask")
    return model


def _fresh_registry(machine: Machine, call: CallSite, keywords: dict[str, Value]) -> Value:
    base = declarative_base(machine, CallSite(call.place, call.name, None, (), keywords, call.complete))
    found = base.names.get("registry") if isinstance(base, ClassValue) else None
    return found or Unknown("a registry")


def _copy_of_base(machine: Machine, call: CallSite, given: ClassValue | None) -> ClassValue:
    """Flask-SQLAlchemy makes a new base of the body and the bases of the ``DeclarativeBase`` subclass it is given."""
    model = ClassValue(
        name="FlaskSQLAlchemyBase",
        bases=given.bases if given is not None else (External("sqlalchemy.orm.DeclarativeBase"),),
        keywords={},
        names=machine.state.cells(),
        module=machine.module,
        place=call.place,
        facts=None,
    )
    if given is not None:
        model.names.data.update({name: given.names[name] for name in given.names})
    declare_base(machine, lineage_of(machine, model))
    return model


def prepare_flask(machine: Machine, lineage: Lineage) -> None:
    """What ``BindMetaMixin`` and ``NameMetaMixin`` set on a class before SQLAlchemy maps it."""
    cls = lineage.known[0]
    _bind(machine, lineage)
    if lineage.attribute("__fsa_unnamed__") is None and _should_be_named(lineage):
        machine.state.write(cls.names, "__tablename__", Constant(snake_case(cls.name)))


def _bind(machine: Machine, lineage: Lineage) -> None:
    cls = lineage.known[0]
    if "metadata" in cls.names or "__table__" in cls.names:
        return
    key = lineage.attribute("__bind_key__")
    extension = lineage.attribute("__fsa__")
    modern = lineage.has("base")
    if extension is None or (key is None and modern):
        return
    inherited = lineage.attribute("metadata")
    metadata = _for_bind(machine, extension[0], NONE if key is None else key[0], cls)
    if inherited is None or metadata is not inherited[0]:
        machine.state.write(cls.names, "metadata", metadata)


def _for_bind(machine: Machine, db: Value, key: Value, cls: ClassValue) -> Value:
    """``db._make_metadata(key)``."""
    attributes = attributes_of(db)
    metadatas = attributes.get("metadatas") if attributes is not None else None
    if not isinstance(metadatas, DictValue) or not isinstance(key, Constant):
        return Unknown("the MetaData of a bind key")
    version = machine.workspace.version("flask-sqlalchemy", cls.place.path)
    name = "None" if key.value is None or (version is not None and version < _BOUND_SEPARATELY) else str(key.value)
    found = metadatas.cells.get(name)
    if found is None:
        default = metadatas.cells.get("None")
        module = default.id.module if isinstance(default, MetaDataValue) else cls.module.name
        found = machine.new_metadata(module, f"db.metadatas[{name!r}]", cls.place, None)
        machine.state.write(metadatas.cells, name, found)
    return found


def _should_be_named(lineage: Lineage) -> bool:
    """``flask_sqlalchemy.model.should_set_tablename``."""
    cls = lineage.known[0]
    if is_true(cls.names.get("__abstract__")) is not False:
        return False
    for each in lineage.known:
        raw = each.names.get("__tablename__")
        if raw is None:
            continue
        if is_declared(raw):
            return False
        mixin = each.mapping is None or each.mapping.kind == "mixin"
        return not (each is cls or is_true(each.names.get("__abstract__")) is not False or mixin)
    return True


def makes_table(columns: Columns, lineage: Lineage, request: TableRequest, args: TableArgs) -> bool | None:
    """``NameMetaMixin.__table_cls__``: without a primary key of its own a class shares its parent's table."""
    if request.key in request.metadata.tables:
        return True
    if not any(mapped(each) for each in lineage.known[1:]) or columns.primary_key or args.primary_key:
        return True
    return False if columns.primary_key is False and args.primary_key is False else None


def snake_case(name: str) -> str:
    """The name that Flask-SQLAlchemy gives the table of a class."""
    return re.sub(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))", r"_\1", name).lower().lstrip("_")


# ------------------------------------------------------- methods of the extension


def _table(machine: Machine, call: CallSite) -> Value:
    """``db.Table(name, *columns, bind_key=...)``: the MetaData need not be given.

    Raises:
        Raised: what SQLAlchemy certainly raises.
    """
    given = call.args[1] if len(call.args) > 1 else None
    if not call.args or (given is not None and resolve_metadata(machine, given) is not None):
        return make_table(machine, call)
    key = call.kwargs.get("bind_key") or call.kwargs.get("info") or NONE
    if isinstance(key, DictValue):
        key = key.cells.get("bind_key") or NONE
    holder = ClassValue("Table", (), {}, machine.state.cells(), machine.module, call.place, None)
    metadata = _for_bind(machine, call.receiver or NONE, key, holder)
    kwargs = {name: value for name, value in call.kwargs.items() if name != "bind_key"}
    args = (call.args[0], metadata, *call.args[1:])
    return make_table(machine, CallSite(call.place, call.name, call.receiver, args, kwargs, call.complete))


def _for_binds(machine: Machine, call: CallSite) -> Value:
    """``db.create_all()`` and ``db.reflect()``: for the MetaData of every bind key, or of those named."""
    attributes = attributes_of(call.receiver)
    metadatas = attributes.get("metadatas") if attributes is not None else None
    name = call.name.rpartition(".")[2]
    if not isinstance(metadatas, DictValue):
        if name == "create_all":
            machine.emit(EventKind.CREATE_ALL, call.place, metadata=identity(None))
        return NONE
    named = text_of(call.argument(0, "bind_key") or call.kwargs.get("bind"))
    for key in metadatas.cells:
        if named in (None, "__all__", key):
            metadata = metadatas.cells.get(key)
            METADATA_METHODS[name](machine, CallSite(call.place, call.name, metadata, (), {}))
    return NONE


FLAVOUR_HANDLERS: Handlers = {
    FLASK: make_extension,
    "flask_sqlalchemy.extension.SQLAlchemy": make_extension,
    f"{FLASK}().Table": _table,
    **{f"{FLASK}().{name}": _for_binds for name in ("create_all", "reflect", "drop_all")},
}
