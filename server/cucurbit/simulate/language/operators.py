"""Operators on known values."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from cucurbit.simulate.core.values import (
    MISSING,
    Choice,
    ClassValue,
    Constant,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    InstanceValue,
    MetaDataValue,
    ModuleValue,
    PathValue,
    RegistryValue,
    SequenceValue,
    TableValue,
    Unknown,
    Value,
    options_of,
    text_of,
)
from cucurbit.source.facts import Scalar

TEXT_LIMIT = 10_000
"""The maximum length of a computed string; a longer one is unknown. A literal may be longer."""

_PLAIN = re.compile(r"(?:[^%]|%%|%(?:\(\w+\))?[-#0 +]*\d{0,3}(?:\.\d{0,3})?[a-zA-Z])*")
"""A template whose fields have small, literal widths."""


def binary(op: str, left: Value, right: Value) -> Value:
    """``left op right``, or Unknown."""
    if isinstance(left, PathValue) or (isinstance(right, PathValue) and op == "/"):
        return _joined(op, left, right)
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _scalars(op, left.value, right.value)
    if op == "%" and isinstance(left, Constant) and isinstance(left.value, str):
        return _interpolated(left.value, right)
    if op == "+" and isinstance(left, Unknown) and left.beginning:
        return left
    if op == "+" and isinstance(left, Constant) and isinstance(left.value, str):
        return Unknown("an operation", left.value + (right.beginning if isinstance(right, Unknown) else ""))
    if isinstance(left, Choice) or isinstance(right, Choice):
        return Unknown("an operation on one of several values")
    return Unknown("an operation")


def _joined(op: str, left: Value, right: Value) -> Value:
    base = left.text if isinstance(left, PathValue) else text_of(left)
    more = right.text if isinstance(right, PathValue) else text_of(right)
    if op != "/" or base is None or more is None:
        return Unknown("a path")
    return PathValue(more if more.startswith("/") or base in ("", ".") else f"{base.rstrip('/')}/{more}")


def _scalars(op: str, left: Scalar, right: Scalar) -> Value:
    if isinstance(left, str) and isinstance(right, str):
        return made_text(left, right) if op == "+" else (_interpolated(left, Constant(right)) if op == "%" else _NO)
    if isinstance(left, str) and op == "%":
        return _interpolated(left, Constant(right))
    if isinstance(left, str) and isinstance(right, int) and op == "*" and len(left) * right <= TEXT_LIMIT:
        return Constant(left * right)
    if isinstance(left, (int, float)) and isinstance(right, (int, float)) and max(abs(left), abs(right)) < 1e18:
        made = None if op in _DIVISIONS and not right else _NUMBERS.get(op)
        result = made(left, right) if made is not None else None
        return Constant(result) if result is not None and abs(result) < 1e18 else _NO
    return _NO


def made_text(*parts: str) -> Value:
    """The parts as one string; Unknown if it is too long."""
    return Constant("".join(parts)) if sum(map(len, parts)) <= TEXT_LIMIT else Unknown("a long string")


_NO = Unknown("an operation on constants")
_NUMBERS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
_DIVISIONS = ("/", "//", "%")


def divides_by_zero(op: str, left: Value, right: Value) -> bool:
    """Whether an operation certainly raises ZeroDivisionError."""
    if op not in _DIVISIONS or not isinstance(left, Constant) or not isinstance(right, Constant):
        return False
    return isinstance(left.value, (int, float)) and isinstance(right.value, (int, float)) and not right.value


def key_of(key: Value) -> str | None:
    """The internal form of a dict key: a string unchanged, another constant with a mark, equal constants alike."""
    if not isinstance(key, Constant):
        return None
    value = key.value
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, float)) and abs(value) < 1e15 and value == int(value):
        value = int(value)
    return f"{_NO_TEXT}{value!r}"


def key_value(key: str) -> Constant | Unknown:
    """The key with this internal form."""
    if not key.startswith(_NO_TEXT):
        return Constant(key)
    text = key[len(_NO_TEXT) :]
    if text == "None":
        return Constant(None)
    try:
        return Constant(int(text))
    except ValueError:
        return Unknown("a key of a dict")


_NO_TEXT = "\0"


def _interpolated(template: str, right: Value) -> Value:
    items = right.items if isinstance(right, SequenceValue) else (right,)
    values = [item.value for item in items if isinstance(item, Constant)]
    if len(values) != len(items) or _PLAIN.fullmatch(template) is None:
        return Unknown("a formatted string", template.partition("%")[0])
    try:
        return made_text(template % tuple(values))
    except (TypeError, ValueError, OverflowError, KeyError):
        return Unknown("a formatted string")


def unary(op: str, value: Value) -> Value:
    """``-value`` and similar operations on known numbers."""
    if isinstance(value, Constant) and isinstance(value.value, (int, float)) and op in "+-":
        return Constant(-value.value if op == "-" else +value.value)
    return Unknown("an operation")


def shown(value: Value) -> str | None:
    """``str(value)``."""
    if isinstance(value, PathValue):
        return value.text
    if isinstance(value, Constant) and not value.member:
        try:
            return str(value.value)
        except ValueError:  # a number of thousands of digits
            pass
    return None


_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare(op: str, left: Value, right: Value) -> bool | None:
    """Whether ``left op right`` holds, None where it is not known."""
    if op in ("==", "!="):
        same = _same(left, right)
        return None if same is None else same == (op == "==")
    if op in ("is", "is not"):
        same = _identical(left, right)
        return None if same is None else same == (op == "is")
    if op in ("in", "not in"):
        contained = _contains(right, left)
        return None if contained is None else contained == (op == "in")
    if isinstance(left, SequenceValue) and isinstance(right, SequenceValue):
        # Ranges and views have no order.
        plain = left.shape == right.shape == "plain" and "set" not in (left.kind, right.kind)
        return _ordered(op, left, right) if plain else None
    if isinstance(left, Constant) and isinstance(right, Constant):
        one, two = left.value, right.value
        if isinstance(one, (int, float)) and isinstance(two, (int, float)):
            return _ORDER[op](one, two) if op in _ORDER else None
    return None


_ONE_OF_A_KIND = (ModuleValue, ClassValue, FunctionValue, InstanceValue, TableValue, MetaDataValue, RegistryValue)


def _identical(left: Value, right: Value) -> bool | None:
    """Whether both are the same object; None if unknown, as for equal numbers and strings."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        if left.value is None or right.value is None or isinstance(left.value, bool) or isinstance(right.value, bool):
            return left.value is right.value
        return None if left.value == right.value else False
    if isinstance(left, Choice) or isinstance(right, Choice):
        one, other = (left, right) if isinstance(left, Choice) else (right, left)
        found = {_identical(option, other) for option in options_of(one)}
        return found.pop() if len(found) == 1 else None
    if isinstance(left, FunctionValue) and isinstance(right, FunctionValue) and left.place == right.place:
        return True if left is right else None
    containers = (SequenceValue, DictValue)
    if isinstance(left, containers) and isinstance(right, containers):
        if left is right:
            return True
        # A copy of a tuple or of a frozenset may be the same object.
        fixed = any(isinstance(each, SequenceValue) and each.kind != "list" for each in (left, right))
        shared = left.cells is right.cells
        return None if fixed or shared else False
    sure = (*_ONE_OF_A_KIND, Constant, *containers)
    return left is right if isinstance(left, sure) and isinstance(right, sure) else None


