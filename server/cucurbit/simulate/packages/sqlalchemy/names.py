"""The ``__tablename__``, ``__table_args__`` and ``metadata`` that declarative mapping finds for a class.

Follows ``_scan_attributes`` of ``sqlalchemy.orm.decl_base``: the classes are visited in method resolution order, a
mapped superclass's own values do not count, and what counts is then read as Python reads an attribute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.values import (
    Choice,
    ClassValue,
    Constant,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    MetaDataValue,
    Missing,
    RegistryValue,
    SequenceValue,
    Unknown,
    Value,
)
from cucurbit.simulate.packages.sqlalchemy.columns import declared
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage, mapped
from cucurbit.simulate.packages.sqlalchemy.metadata import resolve_metadata


@dataclass
class Names:
    """Reads the special names of the first class of ``lineage``; each ``declared_attr`` is called once."""

    machine: Machine
    lineage: Lineage
    _read: dict[str, Value] = field(default_factory=dict)

    @property
    def head(self) -> ClassValue:
        return self.lineage.known[0]

    def tablename(self) -> Value | None:
        """The table's name; None: it certainly has none.

        Raises:
            Raised: where a ``declared_attr`` certainly raises.
        """
        for each, kind in self.lineage.with_kinds():
            if not isinstance(each, ClassValue):
                if kind == "fields":
                    return Constant(self.head.name.lower())
                if kind == "unknown":
                    return Unknown("a __tablename__ that an unknown base may give")
                continue
            if self._counts(each, "__tablename__"):
                value = self.read("__tablename__")
                if not (isinstance(value, Constant) and not value.value):
                    return value
        return None

    def table_args(self) -> TableArgs:
        """The arguments given to the Table, as far as they are known.

        Raises:
            Raised: where a ``declared_attr`` certainly raises.
        """
        for each, kind in self.lineage.with_kinds():
            if not isinstance(each, ClassValue):
                if kind == "unknown":
                    return TableArgs(primary_key=None, doubtful=True)
                continue
            if self._counts(each, "__table_args__"):
                value = self.read("__table_args__")
                if _empty(value):
                    continue
                args = _parse(self.machine, value, own=each is self.head)
                if self._may_be_mapped(each) and not is_declared(each.names["__table_args__"]):
                    # Those of a mapped class are for its own table only.
                    named = bool(args.keywords) or args.open_
                    return TableArgs(primary_key=None, doubtful=named, perhaps=True)
                return args
        return TableArgs(given=False)

    def _may_be_mapped(self, cls: ClassValue) -> bool:
        """Whether it is not known if a base class is mapped, or to which table."""
        return cls is not self.head and cls.mapping is not None and cls.mapping.kind == "unknown"

    def _counts(self, cls: ClassValue, name: str) -> bool:
        raw = cls.names.get(name)
        if raw is None:
            return False
        return cls is self.head or not mapped(cls) or is_declared(raw)

    def read(self, name: str) -> Value:
        """``cls.name`` as SQLAlchemy reads it.

        Raises:
            Raised: where a ``declared_attr`` certainly raises.
        """
        if name not in self._read:
            self._read[name] = self._evaluate(name)
        return self._read[name]

    def _evaluate(self, name: str) -> Value:
        found = self.lineage.attribute(name)
        raw = found[0] if found is not None else Unknown(name)
        if isinstance(raw, FunctionValue):
            return declared(self.machine, raw, self.lineage) if is_declared(raw) else Unknown(f"{name} is a method")
        if isinstance(raw, Choice) and any(isinstance(option, Missing) for option in raw.options):
            return Unknown(f"{name} is set on a condition")
        return raw

    def metadata(self, registry: RegistryValue | None = None) -> MetaDataValue | Value:
        """The MetaData for the tables of the class, or the value found instead of one.

        ``registry`` is the registry that maps the class if none of its bases has one.
        """
        found = self.lineage.attribute("metadata")
        if found is None:
            return self.registry_metadata(registry)
        value = self.read("metadata") if is_declared(found[0]) else found[0]
        return resolve_metadata(self.machine, value) or value

    def registry_metadata(self, registry: RegistryValue | None = None) -> MetaDataValue | Value:
        if registry is not None:
            return registry.metadata
        found = self.lineage.attribute("_sa_registry")
        if found is not None and isinstance(found[0], RegistryValue):
            return found[0].metadata
        return Unknown("an unknown registry")


@dataclass(frozen=True)
class TableArgs:
    """``__table_args__``: the keywords, and whether constraints or indexes come before them.

    ``given``: there are any. ``own``: the class has them itself. ``primary_key``: a PrimaryKeyConstraint is among
    them. ``open_``: there may be more keywords; ``doubtful``: a base may give others; ``perhaps``: or other items.
    """

    keywords: dict[str, Value] = field(default_factory=dict)
    items: bool | None = False
    primary_key: bool | None = False
    open_: bool = False
    doubtful: bool = False
    perhaps: bool = False
    own: bool = False
    given: bool = True
    values: tuple[Value, ...] = ()
    """The items themselves, as far as they are known."""


def _parse(machine: Machine, value: Value, *, own: bool) -> TableArgs:
    if isinstance(value, DictValue):
        return TableArgs({key: value.cells[key] for key in value.cells}, open_=value.open, own=own)
    if isinstance(value, SequenceValue) and not value.open:
        *items, last = value.items
        if isinstance(last, DictValue):
            keywords = {key: last.cells[key] for key in last.cells}
            primary_key = _has_primary_key(machine, items)
            return TableArgs(keywords, bool(items), primary_key, open_=last.open, own=own, values=tuple(items))
        known = not isinstance(last, (Unknown, Choice, External))
        primary_key, values = _has_primary_key(machine, value.items), value.items
        return TableArgs({}, True if known else None, primary_key, open_=not known, own=own, values=values)
    return TableArgs({}, None, None, open_=True, doubtful=True, own=own)


def _has_primary_key(machine: Machine, items: Sequence[Value]) -> bool | None:
    if not all(isinstance(item, ExternalObject) and machine.packages.makes_columns(item.made_by) for item in items):
        return None
    return any(isinstance(item, ExternalObject) and item.made_by.endswith("PrimaryKeyConstraint") for item in items)


def _empty(value: Value) -> bool:
    if isinstance(value, Constant):
        return not value.value
    if isinstance(value, DictValue):
        return not value.open and not bool(tuple(value.cells))
    return isinstance(value, SequenceValue) and not value.open and not value.items


def is_declared(value: Value) -> bool:
    """Whether it is a ``declared_attr``."""
    return isinstance(value, FunctionValue) and value.role == "declared_attr"
