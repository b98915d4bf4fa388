"""Code that runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cucurbit.simulate.core.timeline import Link
from cucurbit.simulate.core.values import FunctionValue, ModuleValue, ScopeValue, Value


class Exhausted(Exception):
    """The budget is spent."""


class YieldReached(Exception):
    """A context manager's body has come to its ``yield``."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


OnYield: TypeAlias = Literal["unknown", "stop", "collect", "body", "any", "all"]
"""What happens at a ``yield``; ``any`` and ``all`` end a generator expression at the first true or false item."""


@dataclass(eq=False)
class Frame:
    """Code that runs: a module's, a class's or a function's."""

    module: ModuleValue
    scope: ScopeValue | None
    path: str
    link: Link | None
    function: FunctionValue | None = None
    on_yield: OnYield = "unknown"
    body: Callable[[Value], None] | None = None
    """What runs at the ``yield`` of a context manager: the body of the ``with``, in the frame below this one."""
    yielded: list[tuple[Value, bool]] = field(default_factory=list)
    """The items that a generator has yielded, each with whether it certainly was."""
    yields_more: bool = False
    """There may be more items than in :attr:`yielded`."""
    rounds: int = 0
    """In how many loops the frame is whose number of rounds is not known."""
    condition: int = 0
    """How many conditions there were when the function was called."""
    began: int = 0
    """How many events there were when the function was called."""