def _may_compare(value: Value) -> bool:
    """Whether the class of an object may define ``__eq__``."""
    if not isinstance(value, InstanceValue):
        return False
    pending: list[Value] = [value.cls]
    while pending:
        cls = pending.pop()
        if not isinstance(cls, ClassValue):
            if not (isinstance(cls, External) and cls.dotted in _WITHOUT_EQUALITY):
                return True
            continue
        if cls.marks or cls.keywords or "__eq__" in cls.names or "__ne__" in cls.names:
            return True
        pending.extend(cls.bases)
    return False


_WITHOUT_EQUALITY = ("builtins.object", "builtins.Exception", "typing.Generic", "typing.Protocol", "abc.ABC")


def _may_be_alias(value: Value) -> bool:
    """Whether a class may stand for a generic alias (``X[int]``), which is represented by the class."""
    return isinstance(value, ClassValue) and any(
        isinstance(base, External) and base.dotted in ("typing.Generic", "typing.Protocol") for base in value.bases
    )


def _same(left: Value, right: Value) -> bool | None:
    if left is right and _may_be_alias(left):
        return None
    if _may_compare(left) or _may_compare(right):
        return True if left is right and _is_member(left) else None
    if isinstance(left, Constant) and isinstance(right, Constant):
        return left.value == right.value and isinstance(left.value, str) == isinstance(right.value, str)
    if isinstance(left, PathValue) and isinstance(right, PathValue):
        return left.text == right.text
    if isinstance(left, (Unknown, External, ExternalObject, Choice)):
        return _possibly(left, right)
    if isinstance(right, (Unknown, External, ExternalObject, Choice)):
        return _possibly(right, left)
    if isinstance(left, SequenceValue) and isinstance(right, SequenceValue):
        if left.shape != "plain" or right.shape != "plain":
            return None
        if left.kind != right.kind:
            return None if left.open and right.open else False
        # The items of a set have no order, and are unique.
        return None if left.kind == "set" else _ordered("==", left, right)
    if isinstance(left, FunctionValue) and isinstance(right, FunctionValue) and left.place == right.place:
        return True if left is right else None
    certain = (*_ONE_OF_A_KIND, Constant)
    if any(isinstance(each, ClassValue) and "metaclass" in each.keywords for each in (left, right)):
        return True if left is right else None
    return left is right if isinstance(left, certain) and isinstance(right, certain) else None


