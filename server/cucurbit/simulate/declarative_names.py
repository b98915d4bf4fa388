"""The ``__tablename__``, ``__table_args__`` and ``metadata`` that declarative mapping finds for a class.

Follows ``_scan_attributes`` of ``sqlalchemy.orm.decl_base``: the classes are visited in method resolution order, a
mapped superclass's own values do not count, and what counts is then read as Python reads an attribute.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cucurbit.simulate.declarative_columns import declared
from cucurbit.simulate.declarative_lineage import Lineage, kind_of, mapped
from cucurbit.simulate.machine import Machine
from cucurbit.simulate.tables_metadata import resolve_metadata
from cucurbit.simulate.values import (
    Choice,
    ClassValue,
    DictValue,
    External,
    FunctionValue,
    Literal_,
    MetaDataValue,
    Missing,
    RegistryValue,
    SequenceValue,
    Unknown,
    Value,
)


@dataclass
class Names:
    """Reads the special names of the class at the head of ``lineage``; each ``declared_attr`` is called once."""

    machine: Machine
    lineage: Lineage
    _read: dict[str, Value] = field(default_factory=dict)

    @property
    def head(self) -> ClassValue:
        return self.lineage.known[0]

    def tablename(self) -> Value | None:
        """None: it surely has none.

        Raises:
            Raised: where a ``declared_attr`` certainly raises.
        """
        for each in self.lineage.classes:
            if not isinstance(each, ClassValue):
                kind = kind_of(each)
                if kind == "sqlmodel":
                    return Literal_(self.head.name.lower())
                if kind == "unknown":
                    return Unknown("a __tablename__ that an unknown base may give")
                continue
            if self._counts(each, "__tablename__"):
                value = self.read("__tablename__")
                if not (isinstance(value, Literal_) and not value.value):
                    return value
        return None

    def table_args(self) -> TableArgs:
        """The arguments given to the Table, as far as they are known.

        Raises:
            Raised: where a ``declared_attr`` certainly raises.
        """
        for each in self.lineage.classes:
            if not isinstance(each, ClassValue):
                if kind_of(each) == "unknown":
                    return TableArgs(doubtful=True)
                continue
            if self._counts(each, "__table_args__"):
                value = self.read("__table_args__")
                if not _empty(value):
                    return _parse(value, inherited=each is not self.head)
        return TableArgs()

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
        """Where the tables of the class go, or the value that stands in the way.

        ``registry`` is the one the class is mapped with where no base of it has one.
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
        return Unknown("a registry that is not known")


@dataclass(frozen=True)
class TableArgs:
    """``__table_args__``: the keywords, and whether constraints or indexes stand before them.

    ``open_``: there may be more keywords; ``doubtful``: a base may give others.
    """

    keywords: dict[str, Value] = field(default_factory=dict)
    items: bool | None = False
    open_: bool = False
    doubtful: bool = False
    own: bool = False


def _parse(value: Value, *, inherited: bool) -> TableArgs:
    if isinstance(value, DictValue):
        keywords = {key: value.cells.data[key] for key in value.cells}
        return TableArgs(keywords, open_=value.open, own=not inherited)
    if isinstance(value, SequenceValue) and not value.open:
        last = value.items[-1]
        if isinstance(last, DictValue):
            keywords = {key: last.cells.data[key] for key in last.cells}
            return TableArgs(keywords, items=len(value.items) > 1, open_=last.open, own=not inherited)
        known = not isinstance(last, (Unknown, Choice, External))
        return TableArgs(items=True if known else None, open_=not known, own=not inherited)
    return TableArgs(items=None, open_=True, doubtful=True, own=not inherited)


def _empty(value: Value) -> bool:
    if isinstance(value, Literal_):
        return not value.value
    if isinstance(value, DictValue):
        return not value.open and not value.cells.data
    return isinstance(value, SequenceValue) and not value.open and not value.items


def is_declared(value: Value) -> bool:
    """Whether it is a ``declared_attr``."""
    return isinstance(value, FunctionValue) and value.role == "declared_attr"
