"""Declarative bases and registries, and the calls that create them."""

from __future__ import annotations

from dataclasses import replace

from cucurbit.simulate.core.machine import Handlers, Machine
from cucurbit.simulate.core.timeline import EventKind, Place
from cucurbit.simulate.core.values import (
    CallSite,
    ClassMapping,
    ClassValue,
    Constant,
    External,
    ExternalObject,
    MetaDataValue,
    RegistryValue,
    SequenceValue,
    TableValue,
    Unknown,
    Value,
    text_of,
)
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage, is_declarative_metaclass, lineage_of
from cucurbit.simulate.packages.sqlalchemy.mapping import map_declaratively
from cucurbit.simulate.packages.sqlalchemy.metadata import NONE, reflect, resolve_metadata
from cucurbit.simulate.packages.sqlalchemy.names import Names
from cucurbit.simulate.packages.sqlalchemy.shapes.mappers import imperative_shape
from cucurbit.simulate.packages.sqlalchemy.tables import inside

TRUE = Constant(True)
FALSE = Constant(False)

REGISTRY = "sqlalchemy.orm.registry()"
AUTOMAP = External("sqlalchemy.ext.automap.AutomapBase")

_BASE_MODULES = (
    "sqlalchemy.orm",
    "sqlalchemy.orm.decl_api",
    "sqlalchemy.ext.declarative",
    "sqlalchemy.ext.declarative.api",
)


def declare_base(machine: Machine, lineage: Lineage) -> None:
    """A direct subclass of ``DeclarativeBase``: it gets a registry and a MetaData, and is not mapped.

    Raises:
        Raised: InvalidRequestError, if it names a table itself.
    """
    cls = lineage.known[0]
    if text_of(cls.names.get("__tablename__")) is not None or isinstance(cls.names.get("__table__"), TableValue):
        bases = [each for each in cls.bases if isinstance(each, External)]
        name = next((each.dotted.rpartition(".")[2] for each in bases if "DeclarativeBase" in each.dotted), "")
        machine.fail(
            "InvalidRequestError",
            f"Cannot use {name!r} directly as a declarative base class. Create a Base by creating a subclass of it.",
            cls.place,
        )
    given_registry = lineage.attribute("registry")
    given_metadata = lineage.attribute("metadata")
    metadata: Value | None = None
    if given_metadata is not None:
        metadata = resolve_metadata(machine, given_metadata[0]) or given_metadata[0]
    registry: Value
    if given_registry is not None:
        registry = given_registry[0]
    elif metadata is None or metadata == NONE:
        own = machine.new_metadata(cls.module.name, f"{cls.name}.metadata", cls.place, None)
        registry = RegistryValue(own, cls.place)
    else:
        registry = RegistryValue(metadata, cls.place) if isinstance(metadata, MetaDataValue) else Unknown("a registry")
    if metadata is None:
        metadata = registry.metadata if isinstance(registry, RegistryValue) else Unknown("a MetaData")
    _set(machine, cls, registry=registry, metadata=metadata, _sa_registry=registry)
    known = metadata if isinstance(metadata, MetaDataValue) else None
    if known is not None and cls.facts is not None:
        _name_after(machine, known, cls, Place(cls.place.path, cls.facts.whole_at))
    cls.mapping = ClassMapping("base", known)


def _name_after(machine: Machine, metadata: MetaDataValue, cls: ClassValue, body: Place) -> None:
    """A MetaData that is created in the body of a base is named after the base."""
    if metadata.id.label in ("", "metadata") and inside(machine, metadata.id.place, body) is not None:
        machine.state.mark(metadata.tables, metadata, "id")
        metadata.id = replace(metadata.id, label=f"{cls.name}.metadata")


def declare_by_metaclass(machine: Machine, lineage: Lineage) -> None:
    """``class Base(metaclass=DeclarativeMeta)``: it defines its own registry.

    Raises:
        Raised: InvalidRequestError, if it is not abstract and names no table.
    """
    cls = lineage.known[0]
    registry = cls.names.get("registry") or Unknown("a registry")
    _set(machine, cls, _sa_registry=registry)
    map_declaratively(machine, lineage)
    if cls.mapping is not None and cls.mapping.kind == "abstract":
        machine.state.mark(cls.names, cls.mapping, "kind")
        cls.mapping.kind = "base"


def _set(machine: Machine, cls: ClassValue, **values: Value) -> None:
    for name, value in values.items():
        machine.state.write(cls.names, name, value)


# --------------------------------------------------------------- calls that make one