def may_compare(*values: Value) -> bool:
    """Whether the class of any of the values may define ``__eq__``."""
    return any(_may_compare(value) for value in values)


def _is_member(value: Value) -> bool:
    """Whether an object is a member of an Enum, which equals itself."""
    return isinstance(value, InstanceValue) and "_value_" in value.attributes


def _possibly(unsure: Value, other: Value) -> bool | None:
    if isinstance(unsure, Choice):
        found = {_same(option, other) for option in options_of(unsure)}
        return found.pop() if len(found) == 1 else None
    return None


def _contains(container: Value, item: Value) -> bool | None:
    if isinstance(container, Constant) and isinstance(container.value, str):
        text = text_of(item)
        return None if text is None else text in container.value
    if isinstance(container, DictValue):
        key = key_of(item)
        held = container.cells.get(key) if key is not None else None
        if key is None or (isinstance(held, Choice) and MISSING in held.options):
            return None
        return True if held is not None else (None if container.open else False)
    if isinstance(container, SequenceValue) and not container.open:
        found = [None if isinstance(each, Choice) else _same(item, each) for each in container.items]
        return True if True in found else (None if None in found else False)
    return None


def _ordered(op: str, left: SequenceValue, right: SequenceValue) -> bool | None:
    """Compare two tuples of constants (``sys.version_info >= (3, 11)``)."""
    one = [item.value for item in left.items if isinstance(item, Constant)]
    two = [item.value for item in right.items if isinstance(item, Constant)]
    if len(one) != len(left.items) or len(two) != len(right.items) or left.open or right.open:
        return None
    if op == "==":
        return one == two
    for mine, theirs in zip(one, two, strict=False):
        if mine == theirs:
            continue
        if isinstance(mine, (int, float)) and isinstance(theirs, (int, float)) and op in _ORDER:
            return _ORDER[op](mine, theirs)
        return None
    return _ORDER[op](len(one), len(two)) if op in _ORDER else None
