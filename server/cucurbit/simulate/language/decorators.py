"""The results of external decorators on functions and classes."""

from __future__ import annotations

from dataclasses import replace

from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    ClassValue,
    External,
    ExternalObject,
    FunctionValue,
    Unknown,
    Value,
)


def decorated_by_external(program: Program, decorator: Value, target: Value, place: Place) -> Value:
    """Apply an external decorator. An unknown one is assumed to return the function unchanged."""
    function = _function_of(decorator)
    dotted = None if function is None else function.dotted
    if isinstance(decorator, Bound) and dotted is not None and dotted.startswith("@property."):
        return _accessed(dotted, decorator.receiver, target)
    handler = program.packages.handler_of(function) if function is not None else None
    if handler is not None and dotted is not None:
        receiver = decorator.receiver if isinstance(decorator, Bound) else None
        if isinstance(decorator, ExternalObject):
            receiver = decorator
        return handler(program, CallSite(place, dotted, receiver, (target,), {}))
    if isinstance(decorator, Bound) and not isinstance(decorator.function, External):
        return target
    if isinstance(target, FunctionValue):
        marks = (*target.marks, dotted) if dotted is not None else target.marks
        packages, name = program.packages, dotted or ""
        role = packages.role(name) or target.role
        certain = target.certain and not packages.may_not_run(name) and not isinstance(decorator, Unknown)
        if target.role == "declared_attr" and role == "class":
            role = "declared_attr"
        if target.role == "class" and role == "declared_attr":
            role = "declared_attr"
        memo = target.memo
        if memo is None and role == "plain" and not packages.keeps_no_results(name):
            # An unknown decorator may cache results, so a second call may run nothing.
            memo = program.state.cells()
        return replace(target, role=role, marks=marks, certain=certain, memo=memo)
    if isinstance(target, ClassValue) and dotted is not None:
        program.state.mark(target.names, target, "marks")
        target.marks = (*target.marks, dotted)
    return target


def _accessed(dotted: str, made: Value, target: Value) -> Value:
    """``@x.setter``, ``@x.deleter`` and ``@x.getter`` of the property ``made``: another property."""
    if not isinstance(made, FunctionValue) or not isinstance(target, FunctionValue):
        return made
    if dotted == "@property.getter":
        return replace(target, role="property", accessors=made.accessors)
    return replace(made, accessors=(*made.accessors, target))


def _function_of(decorator: Value) -> External | None:
    if isinstance(decorator, External):
        return decorator
    if isinstance(decorator, Bound) and isinstance(decorator.function, External):
        return decorator.function
    if isinstance(decorator, ExternalObject):
        return External(f"{decorator.made_by}()")
    return None
