"""How classes and calls register tables: SQLAlchemy 1.4 to 2.1, SQLModel and Flask-SQLAlchemy.

What is here is what the interpreter calls: :func:`map_class` after a class body has run, :data:`HANDLERS` for calls
of external names, :func:`method` and :func:`constant` for attributes.
"""

from __future__ import annotations

from cucurbit.simulate.core.cells import Cells
from cucurbit.simulate.core.machine import Handler, Handlers, Machine
from cucurbit.simulate.core.values import (
    MISSING,
    Bound,
    CallSite,
    Choice,
    ClassMapping,
    ClassValue,
    Constant,
    DictValue,
    External,
    FunctionValue,
    InstanceValue,
    MetaDataValue,
    RegistryValue,
    SequenceValue,
    TableValue,
    Unknown,
    Value,
    options_of,
    text_of,
)
from cucurbit.simulate.packages.flavours import (
    FLAVOUR_HANDLERS,
    fill_extension,
    makes_table,
    map_sqlmodel,
    prepare_flask,
)
from cucurbit.simulate.packages.sqlalchemy.bases import (
    BASE_HANDLERS,
    REGISTRY,
    REGISTRY_METHODS,
    declare_base,
    declare_by_metaclass,
    is_base_metaclass,
    registry_attribute,
)
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage, kind_of, lineage_of, mapped, metaclasses
from cucurbit.simulate.packages.sqlalchemy.mapping import map_declaratively, map_unknown
from cucurbit.simulate.packages.sqlalchemy.metadata import (
    METADATA_HANDLERS,
    METADATA_METHODS,
    NONE,
    SQLMODEL_METADATA,
    create_all,
    make_metadata,
    metadata_attribute,
    sqlmodel_metadata,
)
from cucurbit.simulate.packages.sqlalchemy.names import Names
from cucurbit.simulate.packages.sqlalchemy.tables import MOST_OPTIONS, TABLE_HANDLERS, table_attribute
from cucurbit.simulate.packages.stdlib.regular_expressions import SPELLING_HANDLERS
from cucurbit.source.scan import inside


def _is_metadata(head: str) -> bool:
    return head.rpartition(".")[2].endswith("metadata")


HANDLERS: Handlers = {
    **METADATA_HANDLERS,
    **TABLE_HANDLERS,
    **BASE_HANDLERS,
    **FLAVOUR_HANDLERS,
    **SPELLING_HANDLERS,
}

_OWN_NAMES = frozenset(
    {"__abstract__", "__bind_key__", "__mapper__", "__mapper_args__", "__table__", "__table_args__", "__tablename__"}
)
"""Attributes that no external class has but those of SQLModel and of packages that are not known."""

SUFFIXES = (("create_all", (_is_metadata, create_all)),)
"""Calls known by their last part alone, after an object that is not known."""


def map_class(machine: Machine, cls: ClassValue) -> None:
    """Do to a class what SQLAlchemy does when it is made, and set ``cls.mapping``.

    Raises:
        Raised: the exception that SQLAlchemy certainly raises.
    """
    unclear = next((index for index, base in enumerate(cls.bases) if isinstance(base, Choice)), None)
    if unclear is not None:
        _map_either(machine, cls, unclear)
        return
    lineage = lineage_of(machine, cls)
    if any(kind_of(base) == "base" for base in cls.bases if not isinstance(base, ClassValue)):
        declare_base(machine, lineage)
    elif lineage.has("sqlmodel"):
        map_sqlmodel(machine, lineage)
    elif lineage.attribute("_sa_registry") is not None:
        _map_under_base(machine, lineage)
    elif is_base_metaclass(machine, cls):
        declare_by_metaclass(machine, lineage)
    elif lineage.unknown or any(each.mapping is not None and each.mapping.kind == "unknown" for each in lineage.known):
        map_unknown(machine, lineage)
    else:
        cls.mapping = ClassMapping("mixin", None)


