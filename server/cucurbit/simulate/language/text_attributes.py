"""Attributes of strings, paths, lists and dicts."""

from __future__ import annotations

import posixpath

from cucurbit.simulate.core.values import (
    Bound,
    Constant,
    DictValue,
    External,
    PathValue,
    SequenceValue,
    Unknown,
    Value,
)


def text_attribute(value: Constant | PathValue | SequenceValue | DictValue, name: str) -> Value:
    """The attribute of a value of a built-in type: methods are bound to the names that have handlers."""
    if isinstance(value, PathValue):
        return _of_path(value, name)
    if isinstance(value, Constant):
        kind = "@str" if isinstance(value.value, str) else "@number"
        if name == "value":
            # A member of an Enum of strings is represented by its string.
            return Constant(value.value, value.place)
        if value.value is None:
            return Unknown("an attribute of None")
        return Bound(External(f"{kind}.{name}"), value)
    return Bound(External(f"@{'dict' if isinstance(value, DictValue) else value.kind}.{name}"), value)


def _of_path(value: PathValue, name: str) -> Value:
    text = value.text
    if name == "parent":
        return PathValue(posixpath.dirname(text) or ".")
    if name == "name":
        return Constant(posixpath.basename(text))
    if name == "stem":
        return Constant(posixpath.splitext(posixpath.basename(text))[0])
    if name == "suffix":
        return Constant(posixpath.splitext(text)[1])
    return Bound(External(f"@path.{name}"), value)


def parents_of(text: str) -> list[str]:
    found = []
    while text not in ("", "/", "."):
        text = posixpath.dirname(text) or "."
        found.append(text)
    return found


def parents(text: str) -> tuple[PathValue, ...]:
    """``Path(text).parents``."""
    return tuple(PathValue(each) for each in parents_of(text))
