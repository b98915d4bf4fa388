"""The sides of undecided branches, and which of them exclude each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, eq=False)
class Side:
    """One side of an undecided branch, or all that follows something that may not have let the program go on.

    ``fork`` is the same object for the sides of one branch, of which a process takes one. ``instead`` are conditions
    under which the program has left the block before this side is reached, by ``return``, ``break`` or ``continue``.
    ``left``: the side ends the program, while the others go on.
    """

    fork: object = None
    instead: tuple[Condition, ...] = ()
    left: bool = False

    def leave(self) -> None:
        """The side ends the program. This is known when all sides have been run, before anything is asked of it."""
        object.__setattr__(self, "left", True)


Condition: TypeAlias = "tuple[Side, ...]"
"""The undecided branches, outermost first, under which something holds; ``()`` holds always."""


@dataclass(frozen=True)
class Under:
    """A condition that says something within one simulation alone, and so is not compared."""

    condition: Condition = field(default=(), compare=False)


ALWAYS = Under()


def exclusive(earlier: Condition, later: Condition) -> bool:
    """Whether no run of the program does what happens under ``earlier`` and, after that, what does under ``later``."""
    if not earlier:
        return False
    forks = {side.fork: side for side in earlier if side.fork is not None}
    return (
        any(side.fork in forks and forks[side.fork] is not side for side in later)
        or any(earlier[: len(left)] == left for side in later for left in side.instead)
        or any(side.left and side not in later for side in earlier)
    )
