"""Attribute names that SQLAlchemy reserves: ``metadata`` and ``registry``.

Confirmed by running SQLAlchemy: 1.4.54 and 2.0.58 raise InvalidRequestError for a mapped ``metadata``, and
AttributeError for any other value of that name that is not a MetaData; 2.1.9 warns and uses the registry's MetaData. A
mapped ``registry`` is accepted by 1.4 and 2.0, and 2.1 warns. Flask-SQLAlchemy 3.1.1 reads ``tables`` of every such
value.
"""

from __future__ import annotations

from enum import Enum
from typing import NoReturn

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.timeline import EventKind, Failure
from cucurbit.simulate.core.values import (
    ClassValue,
    Constant,
    DictValue,
    FunctionValue,
    RegistryValue,
    SequenceValue,
    Unknown,
    Value,
)
from cucurbit.simulate.packages.sqlalchemy.columns import (
    annotated_names,
    declared,
    made_by_mapping,
    mapped_annotation,
    place_of_attribute,
)
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage, mapped
from cucurbit.simulate.packages.sqlalchemy.names import Names, is_declared

TOLERANT = (2, 1)
"""The first SQLAlchemy that only warns."""


class Reserved(Enum):
    """Whether a reserved attribute makes the class fail; if it certainly does, the failure is raised."""

    NO = 0
    PERHAPS = 1


def reserved_attributes(machine: Machine, lineage: Lineage) -> Reserved:
    """Find mapped attributes with reserved names.

    Raises:
        Raised: InvalidRequestError, where the version of SQLAlchemy surely raises it.
    """
    cls = lineage.known[0]
    _check_registry(machine, lineage)
    owner = _owner_of_mapped(machine, lineage, "metadata")
    if owner is None:
        return Reserved.NO
    version = machine.workspace.version("sqlalchemy", cls.place.path)
    if version is not None and version[:2] < TOLERANT:
        old = "for the MetaData instance when using a declarative base class."
        new = "when using the Declarative API."
        message = f"Attribute name 'metadata' is reserved {old if version < (2,) else new}"
        failure = Failure("InvalidRequestError", message, cls.place)
        _report(machine, owner, "metadata", failure)
        machine.fail(failure.error, failure.message, failure.place)
    _report(machine, owner, "metadata", None)
    return Reserved.PERHAPS if version is None else Reserved.NO


def _check_registry(machine: Machine, lineage: Lineage) -> None:
    owner = _owner_of_mapped(machine, lineage, "registry")
    if owner is not None:
        _report(machine, owner, "registry", None)


def _report(machine: Machine, owner: ClassValue, name: str, failure: Failure | None) -> None:
    machine.emit(
        EventKind.RESERVED_ATTRIBUTE,
        place_of_attribute(owner, name),
        failure=failure,
        detail=name,
        certain=failure is not None,
    )


def _owner_of_mapped(machine: Machine, lineage: Lineage, name: str) -> ClassValue | None:
    """The class whose mapped attribute ``name`` the first class of ``lineage`` inherits."""
    head = lineage.known[0]
    fields = lineage.has("fields")
    for cls in lineage.known:
        if cls is not head and mapped(cls):
            return None
        value = cls.names.get(name)
        if value is not None and not fields and not is_declared(value):
            return cls if made_by_mapping(machine, value) else None
        annotated = [step.annotation for each, step in annotated_names(cls) if each == name]
        if fields and annotated:
            return cls
        if value is None:
            if any(mapped_annotation(annotation) == "column" for annotation in annotated):
                return cls
            continue
        if is_declared(value) and isinstance(value, FunctionValue):
            value = declared(machine, value, lineage)
        return cls if made_by_mapping(machine, value) else None
    return None


def stands_in_the_way(
    machine: Machine, names: Names, value: Value, registry: RegistryValue | None, *, table_class: bool
) -> Value:
    """The MetaData that is used if ``metadata`` on the class is not a MetaData.

    ``table_class``: a ``__table_cls__`` reads ``cls.metadata.tables`` first, in every version.

    Raises:
        Raised: AttributeError, where it is surely raised.
    """
    kind = _type_name(value)
    column = made_by_mapping(machine, value)
    if kind is None and not column:
        return Unknown("the MetaData of the class")
    if table_class:
        shown = f"'{kind}' object" if kind is not None else "A mapped attribute"
        _fail(machine, names, f"{shown} has no attribute 'tables'")
    version = machine.workspace.version("sqlalchemy", names.head.place.path)
    if version is None:
        return Unknown("a metadata attribute that is no MetaData")
    if version[:2] >= TOLERANT or (kind == "NoneType" and version >= (2,)):
        return names.registry_metadata(registry)
    if kind is not None:
        _fail(machine, names, f"'{kind}' object has no attribute 'schema'")
    return Unknown("a metadata attribute that is no MetaData")


def _fail(machine: Machine, names: Names, message: str) -> NoReturn:
    failure = Failure("AttributeError", message, names.head.place)
    found = names.lineage.attribute("metadata")
    _report(machine, found[1] if found is not None else names.head, "metadata", failure)
    machine.fail(failure.error, failure.message, failure.place)


def _type_name(value: Value) -> str | None:
    """The type name of the value of ``cls.metadata``, if it is certainly not a MetaData."""
    if isinstance(value, FunctionValue):
        roles = {"plain": "function", "static": "function", "property": "property", "class": "method"}
        return roles.get(value.role)
    if isinstance(value, Constant):
        return type(value.value).__name__
    if isinstance(value, DictValue):
        return "dict"
    return value.kind if isinstance(value, SequenceValue) else None
