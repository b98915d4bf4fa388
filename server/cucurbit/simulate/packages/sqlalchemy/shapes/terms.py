"""The values of arguments as terms, which stay what they are when the program goes on."""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.shapes import (
    Answer,
    CallTerm,
    ClassTerm,
    CodeTerm,
    ColumnTerm,
    ItemsTerm,
    Named,
    NameTerm,
    TableTerm,
    Term,
    UnknownTerm,
    ValueTerm,
)
from cucurbit.simulate.core.values import (
    Bound,
    Choice,
    ClassValue,
    Constant,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    InstanceValue,
    SequenceValue,
    TableValue,
    Unknown,
    Value,
    text_of,
)

COLUMNS = frozenset({"Column", "mapped_column", "MappedColumn"})
"""Last names of what makes a column."""

_DEEPEST = 6
"""Terms nested deeper are not known."""


def class_term(cls: ClassValue) -> ClassTerm:
    return ClassTerm(cls.name, cls.module.name, cls.place)


def is_column(machine: Machine, value: Value) -> bool:
    """Whether a value is what ``Column(...)`` or ``mapped_column(...)`` returned."""
    return (
        isinstance(value, ExternalObject)
        and value.made_by.rpartition(".")[2] in COLUMNS
        and machine.packages.makes_columns(value.made_by)
    )


def dotted_of(value: Value) -> str:
    """The dotted name of a name of a library, also if it is an attribute of an object (``db.String``); else empty."""
    if isinstance(value, External):
        return value.dotted
    if isinstance(value, Bound) and isinstance(value.function, External):
        return value.function.dotted
    return ""


def term(machine: Machine, value: Value, depth: int = 0) -> Term:
    """What is known of a value."""
    if isinstance(value, Constant):
        return ValueTerm(value.value, value.literal)
    if isinstance(value, ExternalObject):
        return _of_object(machine, value, depth)
    dotted = dotted_of(value)
    if dotted:
        return _of_attribute(value, dotted)
    if isinstance(value, ClassValue):
        return class_term(value)
    if isinstance(value, TableValue):
        return TableTerm(value.definition)
    if isinstance(value, FunctionValue):
        return CodeTerm(value.name, value.place)
    if isinstance(value, Bound) and isinstance(value.function, FunctionValue):
        return CodeTerm(value.function.name, value.function.place)
    if isinstance(value, SequenceValue) and depth < _DEEPEST:
        items = tuple(term(machine, each, depth + 1) for each in value.items)
        return ItemsTerm(value.kind, items, value.open or value.shape == "shuffled")
    if isinstance(value, DictValue) and depth < _DEEPEST:
        keys = tuple(value.cells)
        return ItemsTerm("dict", tuple(term(machine, value.cells[key], depth + 1) for key in keys), value.open, keys)
    if isinstance(value, Unknown):
        return UnknownTerm(value.reason)
    if isinstance(value, InstanceValue):
        return UnknownTerm(f"an object of the class {value.cls.name}")
    return UnknownTerm("one of several values" if isinstance(value, Choice) else "a value")


def _of_attribute(value: Value, dotted: str) -> Term:
    """A name of a library, or an attribute of one of its objects: a column of a table, a mapped attribute."""
    receiver = value.receiver if isinstance(value, Bound) else None
    head, _, name = dotted.rpartition(".")
    if isinstance(receiver, TableValue) and head == "sqlalchemy.Table().c":
        return ColumnTerm(None, name, table=receiver.definition)
    if isinstance(receiver, ClassValue) and receiver.mapping is not None and receiver.mapping.kind != "mixin":
        return ColumnTerm(None, name, cls=class_term(receiver))
    return NameTerm(dotted)


def _of_object(machine: Machine, value: ExternalObject, depth: int) -> Term:
    call = value.call
    if is_column(machine, value):
        return ColumnTerm(call.place, text_of(call.args[0]) or "" if call.args else "")
    if depth >= _DEEPEST:
        return UnknownTerm("a value nested too deep")
    return CallTerm(
        value.made_by,
        tuple(term(machine, each, depth + 1) for each in call.args),
        tuple((name, term(machine, each, depth + 1)) for name, each in call.kwargs.items()),
        call.place,
        call.complete,
    )


def named(value: Value) -> Named | None:
    """A name that is given as a string."""
    text = text_of(value)
    return Named(text, value.literal) if text is not None and isinstance(value, Constant) else None


def truth(value: Value | None, default: Answer = False, *, complete: bool = True) -> Answer:
    """A flag; ``default`` if it is not given, which is only certain if all arguments are known."""
    if value is None:
        return default if complete else None
    return bool(value.value) if isinstance(value, Constant) else None
