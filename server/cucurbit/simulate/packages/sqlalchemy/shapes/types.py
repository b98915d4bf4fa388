"""The types of columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.shapes import UNKNOWN_TYPE, Term, TypeTerm
from cucurbit.simulate.core.timeline import Place
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
from cucurbit.simulate.packages.sqlalchemy.shapes.terms import class_term, dotted_of, term

ITEMS = frozenset(
    {
        *("ForeignKey", "ForeignKeyConstraint", "CheckConstraint", "UniqueConstraint", "PrimaryKeyConstraint"),
        *("Sequence", "Computed", "Identity", "FetchedValue", "DefaultClause", "ColumnDefault", "Index", "Constraint"),
        "ExcludeConstraint",
    }
)
"""What is given to a column or a table and is no type."""

_STRING = ("length", "collation")
_NUMERIC = ("precision", "scale", "decimal_return_scale", "asdecimal")
_FLOAT = ("precision", "asdecimal", "decimal_return_scale")
_BINARY = ("length",)
_ZONED = ("timezone",)
_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("String", "Text", "Unicode", "UnicodeText", "VARCHAR", "CHAR", "TEXT", "NVARCHAR", "NCHAR", "CLOB"), _STRING
    ),
    **dict.fromkeys(("Numeric", "NUMERIC", "DECIMAL"), _NUMERIC),
    **dict.fromkeys(("Float", "FLOAT", "Double", "DOUBLE", "REAL", "DOUBLE_PRECISION"), _FLOAT),
    **dict.fromkeys(("LargeBinary", "BINARY", "VARBINARY", "BLOB"), _BINARY),
    **dict.fromkeys(("DateTime", "Time", "DATETIME", "TIMESTAMP", "TIME"), _ZONED),
    "Interval": ("native", "second_precision", "day_precision"),
    "Boolean": ("create_constraint", "name"),
    "Uuid": ("as_uuid", "native_uuid"),
    "UUID": ("as_uuid",),
    "JSON": ("none_as_null",),
    "JSONB": ("none_as_null",),
    "ARRAY": ("item_type", "as_tuple", "dimensions", "zero_indexes"),
    "PickleType": ("protocol", "pickler", "comparator", "impl", "cache_ok"),
}
"""The parameters of types in order (sqlalchemy/sql/sqltypes.py)."""

_WRAPPERS = frozenset({"TypeDecorator", "UserDefinedType", "TypeEngine", "ExternalType"})
_TYPE_METHODS = ("with_variant", "as_mutable", "adapt", "copy")


def is_type(machine: Machine, value: Value) -> bool | None:
    """Whether an argument of a column is its type; None if it may be."""
    if isinstance(value, (Unknown, Choice)):
        return None
    if isinstance(value, (ClassValue, InstanceValue)):
        return True
    dotted = value.made_by if isinstance(value, ExternalObject) else dotted_of(value)
    last = dotted.rpartition(".")[2]
    if not dotted or last in ITEMS:
        return False
    if isinstance(value, ExternalObject) and not last[:1].isupper() and last not in _TYPE_METHODS:
        return None
    return True


def type_term(machine: Machine, value: Value) -> TypeTerm:
    """The type that a value is, as the type of a column."""
    if isinstance(value, ExternalObject):
        return _made(machine, value)
    if isinstance(value, ClassValue):
        return _custom(machine, value)
    if isinstance(value, InstanceValue):
        return _custom(machine, value.cls)
    dotted = dotted_of(value)
    return _of_library(machine, dotted) if dotted else UNKNOWN_TYPE


def _of_library(
    machine: Machine, dotted: str, arguments: tuple[tuple[str, Term], ...] = (), place: Place | None = None
) -> TypeTerm:
    name = dotted.rpartition(".")[2]
    if not machine.packages.makes_columns(dotted):
        return TypeTerm(name, known=False, place=place)
    return TypeTerm(
        name, dialect_of(dotted), arguments, known=name not in _WRAPPERS and name[:1].isupper(), place=place
    )


def dialect_of(dotted: str) -> str:
    """The dialect in whose module a type is: ``postgresql`` for ``sqlalchemy.dialects.postgresql.JSONB``."""
    parts = dotted.split(".")
    return parts[2] if parts[:2] == ["sqlalchemy", "dialects"] and len(parts) > 2 else ""


def _made(machine: Machine, value: ExternalObject) -> TypeTerm:
    call, dotted = value.call, value.made_by
    head, _, name = dotted.rpartition(".")
    if name == "with_variant" and head.endswith("()") and isinstance(call.receiver, ExternalObject):
        return _variant(machine, value)
    if name == "as_mutable" and call.args:
        # sqlalchemy/ext/mutable.py: the type itself, whose values are watched.
        return type_term(machine, call.args[0])
    parameters = _PARAMETERS.get(name, ())
    given = {parameters[i] if i < len(parameters) else str(i): each for i, each in enumerate(call.args)}
    given.update(call.kwargs)
    if name in ("Enum", "ENUM"):
        return _enum(machine, value)
    arguments = tuple((key, term(machine, each)) for key, each in given.items())
    found = _of_library(machine, dotted, arguments, call.place)
    if not call.complete:
        found = replace(found, arguments=arguments, known=False)
    if name == "ARRAY" and "item_type" in given:
        return replace(found, arguments=arguments[1:], item=type_term(machine, given["item_type"]))
    return found


def _variant(machine: Machine, value: ExternalObject) -> TypeTerm:
    call = value.call
    assert call.receiver is not None
    base = type_term(machine, call.receiver)
    names = [text_of(each) for each in call.args[1:]]
    if not call.args or None in names or not names or not call.complete:
        return TypeTerm(base.name, base.dialect, base.arguments, known=False, place=call.place)
    other = type_term(machine, call.args[0])
    variants = (*base.variants, *((name, other) for name in names if name is not None))
    return TypeTerm(
        base.name,
        base.dialect,
        base.arguments,
        base.values,
        base.impl,
        base.item,
        variants,
        base.known,
        place=base.place,
    )


def _enum(machine: Machine, value: ExternalObject) -> TypeTerm:
    call, name = value.call, value.made_by.rpartition(".")[2]
    arguments = tuple((key, term(machine, each)) for key, each in call.kwargs.items())
    dialect = dialect_of(value.made_by)
    texts = [text_of(each) for each in call.args]
    values: tuple[str, ...] | None = None
    custom = None
    if len(call.args) == 1 and isinstance(call.args[0], ClassValue):
        custom = class_term(call.args[0])
        values = None if "values_callable" in call.kwargs else member_names(call.args[0])
    elif len(call.args) == 1 and isinstance(call.args[0], SequenceValue):
        items = call.args[0]
        inner = [text_of(each) for each in items.items]
        values = tuple(each for each in inner if each is not None) if None not in inner and not items.open else None
    elif texts and None not in texts:
        values = tuple(each for each in texts if each is not None)
    if not call.complete:
        values = None
    known = machine.packages.makes_columns(value.made_by)
    return TypeTerm(name, dialect, arguments, values, known=known, custom=custom, place=call.place)


def member_names(cls: ClassValue) -> tuple[str, ...] | None:
    """The names of the members of an Enum, without aliases; None if they are not certain."""
    if any(isinstance(base, ClassValue) and tuple(base.names) for base in cls.bases):
        return None
    found: dict[str, Value] = {}
    for name in cls.names:
        value = cls.names[name]
        if name.startswith("_") or (
            dotted_of(value) == "" and not isinstance(value, (Constant, SequenceValue, ExternalObject))
        ):
            continue
        if isinstance(value, Constant) and value in found.values():
            continue
        found[name] = value
    return tuple(found) or None


def _custom(machine: Machine, cls: ClassValue) -> TypeTerm:
    """A type that the program defines: a TypeDecorator wraps its ``impl``, another one may be anything."""
    bases = [each.dotted.rpartition(".")[2] for each in machine.mro(cls) if isinstance(each, External)]
    impl = machine.class_attribute(cls, "impl")
    own = machine.class_attribute(cls, "load_dialect_impl") is not None
    wrapped = type_term(machine, impl[0]) if impl is not None and "TypeDecorator" in bases else None
    if own and wrapped is not None:
        wrapped = TypeTerm(wrapped.name, wrapped.dialect, wrapped.arguments, known=False)
    return TypeTerm(cls.name, impl=wrapped, known=wrapped is not None, custom=class_term(cls))