def new_base(
    machine: Machine, call: CallSite, registry: Value, *, bases: tuple[Value, ...], name: str, metaclass: Value | None
) -> ClassValue:
    """The class that ``declarative_base()`` and similar functions return."""
    cls = ClassValue(
        name=name,
        bases=bases,
        keywords={} if metaclass is None else {"metaclass": metaclass},
        names=machine.state.cells(),
        module=machine.module,
        place=call.place,
        statement=None,
    )
    metadata: Value = registry.metadata if isinstance(registry, RegistryValue) else Unknown("a MetaData")
    _set(machine, cls, registry=registry, _sa_registry=registry, metadata=metadata, __abstract__=TRUE)
    cls.mapping = ClassMapping("base", metadata if isinstance(metadata, MetaDataValue) else None)
    return cls


def _registry_for(machine: Machine, call: CallSite, given: Value | None) -> Value:
    if given is None and not call.complete:
        return Unknown("a registry made with unknown keywords")
    if given is None or given == NONE:
        metadata: MetaDataValue | None = machine.new_metadata(machine.module.name, "", call.place, None)
    else:
        metadata = resolve_metadata(machine, given)
    if metadata is None:
        return Unknown("a registry on an unknown MetaData")
    typed = "type_annotation_map" in call.kwargs or not call.complete
    return RegistryValue(metadata, call.place, typed)


def make_registry(machine: Machine, call: CallSite) -> Value:
    """``registry(metadata=...)``; before SQLAlchemy 2 the argument may stand first."""
    return _registry_for(machine, call, call.argument(0, "metadata"))


def declarative_base(machine: Machine, call: CallSite) -> Value:
    """``declarative_base(metadata=..., cls=..., name=...)``; before SQLAlchemy 2 ``bind`` may stand first."""
    return _generate(machine, call, _registry_for(machine, call, call.argument(1, "metadata")))


def _generate(machine: Machine, call: CallSite, registry: Value) -> ClassValue:
    given = call.kwargs.get("cls")
    if isinstance(given, SequenceValue):
        bases = given.items
    else:
        bases = () if given is None or given == External("builtins.object") else (given,)
    name = text_of(call.kwargs.get("name")) or "Base"
    return new_base(machine, call, registry, bases=bases, name=name, metaclass=call.kwargs.get("metaclass"))


def _generate_base(machine: Machine, call: CallSite) -> Value:
    receiver = call.receiver if isinstance(call.receiver, RegistryValue) else Unknown("a registry")
    return _generate(machine, call, receiver)


def _automap_base(machine: Machine, call: CallSite) -> Value:
    given = call.argument(0, "declarative_base")
    inner = declarative_base(machine, call) if given is None or given == NONE else given
    if not isinstance(inner, ClassValue):
        return Unknown("an automap base")
    found = lineage_of(machine, inner).attribute("_sa_registry")
    registry = found[0] if found is not None else Unknown("a registry")
    return new_base(machine, call, registry, bases=(AUTOMAP, inner), name=inner.name, metaclass=None)


# ----------------------------------------------------------------------- decorators


def _decorator(machine: Machine, call: CallSite) -> Value:
    """A call that returns a decorator; the handler of ``<name>()`` handles the call of that."""
    return ExternalObject(call.name, call, machine.state.cells())


def _as_declarative(machine: Machine, call: CallSite) -> Value:
    """``@as_declarative(metadata=...)`` and ``@registry.as_declarative_base()`` on a class."""
    maker = call.receiver
    cls = call.args[0] if call.args else None
    if not isinstance(maker, ExternalObject) or not isinstance(cls, ClassValue):
        return cls or Unknown("a declarative base")
    if isinstance(maker.call.receiver, RegistryValue):
        registry: Value = maker.call.receiver
    else:
        registry = _registry_for(machine, replace(maker.call, place=cls.place), maker.call.kwargs.get("metadata"))
    named = text_of(maker.call.kwargs.get("name")) or cls.name
    metaclass = maker.call.kwargs.get("metaclass")
    return new_base(machine, replace(call, place=cls.place), registry, bases=(cls,), name=named, metaclass=metaclass)


def _mapped(machine: Machine, call: CallSite) -> Value:
    """``@registry.mapped``, ``registry.map_declaratively(cls)``.

    Raises:
        Raised: what SQLAlchemy certainly raises.
    """
    return _map_with(machine, call.args[0] if call.args else None, call.receiver)


def _mapped_later(machine: Machine, call: CallSite) -> Value:
    """``@registry.mapped_as_dataclass(init=...)`` on a class."""
    maker = call.receiver
    receiver = maker.call.receiver if isinstance(maker, ExternalObject) else None
    if isinstance(maker, ExternalObject) and receiver is None:
        receiver = maker.call.argument(0, "registry")
    return _map_with(machine, call.args[0] if call.args else None, receiver)


