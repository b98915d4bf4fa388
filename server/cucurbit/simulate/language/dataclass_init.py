"""The parameters of the ``__init__`` that ``@dataclass`` generates (Lib/dataclasses.py)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.values import (
    Choice,
    ClassValue,
    Constant,
    External,
    ExternalObject,
    InstanceValue,
    Unknown,
    Value,
)
from cucurbit.simulate.language.signatures import WITHOUT_ARGUMENTS
from cucurbit.source import facts as f

MARKS = frozenset({"dataclasses.dataclass", "dataclasses.dataclass()"})

_FIELD = "dataclasses.field"


class _NotKnown(Exception):
    """The fields of a class cannot be told."""


@dataclass(frozen=True)
class _DataclassField:
    name: str
    has_default: bool
    keyword_only: bool
    in_init: bool = True
    init_var: bool = False


@dataclass(frozen=True)
class GeneratedInit:
    """The parameters of a generated ``__init__``, with ``self``; ``optional`` are those that have a default value.

    ``passed_on`` are those that ``__post_init__`` is given (``InitVar``), which are no fields.
    """

    params: f.Params
    optional: frozenset[str]
    passed_on: tuple[str, ...]


def generated_init(program: Program, cls: ClassValue) -> GeneratedInit | None:
    """The ``__init__`` that a class decorated with ``@dataclass`` has; None if it is not known."""
    try:
        fields: dict[str, _DataclassField] = {}
        for base in reversed(program.mro(cls)):
            if isinstance(base, ClassValue):
                if MARKS.intersection(base.marks):
                    fields.update(_own_fields(program, base))
            elif not isinstance(base, External) or base.dotted not in WITHOUT_ARGUMENTS:
                return None
    except _NotKnown:
        return None
    positional = [each for each in fields.values() if each.in_init and not each.keyword_only]
    by_name = [each for each in fields.values() if each.in_init and each.keyword_only]
    needed = [not each.has_default for each in positional]
    if needed != sorted(needed, reverse=True):
        # The decorator raises TypeError.
        return None
    params = f.Params(
        (f.Param("self", None), *(f.Param(each.name, None) for each in positional)),
        None,
        tuple(f.Param(each.name, None) for each in by_name),
        None,
    )
    optional = frozenset(each.name for each in fields.values() if each.has_default)
    return GeneratedInit(params, optional, tuple(each.name for each in fields.values() if each.init_var))


def _own_fields(program: Program, cls: ClassValue) -> dict[str, _DataclassField]:
    """The fields that the body of a class defines, in order.

    Raises:
        _NotKnown: they cannot be told.
    """
    if cls.facts is None or any(not isinstance(step, _PLAIN) for step in cls.facts.body):
        raise _NotKnown
    keyword_only = _option(cls.facts, "kw_only", otherwise=False)
    if not _option(cls.facts, "init", otherwise=True):
        raise _NotKnown
    fields: dict[str, _DataclassField] = {}
    for step in cls.facts.body:
        if not isinstance(step, f.Annotated) or not isinstance(step.target, f.Name):
            continue
        kind = _kind_of(step.annotation)
        if kind == "KW_ONLY":
            keyword_only = True
        elif kind != "ClassVar":
            field = _field(program, cls, step.target.id, keyword_only=keyword_only)
            fields[field.name] = replace(field, init_var=kind == "InitVar")
    return fields


_PLAIN = (f.Annotated, f.Assign, f.FunctionDef, f.ClassDef, f.Do, f.Import, f.ImportFrom)
"""Statements of a class body after which its annotations are known."""


def _option(cls: f.ClassDef, name: str, *, otherwise: bool) -> bool:
    """An option of ``@dataclass``.

    Raises:
        _NotKnown: it is not written as a literal, or the class has other decorators.
    """
    if len(cls.decorators) != 1:
        raise _NotKnown
    decorator = cls.decorators[0]
    found = otherwise
    for keyword in decorator.keywords if isinstance(decorator, f.Call) else ():
        if keyword.name is None:
            raise _NotKnown
        if keyword.name == name:
            if not isinstance(keyword.value, f.Const) or not isinstance(keyword.value.value, bool):
                raise _NotKnown
            found = keyword.value.value
    return found


def _kind_of(annotation: f.Expr) -> Literal["field", "ClassVar", "InitVar", "KW_ONLY"]:
    if isinstance(annotation, f.Const) and isinstance(annotation.value, str):
        if any(word in annotation.value for word in ("ClassVar", "InitVar", "KW_ONLY")):
            raise _NotKnown
        return "field"
    while isinstance(annotation, f.Subscript):
        annotation = annotation.value
    name = (
        annotation.name if isinstance(annotation, f.Attr) else annotation.id if isinstance(annotation, f.Name) else ""
    )
    if name == "ClassVar":
        return "ClassVar"
    if name == "InitVar":
        return "InitVar"
    return "KW_ONLY" if name == "KW_ONLY" else "field"


def _field(program: Program, cls: ClassValue, name: str, *, keyword_only: bool) -> _DataclassField:
    found = program.class_attribute(cls, name)
    field = _DataclassField(name, found is not None, keyword_only)
    value: Value | None = None if found is None else found[0]
    if isinstance(value, ExternalObject) and value.made_by == _FIELD:
        return _as_given(program, field, value)
    if isinstance(value, (Unknown, Choice, ExternalObject, InstanceValue)):
        # It may be a field after all, or a descriptor that has no default.
        raise _NotKnown
    return field


def _as_given(program: Program, field: _DataclassField, value: ExternalObject) -> _DataclassField:
    """What ``field(...)`` says."""
    call = value.call
    if not call.complete or call.args:
        raise _NotKnown
    in_init = program.truth(call.kwargs.get("init") or Constant(True))
    keyword_only = program.truth(call.kwargs.get("kw_only") or Constant(field.keyword_only))
    if in_init is None or keyword_only is None:
        raise _NotKnown
    has_default = "default" in call.kwargs or "default_factory" in call.kwargs
    return replace(field, has_default=has_default, keyword_only=keyword_only, in_init=in_init)
