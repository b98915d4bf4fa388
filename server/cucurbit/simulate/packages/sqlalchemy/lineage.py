"""The classes a class descends from, as far as SQLAlchemy's declarative system cares."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cucurbit.simulate.core.linearisation import key
from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.values import (
    BaseKind,
    ClassValue,
    Constant,
    External,
    ExternalObject,
    FunctionValue,
    Value,
)

_SQLALCHEMY: Mapping[str, BaseKind] = {
    "DeclarativeBase": "base",
    "DeclarativeBaseNoMeta": "base",
    "DeclarativeMeta": "metaclass",
    "AbstractConcreteBase": "concrete",
    "AutomapBase": "automap",
    # MappedAsDataclass, ConcreteBase, DeferredReflection, AsyncAttrs: no table and no name of theirs.
}

_HARMLESS = (
    "flask_login.",
    "flask_security.",
    "flask_praetorian.",
    "sqlalchemy_mixins.",
    "sqlalchemy_serializer.",
    "sqlalchemy_utils.",
    "typing_extensions.",
    "zope.interface.",
)
"""Packages without a file of their own whose classes are no bases and give no table's name, schema or arguments."""

_GIVING_COLUMNS = ("flask_security.", "sqlalchemy_mixins.", "sqlalchemy_utils.")
"""Those of them that have mixins with columns."""

CLASSES_A_STEP = 4
"""The number of classes in a method resolution order that count as one step."""

_HARMLESS_MAKERS = ("collections.namedtuple", "typing.NamedTuple", "typing.TypedDict", "enum.Enum", "typing.NewType")


def base_kind(dotted: str) -> BaseKind | None:
    """What a class of SQLAlchemy is as a base."""
    root, _, _ = dotted.partition(".")
    return _SQLALCHEMY.get(dotted.rpartition(".")[2], "plain") if root == "sqlalchemy" else None


def kind_of(machine: Machine, value: Value) -> BaseKind:
    """What a base that is no class of the workspace is."""
    if isinstance(value, External):
        known = machine.packages.base_kind(value.dotted)
        if known is not None:
            return known
        root, _, _ = value.dotted.partition(".")
        harmless = root in sys.stdlib_module_names or value.dotted.startswith(_HARMLESS)
        return "plain" if harmless else "unknown"
    if isinstance(value, ExternalObject):
        return "plain" if value.made_by.startswith(_HARMLESS_MAKERS) else "unknown"
    return "unknown"


def gives_columns(value: Value) -> bool:
    """Whether a class of a package without a file of its own may be a mixin with columns."""
    return isinstance(value, External) and value.dotted.startswith(_GIVING_COLUMNS)


@dataclass(frozen=True)
class Lineage:
    """A class's method resolution order; external classes are read from their source where possible."""

    classes: tuple[Value, ...]
    kinds: tuple[BaseKind | None, ...]
    """The role of each class as a base; None for a class of the workspace."""

    @cached_property
    def known(self) -> tuple[ClassValue, ...]:
        return tuple(each for each in self.classes if isinstance(each, ClassValue))

    @property
    def parents(self) -> tuple[ClassValue, ...]:
        """The classes that are relevant for declarative mapping, without the class itself."""
        return tuple(each for each in self.known[1:] if each.mapping is not None and each.mapping.kind != "mixin")

    @property
    def unknown(self) -> bool:
        """Whether it contains an unknown class."""
        return self.has("unknown")

    @property
    def may_have_more_columns(self) -> bool:
        """Whether some class of it may have columns that are not seen."""
        return any(
            (kind == "unknown" or gives_columns(each)) and not isinstance(each, ClassValue)
            for each, kind in self.with_kinds()
        )

    def has(self, kind: BaseKind) -> bool:
        return kind in self.kinds

    def with_kinds(self) -> Iterator[tuple[Value, BaseKind | None]]:
        """The classes in order, each with its role as a base; None for a class of the workspace."""
        return zip(self.classes, self.kinds, strict=True)

    def attribute(self, name: str) -> tuple[Value, ClassValue] | None:
        """The raw attribute and its owner; external classes are skipped."""
        for cls in self.known:
            found = cls.names.get(name)
            if found is not None:
                return found, cls
        return None


def lineage_of(machine: Machine, cls: ClassValue) -> Lineage:
    """The method resolution order of ``cls``, with classes of installed packages read from their source if possible."""
    classes: dict[Hashable, Value] = {}
    order = machine.mro(cls)
    machine.spend(len(order) // CLASSES_A_STEP)
    for each in order:
        expanded: tuple[Value, ...] = (each,)
        if isinstance(each, External) and (gives_columns(each) or kind_of(machine, each) == "unknown"):
            found = machine.run_installed(each.dotted)
            if isinstance(found, ClassValue):
                expanded = lineage_of(machine, found).classes
            elif isinstance(found, External):
                expanded = (found,)
        for one in expanded:
            classes.setdefault(key(one), one)
    kinds = (None if isinstance(each, ClassValue) else kind_of(machine, each) for each in classes.values())
    return Lineage(tuple(classes.values()), tuple(kinds))


def is_declarative_metaclass(machine: Machine, value: Value | None) -> bool:
    """Whether a ``metaclass=`` is ``DeclarativeMeta`` or one of the workspace that descends from it."""
    if isinstance(value, ClassValue):
        return lineage_of(machine, value).has("metaclass")
    return isinstance(value, External) and kind_of(machine, value) == "metaclass"


def metaclasses(lineage: Lineage) -> tuple[Value, ...]:
    """The metaclasses that the class statements name, the nearest first."""
    found = (cls.keywords.get("metaclass") for cls in lineage.known)
    return tuple(each for each in found if each is not None)


def has_own_metaclass(machine: Machine, lineage: Lineage) -> bool:
    """Whether a metaclass may change the class before it is mapped in a way that is not followed."""
    for metaclass in metaclasses(lineage):
        if isinstance(metaclass, ClassValue):
            if any(isinstance(metaclass.names.get(name), FunctionValue) for name in ("__new__", "__call__")):
                return True
        elif kind_of(machine, metaclass) == "unknown":
            return True
    return False


def mapped(cls: Value) -> bool:
    """Whether SQLAlchemy has mapped the class itself."""
    return isinstance(cls, ClassValue) and cls.mapping is not None and cls.mapping.kind in ("table", "single")


def is_true(value: Value | None) -> bool | None:
    """The truth of a flag; None if unknown."""
    if value is None:
        return False
    return bool(value.value) if isinstance(value, Constant) else None


def told(cls: ClassValue) -> str:
    """A class, in a sentence: one that ``type(...)`` makes may have a name that is not known."""
    return f"the class {cls.name}" if cls.name else "a class whose name is not known"
