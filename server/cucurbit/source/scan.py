"""What can be said of steps without running them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, get_args

import msgspec
from msgspec.structs import fields

from cucurbit.source import facts as f

_LEAVES: Final = frozenset({int, float, bool, str, bytes, type(None)})
"""Types of fields that hold no nodes."""


def blocks_of(step: f.Step) -> tuple[Sequence[f.Step], ...]:
    """The blocks of a compound statement that run in the same scope."""
    if isinstance(step, f.If | f.For | f.While):
        return (step.body, step.orelse)
    if isinstance(step, f.With):
        return (step.body,)
    if isinstance(step, f.Try):
        return (step.body, *(handler.body for handler in step.handlers), step.orelse, step.final)
    if isinstance(step, f.Match):
        return tuple(case.body for case in step.cases)
    return ()


def walk(steps: Sequence[f.Step]) -> Iterator[f.Step]:
    """The steps of a scope, those of inner blocks included, those of functions and classes not."""
    for step in steps:
        yield step
        for block in blocks_of(step):
            yield from walk(block)


def bound_names(steps: Sequence[f.Step]) -> frozenset[str]:
    """Every name that some statement of the scope may bind; ``*`` stands for a star import."""
    names: set[str] = set()
    for step in walk(steps):
        names.update(bound_by(step))
    return frozenset(names)


def bound_by(step: f.Step) -> Iterator[str]:
    """The names that a statement itself binds; ``*`` stands for a star import."""
    if isinstance(step, f.Import):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in step.names)
    elif isinstance(step, f.ImportFrom):
        yield from (alias.asname or alias.name for alias in step.names)
    elif isinstance(step, f.FunctionDef | f.ClassDef):
        yield step.name
    elif isinstance(step, f.Scope):
        yield from step.names
    elif isinstance(step, f.Try):
        yield from (handler.name for handler in step.handlers if handler.name is not None)
    elif isinstance(step, f.Match):
        yield from (name for case in step.cases for name in case.bound)
    for target in _targets_of(step):
        yield from _targets(target)


def imported_by(step: f.Import | f.ImportFrom) -> dict[str, str]:
    """The names that an absolute import binds, each with the dotted name that it stands for; none if it is relative."""
    if isinstance(step, f.ImportFrom):
        names = () if step.level else step.names
        return {each.asname or each.name: f"{step.module}.{each.name}" for each in names}
    found = {}
    for each in step.names:
        top = each.name.partition(".")[0]
        found[each.asname or top] = top if each.asname is None else each.name
    return found


def assigned_values(step: f.Step) -> Iterator[tuple[str, f.Expr]]:
    """The names to which a statement assigns a value, annotated or not; attributes and tuples are left out."""
    if isinstance(step, f.Assign):
        for target in step.targets:
            if isinstance(target, f.Name):
                yield target.id, step.value
    elif isinstance(step, f.Annotated) and isinstance(step.target, f.Name) and step.value is not None:
        yield step.target.id, step.value


def declared_global(facts: f.ModuleFacts) -> frozenset[str]:
    """Every name that a function or class body in the module declares ``global``."""
    scopes = (step for body in facts.bodies for step in walk_with_classes(body) if isinstance(step, f.Scope))
    return frozenset(name for scope in scopes if scope.kind == "global" for name in scope.names)


def walk_with_classes(steps: Sequence[f.Step]) -> Iterator[f.Step]:
    """The steps of a scope, those of inner blocks and classes included, those of functions not."""
    for step in walk(steps):
        yield step
        if isinstance(step, f.ClassDef):
            yield from walk_with_classes(step.body)


def _targets_of(step: f.Step) -> tuple[f.Expr, ...]:
    if isinstance(step, f.Assign):
        return step.targets
    if isinstance(step, f.Annotated | f.AugAssign | f.For):
        return (step.target,)
    if isinstance(step, f.With):
        return tuple(item.target for item in step.items if item.target is not None)
    return ()


def _targets(target: f.Expr) -> Iterator[str]:
    if isinstance(target, f.Name):
        yield target.id
    elif isinstance(target, f.Sequence):
        for item in target.items:
            yield from _targets(item)
    elif isinstance(target, f.Star):
        yield from _targets(target.value)


@cache
def fields_with_nodes(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields of a class of nodes that can hold other nodes, or tuples of them."""
    return tuple(each.name for each in fields(kind) if not _LEAVES.issuperset(get_args(each.type) or (each.type,)))


def inside(value: object) -> Iterator[msgspec.Struct]:
    """Every step and expression in steps or an expression, itself first, in their order; no bodies of functions."""
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, msgspec.Struct):
            yield node
            pending.extend([getattr(node, field) for field in reversed(fields_with_nodes(type(node)))])
        elif isinstance(node, (tuple, list)):
            pending.extend(reversed(node))


def carried(body: Sequence[f.Step]) -> frozenset[str]:
    """The names that a loop's body binds to what depends on names that it binds: on how many rounds there were."""
    bound = bound_names(body) | {node.name for node in inside(body) if isinstance(node, f.Walrus)}
    found: set[str] = set()
    for step in walk(body):
        if isinstance(step, f.AugAssign):
            found.update(_targets(step.target))
        elif isinstance(step, f.Assign) and any(isinstance(n, f.Name) and n.id in bound for n in inside(step.value)):
            found.update(name for target in step.targets for name in _targets(target))
    return frozenset(found)


def steers(loop: f.While) -> bool:
    """Whether the body of a loop writes something that its test reads."""
    read = set(_read(loop.test))
    return any(name in read for step in walk(loop.body) for name in _written(step))


def _read(expr: f.Expr) -> Iterator[str]:
    if isinstance(expr, f.Name):
        yield expr.id
    elif isinstance(expr, f.Attr):
        yield expr.name
        yield from _read(expr.value)
    elif isinstance(expr, f.Compare):
        for part in (expr.left, *expr.rights):
            yield from _read(part)
    elif isinstance(expr, f.Boolean):
        for part in expr.values:
            yield from _read(part)
    elif isinstance(expr, f.Unary):
        yield from _read(expr.operand)
    elif isinstance(expr, f.Binary):
        yield from _read(expr.left)
        yield from _read(expr.right)
    elif isinstance(expr, f.Call):
        for part in (expr.func, *expr.args):
            yield from _read(part)


def _written(step: f.Step) -> Iterator[str]:
    yield from bound_by(step)
    if isinstance(step, f.Assign | f.AugAssign):
        for target in step.targets if isinstance(step, f.Assign) else (step.target,):
            if isinstance(target, f.Attr):
                yield target.name
    if isinstance(step, f.Do) and isinstance(step.value, f.Call) and isinstance(step.value.func, f.Attr):
        # A method (list.pop, say) may change its object.
        yield from _read(step.value.func.value)