def _map_under_base(machine: Machine, lineage: Lineage) -> None:
    if _is_rewritten(machine, lineage):
        machine.cut(lineage.known[0].place, f"the table of the class {lineage.known[0].name}")
        map_unknown(machine, lineage)
        return
    _run_metaclass(machine, lineage)
    flask = any(each.mapping is not None and each.mapping.flavour == "flask" for each in lineage.parents)
    if flask:
        prepare_flask(machine, lineage)
        named = lineage.attribute("__fsa_unnamed__") is None
        map_declaratively(machine, lineage, flavour="flask", table_class=makes_table if named else None)
    else:
        map_declaratively(machine, lineage)


def _is_rewritten(machine: Machine, lineage: Lineage) -> bool:
    """Whether ``__new__`` of a metaclass of the workspace may give the class another table than its body names."""
    for metaclass in metaclasses(lineage):
        found = machine.class_attribute(metaclass, "__new__") if isinstance(metaclass, ClassValue) else None
        body = machine.body(found[0]) if found is not None and isinstance(found[0], FunctionValue) else ()
        for node in inside(body):
            words = (getattr(node, "value", None), getattr(node, "name", None))
            if any(isinstance(word, str) and word in ("__tablename__", "__table_args__") for word in words):
                return True
    return False


def _run_metaclass(machine: Machine, lineage: Lineage) -> None:
    """``__init__`` of a metaclass of the workspace runs before that of ``DeclarativeMeta``, which it calls."""
    cls = lineage.known[0]
    metaclass = next(iter(metaclasses(lineage)), None)
    found = machine.class_attribute(metaclass, "__init__") if isinstance(metaclass, ClassValue) else None
    if found is None or not isinstance(found[0], FunctionValue):
        return
    keywords = {name: value for name, value in cls.keywords.items() if name != "metaclass"}
    args = (Constant(cls.name), tuple_of(machine, cls.bases), namespace_of(machine, cls))
    machine.call(Bound(found[0], cls), CallSite(cls.place, "", None, args, keywords))


def tuple_of(machine: Machine, items: tuple[Value, ...], *, open_: bool = False) -> SequenceValue:
    """A tuple; ``open_``: there may be more items."""
    cells: Cells[tuple[Value, ...]] = Cells(machine.state.clock)
    cells.data["items"] = items
    return SequenceValue("tuple", cells, open_)


def namespace_of(machine: Machine, cls: ClassValue) -> DictValue:
    """A copy of ``cls.__dict__``."""
    namespace = DictValue(machine.state.cells())
    namespace.cells.data.update({name: cls.names[name] for name in cls.names})
    return namespace


def _map_either(machine: Machine, cls: ClassValue, index: int) -> None:
    """One of several classes is the base, it is not known which: its table is registered under each of them."""
    bases = cls.bases
    options = options_of(bases[index])

    def under(option: Value) -> Value:
        cls.bases = (*bases[:index], option, *bases[index + 1 :])
        try:
            map_class(machine, cls)
        finally:
            cls.bases = bases
        return NONE

    if 0 < len(options) <= MOST_OPTIONS:
        machine.undecided(*[lambda option=option: under(option) for option in options])
    else:
        machine.cut(cls.place, f"the bases of the class {cls.name}")
    if cls.mapping is None or cls.mapping.kind != "mixin":
        cls.mapping = ClassMapping("unknown", None)


def make_class(machine: Machine, call: CallSite) -> Value:
    """``type(name, bases, namespace)``: a class as a class statement makes it.

    Raises:
        Raised: the exception that SQLAlchemy certainly raises.
    """
    name, bases, namespace = call.args
    known = isinstance(bases, SequenceValue) and not bases.open and isinstance(namespace, DictValue)
    if not known or not isinstance(bases, SequenceValue) or not isinstance(namespace, DictValue):
        machine.cut(call.place, "a class made by type(name, bases, namespace)")
        return Unknown("a class made by type(name, bases, namespace)")
    cls = ClassValue(
        name=text_of(name) or "",
        bases=bases.items,
        keywords=dict(call.kwargs),
        names=machine.state.cells(),
        module=machine.module,
        place=call.place,
        facts=None,
    )
    cls.names.data.update({name: namespace.cells[name] for name in namespace.cells})
    if namespace.open:
        machine.cut(call.place, f"the attributes of the class {cls.name}")
        cls.mapping = ClassMapping("unknown", None)
    else:
        map_class(machine, cls)
    return cls


