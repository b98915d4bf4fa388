"""How classes and calls register tables, from SQLAlchemy 1.4 to 2.1: :func:`map_class` after a class body has run."""

from __future__ import annotations

from collections.abc import Callable

from cucurbit.simulate.core.cells import Cells
from cucurbit.simulate.core.machine import Handler, Handlers, Machine
from cucurbit.simulate.core.package import MethodOfUnknown
from cucurbit.simulate.core.timeline import CutKind
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
    MetaDataValue,
    RegistryValue,
    SequenceValue,
    TableValue,
    Unknown,
    Value,
    options_of,
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
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage, kind_of, lineage_of, mapped, metaclasses, told
from cucurbit.simulate.packages.sqlalchemy.mapping import map_declaratively, map_unknown
from cucurbit.simulate.packages.sqlalchemy.metadata import (
    METADATA_HANDLERS,
    METADATA_METHODS,
    NONE,
    create_all,
    make_metadata,
    metadata_attribute,
)
from cucurbit.simulate.packages.sqlalchemy.names import Names
from cucurbit.simulate.packages.sqlalchemy.tables import MOST_OPTIONS, TABLE_HANDLERS, table_attribute
from cucurbit.source.scan import inside


def _is_metadata(head: str) -> bool:
    return head.rpartition(".")[2].endswith("metadata")


HANDLERS: Handlers = {
    **METADATA_HANDLERS,
    **TABLE_HANDLERS,
    **BASE_HANDLERS,
}

_OWN_NAMES = frozenset(
    {"__abstract__", "__bind_key__", "__mapper__", "__mapper_args__", "__table__", "__table_args__", "__tablename__"}
)
"""Attributes that no external class has but those of bases with fields and of packages that are not known."""

METHODS = {"create_all": MethodOfUnknown(_is_metadata, create_all)}


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
    if any(kind_of(machine, base) == "base" for base in cls.bases if not isinstance(base, ClassValue)):
        declare_base(machine, lineage)
    elif lineage.attribute("_sa_registry") is not None:
        _map_under_base(machine, lineage)
    elif is_base_metaclass(machine, cls):
        declare_by_metaclass(machine, lineage)
    elif lineage.unknown or any(each.mapping is not None and each.mapping.kind == "unknown" for each in lineage.known):
        map_unknown(machine, lineage)
    else:
        cls.mapping = ClassMapping("mixin", None)


def _map_under_base(machine: Machine, lineage: Lineage) -> None:
    if is_rewritten(machine, lineage):
        machine.cut(lineage.known[0].place, f"the table of {told(lineage.known[0])}", CutKind.TABLE)
        map_unknown(machine, lineage)
        return
    through_metaclass(machine, lineage, lambda: map_declaratively(machine, lineage))


def is_rewritten(machine: Machine, lineage: Lineage) -> bool:
    """Whether ``__new__`` of a metaclass of the workspace may give the class another table than its body names."""
    for metaclass in metaclasses(lineage):
        found = machine.class_attribute(metaclass, "__new__") if isinstance(metaclass, ClassValue) else None
        body = machine.body(found[0]) if found is not None and isinstance(found[0], FunctionValue) else ()
        for node in inside(body):
            words = (getattr(node, "value", None), getattr(node, "name", None))
            if any(isinstance(word, str) and word in ("__tablename__", "__table_args__") for word in words):
                return True
    return False


def through_metaclass(machine: Machine, lineage: Lineage, handle: Callable[[], None]) -> None:
    """Map the class as ``DeclarativeMeta.__init__`` does, if ``__init__`` of a metaclass of the workspace calls it.

    Raises:
        Raised: the exception that SQLAlchemy certainly raises.
    """
    cls = lineage.known[0]
    metaclass = next(iter(metaclasses(lineage)), None)
    found = machine.class_attribute(metaclass, "__init__") if isinstance(metaclass, ClassValue) else None
    init = found[0] if found is not None else None
    if not isinstance(init, FunctionValue):
        handle()
        return
    keywords = {name: value for name, value in cls.keywords.items() if name != "metaclass"}
    args = (Constant(cls.name), tuple_of(machine, cls.bases), namespace_of(machine, cls))
    site = CallSite(cls.place, "", None, args, keywords)
    called = Bound(init, cls)
    if machine.with_super(init, "__init__", lambda _: handle(), lambda: machine.call(called, site)) is None:
        machine.undecided(lambda: _done(handle), lambda: Constant(None))


def _done(handle: Callable[[], None]) -> Value:
    handle()
    return Constant(None)


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
            machine.packages.on_class(machine, cls)
        finally:
            cls.bases = bases
        return NONE

    if 0 < len(options) <= MOST_OPTIONS:
        machine.undecided(*[lambda option=option: under(option) for option in options])
    else:
        machine.cut(cls.place, f"the bases of {told(cls)}")
    if cls.mapping is None or cls.mapping.kind != "mixin":
        cls.mapping = ClassMapping("unknown", None)


def member(machine: Machine, receiver: Value, name: str) -> Handler | Value | None:
    """An attribute or method of a MetaData, registry, Table or mapped class.

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
    return None


def has_attribute(machine: Machine, cls: ClassValue, name: str) -> bool | None:
    """``hasattr(cls, name)``; None where it is not known."""
    lineage = lineage_of(machine, cls)
    found = lineage.attribute(name)
    if found is not None:
        return None if isinstance(found[0], Choice) and MISSING in found[0].options else True
    if name in ("__table__", "__mapper__") and any(mapped(each) for each in lineage.known):
        return True
    if name == "__tablename__" and lineage.has("fields"):
        return True
    sure = name in _OWN_NAMES and not lineage.unknown
    return False if sure or len(lineage.known) == len(lineage.classes) else None


def instantiate(machine: Machine, cls: ClassValue) -> Handler | None:
    """What calling a class makes, where it descends from MetaData."""
    if all(isinstance(each, ClassValue) for each in machine.mro(cls)):
        return None
    external = (each for each in lineage_of(machine, cls).classes if isinstance(each, External))
    return make_metadata if any(machine.packages.find(each.dotted) is make_metadata for each in external) else None


def constant(machine: Machine, dotted: str) -> Value | None:
    """The value of an external name that is no function: ``package.Base.metadata``."""
    if dotted == "sqlalchemy.util.TYPE_CHECKING":
        return Constant(False)
    owner, _, name = dotted.rpartition(".")
    if name != "metadata" or kind_of(machine, External(owner)) != "unknown":
        return None
    base = machine.run_installed(owner)
    if not isinstance(base, ClassValue):
        return None
    metadata = Names(machine, lineage_of(machine, base)).metadata()
    return metadata if isinstance(metadata, MetaDataValue) else None
