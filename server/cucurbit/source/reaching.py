"""What the body of a function may change outside of the function, read from its text."""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.source import facts as f
from cucurbit.source.scan import inside, walk


@dataclass(frozen=True)
class Reaching:
    """What ``code`` may change."""

    code: tuple[f.Step, ...] | f.Expr
    """The steps of a function, or the expression of a ``lambda``."""
    declared: tuple[str, ...]
    """The names that it declares ``global`` or ``nonlocal``."""
    targets: tuple[f.Expr, ...]
    """What it assigns to or deletes."""
    receivers: tuple[str, ...]
    """The names whose methods it calls: ``log`` for ``log.append(1)``."""
    attributes: tuple[str, ...]
    """The attributes whose methods it calls: ``log`` for ``self.log.append(1)``."""


def reaching_of(code: tuple[f.Step, ...] | f.Expr) -> Reaching:
    """What a function with this code may change outside of itself."""
    steps = tuple(walk(code)) if isinstance(code, tuple) else ()
    methods = [n.func for n in inside(code) if isinstance(n, f.Call) and isinstance(n.func, f.Attr)]
    return Reaching(
        code,
        tuple(dict.fromkeys(name for step in steps if isinstance(step, f.Scope) for name in step.names)),
        tuple(target for step in steps for target in _targets(step)),
        tuple(dict.fromkeys(each.value.id for each in methods if isinstance(each.value, f.Name))),
        tuple(dict.fromkeys(each.value.name for each in methods if isinstance(each.value, f.Attr))),
    )


def _targets(step: f.Step) -> tuple[f.Expr, ...]:
    if isinstance(step, f.Assign | f.Delete):
        return step.targets
    return (step.target,) if isinstance(step, f.AugAssign | f.Annotated) else ()