def _mapped_as_dataclass(machine: Machine, call: CallSite) -> Value:
    return _mapped(machine, call) if call.args else _decorator(machine, call)


def _map_with(machine: Machine, cls: Value | None, registry: Value | None) -> Value:
    if not isinstance(cls, ClassValue):
        return cls or Unknown("a mapped class")
    if isinstance(registry, ClassValue):
        # sqlalchemy.orm.mapped_as_dataclass() accepts a base in place of its registry.
        found = lineage_of(machine, registry).attribute("_sa_registry")
        registry = found[0] if found is not None else None
    if isinstance(registry, RegistryValue):
        map_declaratively(machine, lineage_of(machine, cls), registry)
    else:
        machine.cut(cls.place, f"the registry that maps the class {cls.name}")
        machine.state.mark(cls.names, cls, "mapped")
        cls.mapping = ClassMapping("unknown", None)
    return cls


def _map_imperatively(machine: Machine, call: CallSite) -> Value:
    cls = call.argument(0, "class_")
    table = call.argument(1, "local_table")
    if isinstance(cls, ClassValue):
        machine.state.mark(cls.names, cls, "mapped")
        if isinstance(table, TableValue):
            mapping = ClassMapping("table", table.metadata, table.definition)
        else:
            mapping = ClassMapping("unknown", None)
        cls.mapping = mapping
        registry = call.receiver if isinstance(call.receiver, RegistryValue) else None
        shape = imperative_shape(machine, lineage_of(machine, cls), call, registry)
        sure = mapping.kind == "table" and mapping.made is not None
        machine.emit(EventKind.CLASS_MAPPED, call.place, metadata=shape.registry.metadata, shape=shape, certain=sure)
    return Unknown("a mapper")


# ------------------------------------------------------------------------- the rest


def _has_inherited_table(machine: Machine, call: CallSite) -> Value:
    cls = call.argument(0, "cls")
    if not isinstance(cls, ClassValue):
        return Unknown("has_inherited_table()")
    lineage = lineage_of(machine, cls)
    if any(each.mapping is not None and each.mapping.kind in ("table", "single") for each in lineage.known[1:]):
        return TRUE
    unsure = lineage.unknown or any(
        each.mapping is not None and each.mapping.kind == "unknown" for each in lineage.parents
    )
    return Unknown("has_inherited_table()") if unsure else FALSE


def _prepare(machine: Machine, call: CallSite) -> Value:
    """``AutomapBase.prepare(autoload_with=engine)`` reflects into the base's MetaData."""
    cls = call.receiver
    if isinstance(cls, ClassValue):
        metadata = Names(machine, lineage_of(machine, cls)).metadata()
        if isinstance(metadata, MetaDataValue) and (call.args or call.kwargs or not call.complete):
            reflect(machine, metadata, call)
    return NONE


def registry_attribute(registry: RegistryValue, name: str) -> Value | None:
    """An attribute of a registry that is not a method."""
    return registry.metadata if name == "metadata" else None


def is_base_metaclass(machine: Machine, cls: ClassValue) -> bool:
    """Whether the class statement itself names ``DeclarativeMeta`` (or a descendant) as its metaclass."""
    return is_declarative_metaclass(machine, cls.keywords.get("metaclass"))


REGISTRY_METHODS = {
    "generate_base": _generate_base,
    "mapped": _mapped,
    "map_declaratively": _mapped,
    "mapped_as_dataclass": _mapped_as_dataclass,
    "as_declarative_base": _decorator,
    "map_imperatively": _map_imperatively,
}

BASE_HANDLERS: Handlers = {
    **{f"{module}.declarative_base": declarative_base for module in _BASE_MODULES},
    **{f"{module}.registry": make_registry for module in ("sqlalchemy.orm", "sqlalchemy.orm.decl_api")},
    **{f"{module}.as_declarative()": _as_declarative for module in _BASE_MODULES},
    **{f"{module}.has_inherited_table": _has_inherited_table for module in _BASE_MODULES},
    **{f"{module}.mapped_as_dataclass()": _mapped_later for module in ("sqlalchemy.orm", "sqlalchemy.orm.decl_api")},
    "sqlalchemy.ext.automap.automap_base": _automap_base,
    "sqlalchemy.orm.mapper": _map_imperatively,
    f"{REGISTRY}.mapped_as_dataclass()": _mapped_later,
    f"{REGISTRY}.as_declarative_base()": _as_declarative,
    f"{AUTOMAP.dotted}.prepare": _prepare,
    **{f"{REGISTRY}.{name}": handler for name, handler in REGISTRY_METHODS.items()},
}
