"""The sides of undecided branches, and which of them exclude each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, eq=False)
class Side:
    """One side of an undecided branch, or all code after something that may have ended the program.

    ``fork`` is the same object for all sides of one branch; a process takes only one of them. ``instead`` are the
    conditions under which the program left the block before this side, by ``return``, ``break`` or ``continue``.
    ``left``: this side ends the program; the others continue.
    """

    fork: object = None
    instead: tuple[Condition, ...] = ()
    left: bool = False

    def leave(self) -> None:
        """Set ``left``: it is only known after all sides have run. Nothing has read it by then."""
        object.__setattr__(self, "left", True)


Condition: TypeAlias = "tuple[Side, ...]"
"""The undecided branches, outermost first, under which something holds; ``()`` holds always."""


@dataclass(frozen=True)
class Under:
    """A condition, which has a meaning only within its simulation: so all are equal."""

    condition: Condition = field(default=(), compare=False)


ALWAYS = Under()


def exclusive(earlier: Condition, later: Condition) -> bool:
    """Whether no run of the program meets the condition ``earlier`` and, after that, the condition ``later``."""
    if not earlier:
        return False
    forks = {side.fork: side for side in earlier if side.fork is not None}
    return (
        any(side.fork in forks and forks[side.fork] is not side for side in later)
        or any(earlier[: len(left)] == left for side in later for left in side.instead)
        or any(side.left and side not in later for side in earlier)
    )
