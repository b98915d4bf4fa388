"""Whether a caller checks the result of a function, and ends if that reports a failure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import always_ends, body_at, is_exit_argument, last_name, stands_at
from cucurbit.simulate.core.timeline import Place
from cucurbit.source import facts as f
from cucurbit.source.scan import blocks_of, inside, walk

_EXITS = frozenset({"exit", "_exit", "quit", "abort", "fail"})


def is_heeded(context: Context, callers: Sequence[Place]) -> bool:
    """Whether one of the callers, the innermost first, ends for some results.

    A caller that only returns the result leaves the check to its own caller.
    """
    for place in callers:
        facts = context.facts(place.path)
        if facts is None:
            return False
        if is_exit_argument(facts, place.at):
            return True
        body = body_at(facts, place.at)
        step = next((each for each in _steps(body) if _holds(each, place.at)), None)
        if step is None:
            return False
        name = _bound_name(step)
        if _ends_by(step, body) or (name and _name_is_tested(body, name)):
            return True
        if not (isinstance(step, f.Return) or (name and _is_returned(body, name))):
            return False
    return False


def _steps(body: Sequence[f.Step]) -> Iterator[f.Step]:
    """The steps of a scope, those of class bodies too."""
    for step in walk(body):
        yield step
        if isinstance(step, f.ClassDef):
            yield from _steps(step.body)


def _holds(step: f.Step, at: f.At) -> bool:
    """Whether a statement has a place itself, outside the blocks in it."""
    if isinstance(step, f.If | f.While):
        return stands_at(step.test, at)
    if isinstance(step, f.Return | f.Do | f.Assign | f.Annotated):
        return step.value is not None and stands_at(step.value, at)
    if isinstance(step, f.Assert):
        return stands_at(step.test, at)
    return isinstance(step, f.Raise) and step.error is not None and stands_at(step.error, at)


def _ends_by(step: f.Step, body: Sequence[f.Step]) -> bool:
    """Whether a statement that tests a value ends its function for some values."""
    if isinstance(step, f.Assert | f.Raise):
        return True
    if isinstance(step, f.If):
        if any(_leaves(block) for block in blocks_of(step)):
            return True
        # The last statement of the function: the rest of the program is in the branch for success.
        return not isinstance(step.test, f.Unary) and bool(body) and body[-1] is step and not step.orelse
    if isinstance(step, f.Do) and isinstance(step.value, f.Boolean):
        return any(isinstance(each, f.Call) and last_name(each.func) in _EXITS for each in step.value.values)
    return False


def _leaves(block: Sequence[f.Step]) -> bool:
    return bool(block) and (always_ends(block) or isinstance(block[-1], f.Return))


def _bound_name(step: f.Step) -> str:
    target = step.targets[0] if isinstance(step, f.Assign) else step.target if isinstance(step, f.Annotated) else None
    return target.id if isinstance(target, f.Name) else ""


def _name_is_tested(body: Sequence[f.Step], name: str) -> bool:
    """Whether a test of the name ends the caller, or the name is the exit code."""
    for step in _steps(body):
        if isinstance(step, f.If | f.Assert) and _mentions(step.test, name) and _ends_by(step, body):
            return True
        if isinstance(step, f.Do) and _mentions(step.value, name) and _exits_with(step.value):
            return True
    return False


def _exits_with(expr: f.Expr) -> bool:
    return isinstance(expr, f.Call) and (last_name(expr.func) in _EXITS or last_name(expr.func) == "SystemExit")


def _is_returned(body: Sequence[f.Step], name: str) -> bool:
    returns = (step for step in _steps(body) if isinstance(step, f.Return))
    return any(step.value is not None and _mentions(step.value, name) for step in returns)


def _mentions(expr: f.Expr, name: str) -> bool:
    return any(isinstance(node, f.Name) and node.id == name for node in inside(expr))
