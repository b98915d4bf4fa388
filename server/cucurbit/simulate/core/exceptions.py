"""Which ``except`` catches which exception."""

from __future__ import annotations

import builtins
from enum import Enum

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.timeline import Failure
from cucurbit.simulate.core.values import (
    Choice,
    ClassValue,
    Constant,
    External,
    ExternalObject,
    InstanceValue,
    SequenceValue,
    Unknown,
    Value,
    text_of,
)


class Catches(Enum):
    NO = 0
    MAYBE = 1
    YES = 2

    def __bool__(self) -> bool:
        return self is not Catches.NO


def ancestors(machine: Machine, error: str) -> tuple[str, ...]:
    """The names of an exception class and of its bases, for the classes of Python and of libraries that are known."""
    found = getattr(builtins, error, None)
    if isinstance(found, type) and issubclass(found, BaseException):
        return tuple(cls.__name__ for cls in found.__mro__)
    base = machine.packages.base_of(error)
    return (error,) if base is None else (error, *ancestors(machine, base))


def matches(machine: Machine, failure: Failure, types: Value | None) -> Catches:
    """Whether ``except types`` catches ``failure``; None is a bare ``except``."""
    if types is None:
        return Catches.YES
    if isinstance(types, (SequenceValue, Choice)):
        options = types.items if isinstance(types, SequenceValue) else types.options
        found = [matches(machine, failure, option) for option in options if not _is_missing(option)]  # type: ignore[arg-type]
        best = max(found, key=lambda match: match.value, default=Catches.NO)
        return Catches.MAYBE if isinstance(types, Choice) and best is Catches.YES else best
    family = {*(failure.ancestors or ancestors(machine, failure.error)), *ancestors(machine, failure.error)[:1]}
    if failure.error == "Exception" and not failure.message:
        # The raised exception may be an instance of a subclass.
        family = {"Exception"}
    if isinstance(types, External):
        name = ancestors(machine, types.dotted.rpartition(".")[2])[0]
        if name in family:
            return Catches.YES
        # The exceptions in a group are unknown, and so is whether this handler is an "except*".
        known = len(ancestors(machine, name)) > 1 and len(family) > 1 and "BaseExceptionGroup" not in family
        return Catches.NO if known else Catches.MAYBE
    if isinstance(types, ClassValue):
        if types.name in family:
            return Catches.YES
        return Catches.NO if len(family) > 1 else Catches.MAYBE
    return Catches.MAYBE


def _is_missing(option: object) -> bool:
    return not isinstance(option, (External, ClassValue, SequenceValue, Unknown, Constant, ExternalObject))


def lineage(machine: Machine, cls: ClassValue) -> tuple[str, ...]:
    """The names of a workspace exception class and of its bases."""
    names: list[str] = []
    for base in machine.mro(cls):
        if isinstance(base, ClassValue):
            names.append(base.name)
        elif isinstance(base, External):
            names.extend(ancestors(machine, base.dotted.rpartition(".")[2]))
    return tuple(dict.fromkeys(names))


def exit_message(code: Value | None) -> str:
    """The message of ``SystemExit(code)``: empty if the program ends without an error, or if the code is unknown."""
    return str(code.value) if isinstance(code, Constant) and code.value not in (None, 0) else ""


def raised_by(machine: Machine, value: Value) -> tuple[str, str, tuple[str, ...]]:
    """The class name, the message and the names of the bases of what ``raise value`` raises."""
    if isinstance(value, External):
        return value.dotted.rpartition(".")[2], "", ()
    if isinstance(value, ExternalObject):
        message = text_of(value.call.args[0]) if value.call.args else None
        if value.made_by == "builtins.SystemExit":
            message = exit_message(value.call.args[0] if value.call.args else None)
        return value.made_by.rpartition(".")[2], message or "", ()
    if isinstance(value, (ClassValue, InstanceValue)):
        cls = value if isinstance(value, ClassValue) else value.cls
        return cls.name, "", lineage(machine, cls)
    return "Exception", "", ()
