"""What can be said of steps without running them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cucurbit.source import facts as f


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
    """The names that a statement itself binds."""
    if isinstance(step, f.Import):
        for alias in step.names:
            yield alias.asname or alias.name.partition(".")[0]
    elif isinstance(step, f.ImportFrom):
        for alias in step.names:
            yield alias.asname or alias.name
    elif isinstance(step, f.FunctionDef | f.ClassDef):
        yield step.name
    elif isinstance(step, f.Scope):
        yield from step.names
    elif isinstance(step, f.Assign):
        for target in step.targets:
            yield from _targets(target)
    elif isinstance(step, f.Annotated | f.AugAssign | f.For):
        yield from _targets(step.target)
    elif isinstance(step, f.With):
        for item in step.items:
            if item.target is not None:
                yield from _targets(item.target)
    elif isinstance(step, f.Try):
        yield from (handler.name for handler in step.handlers if handler.name is not None)
    elif isinstance(step, f.Match):
        for case in step.cases:
            yield from case.bound


def _targets(target: f.Expr) -> Iterator[str]:
    if isinstance(target, f.Name):
        yield target.id
    elif isinstance(target, f.Sequence):
        for item in target.items:
            yield from _targets(item)
    elif isinstance(target, f.Star):
        yield from _targets(target.value)
