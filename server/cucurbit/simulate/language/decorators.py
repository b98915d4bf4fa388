"""What decorators from outside the workspace make of a function or class."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    ClassValue,
    External,
    ExternalObject,
    FunctionRole,
    FunctionValue,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from cucurbit.simulate.program import Program

_ROLES: dict[str, FunctionRole] = {
    "builtins.staticmethod": "static",
    "builtins.classmethod": "class",
    "builtins.property": "property",
    "functools.cached_property": "property",
    "cached_property.cached_property": "property",
    "werkzeug.utils.cached_property": "property",
    "sqlalchemy.util.memoized_property": "property",
    "contextlib.contextmanager": "contextmanager",
    "contextlib.asynccontextmanager": "contextmanager",
    "sqlalchemy.orm.declared_attr": "declared_attr",
    "sqlalchemy.orm.declared_attr.directive": "declared_attr",
    "sqlalchemy.orm.declared_attr.cascading": "declared_attr",
    "sqlalchemy.ext.declarative.declared_attr": "declared_attr",
    "sqlalchemy.ext.declarative.declared_attr.cascading": "declared_attr",
    "sqlalchemy.ext.declarative.api.declared_attr": "declared_attr",
}

_UNSURE = (
    "functools.singledispatch",
    "click.",
    "typer.",
    "rich_click.",
    "celery.",
    "dramatiq.",
    "huey.",
    "invoke.",
    "nox.",
)
"""Packages whose decorated functions do more, or less, than run their body when called."""

_COMMANDS = frozenset(
    f"{package}.{name}{made}"
    for package in ("click", "rich_click")
    for name in ("command", "group")
    for made in ("", "()")
)

_TRANSPARENT = ("functools.", "contextlib.", "abc.", "typing.", "typing_extensions.", "sqlalchemy.")
"""Packages none of whose decorators keeps what calls return, but for those that are known by name."""


def decorated_by_external(program: Program, decorator: Value, target: Value, place: Place) -> Value:
    """Apply a decorator that is not code of the workspace. One that is not known is taken to be transparent."""
    dotted = _name_of(decorator)
    if isinstance(decorator, Bound) and dotted in ("@property.setter", "@property.deleter"):
        return decorator.receiver
    handler = program.knowledge.find(dotted) if dotted is not None else None
    if handler is not None and dotted is not None:
        receiver = decorator.receiver if isinstance(decorator, Bound) else None
        if isinstance(decorator, ExternalObject):
            receiver = decorator
        return handler(program, CallSite(place, dotted, receiver, (target,), {}))
    if isinstance(decorator, Bound) and not isinstance(decorator.function, External):
        return target
    if isinstance(target, FunctionValue):
        marks = (*target.marks, dotted) if dotted is not None else target.marks
        role = _ROLES.get(dotted or "", target.role)
        certain = target.certain and not (dotted or "").startswith(_UNSURE) and not isinstance(decorator, Unknown)
        if target.role == "declared_attr" and role == "class":
            role = "declared_attr"
        if target.role == "class" and role == "declared_attr":
            role = "declared_attr"
        memo = target.memo
        if memo is None and role == "plain" and not (dotted or "").startswith(_TRANSPARENT):
            # A decorator that is not known may keep what calls return, so that a second one runs nothing.
            memo = program.state.cells()
        return replace(target, role=role, marks=marks, certain=certain, memo=memo)
    if isinstance(target, ClassValue) and dotted is not None:
        program.state.mark(target.names, target, "marks")
        target.marks = (*target.marks, dotted)
    return target


def ends_program(program: Program, function: FunctionValue, call: CallSite) -> bool:
    """Whether a call raises SystemExit at its end: that of a click command that stands alone (click/core.py)."""
    alone = call.kwargs.get("standalone_mode")
    stands_alone = call.complete if alone is None else program.truth(alone) is True
    return stands_alone and not _COMMANDS.isdisjoint(function.marks)


def _name_of(decorator: Value) -> str | None:
    if isinstance(decorator, External):
        return decorator.dotted
    if isinstance(decorator, Bound) and isinstance(decorator.function, External):
        return decorator.function.dotted
    if isinstance(decorator, ExternalObject):
        return f"{decorator.made_by}()"
    return None