def method(machine: Machine, receiver: Value, name: str) -> Handler | Value | None:
    """An attribute or method of a MetaData, registry, Table, mapped class or Flask-SQLAlchemy extension.

    None: it is nothing that is known here.
    """
    if isinstance(receiver, MetaDataValue):
        if name in METADATA_METHODS:
            return Bound(External(f"sqlalchemy.MetaData().{name}"), receiver)
        return metadata_attribute(machine, receiver, name)
    if isinstance(receiver, RegistryValue):
        if name in REGISTRY_METHODS:
            return Bound(External(f"{REGISTRY}.{name}"), receiver)
        return registry_attribute(receiver, name)
    if isinstance(receiver, TableValue):
        return table_attribute(receiver, name)
    if isinstance(receiver, ClassValue):
        return _of_class(machine, receiver, name)
    return None


def _of_class(machine: Machine, cls: ClassValue, name: str) -> Handler | Value | None:
    if name == "__call__":
        return _constructor(machine, cls)
    if name == "__dict__":
        return namespace_of(machine, cls)
    if name in ("__mro__", "__bases__"):
        # Only the classes whose attributes are known: the others have none that matters here.
        lineage = lineage_of(machine, cls)
        classes = lineage.known if name == "__mro__" else cls.bases
        return tuple_of(machine, tuple(classes), open_=lineage.unknown)
    mapping = cls.mapping
    if mapping is None or mapping.kind == "mixin":
        return None
    if name == "__table__" and mapping.kind in ("table", "single", "unknown") and "__table__" not in cls.names:
        return TableValue(mapping.table, mapping.metadata)
    if name == "prepare" and lineage_of(machine, cls).has("automap"):
        return Bound(External("sqlalchemy.ext.automap.AutomapBase.prepare"), cls)
    if name == "metadata" and lineage_of(machine, cls).attribute("metadata") is None:
        return mapping.metadata or Unknown(f"{cls.name}.metadata")
    if name == "__tablename__" and mapping.flavour == "sqlmodel" and machine.class_attribute(cls, name) is None:
        return Constant(cls.name.lower())
    return None


def has_attribute(machine: Machine, cls: ClassValue, name: str) -> bool | None:
    """``hasattr(cls, name)``; None where it is not known."""
    lineage = lineage_of(machine, cls)
    found = lineage.attribute(name)
    if found is not None:
        return None if isinstance(found[0], Choice) and MISSING in found[0].options else True
    if name in ("__table__", "__mapper__") and any(mapped(each) for each in lineage.known):
        return True
    if name == "__tablename__" and lineage.has("sqlmodel"):
        return True
    sure = name in _OWN_NAMES and not lineage.unknown
    return False if sure or len(lineage.known) == len(lineage.classes) else None


def _constructor(machine: Machine, cls: ClassValue) -> Handler | None:
    """What calling a class makes, where it descends from MetaData or from Flask-SQLAlchemy's extension."""
    if all(isinstance(each, ClassValue) for each in machine.mro(cls)):
        return None
    lineage = lineage_of(machine, cls)
    if lineage.has("flask"):

        def extension(machine: Machine, call: CallSite) -> Value:
            db = InstanceValue(cls, machine.state.cells())
            fill_extension(machine, call, db)
            return db

        return extension
    external = (each for each in lineage.classes if isinstance(each, External))
    if any(METADATA_HANDLERS.get(each.dotted) is make_metadata for each in external):
        return make_metadata
    return None


def constant(machine: Machine, dotted: str) -> Value | None:
    """The value of an external name that is no function: ``sqlmodel.SQLModel.metadata``, ``package.Base.metadata``."""
    if dotted in SQLMODEL_METADATA:
        return sqlmodel_metadata(machine)
    owner, _, name = dotted.rpartition(".")
    if name != "metadata" or kind_of(External(owner)) != "unknown":
        return None
    base = machine.run_installed(owner)
    if not isinstance(base, ClassValue):
        return None
    metadata = Names(machine, lineage_of(machine, base)).metadata()
    return metadata if isinstance(metadata, MetaDataValue) else None
