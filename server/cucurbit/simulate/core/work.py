"""Work is counted in steps: what it costs, and how much of it one analysis allows to all its simulations."""

from __future__ import annotations

from collections.abc import Callable

BUDGET = 600_000
"""Steps and expressions after which a simulation is cut: an endless program must not hold the editor."""

TOTAL = 100 * BUDGET
"""Steps after which an analysis is cut: each of a thousand endless programs must not take its own budget."""

LEAST = BUDGET // 100
"""Steps that a simulation has where nothing is left for it: enough for a short program."""

MOST_ITEMS = 100_000
"""Items of a list that are kept."""

ITEMS_A_STEP = 200
"""The number of copied items that count as one step."""

PERIOD = 2_000
"""Steps between two calls of :attr:`Work.check`."""


def listing_cost(depth: int) -> int:
    """The steps that it costs to list a folder ``depth`` folders below the first.

    The cost grows with the depth, so that a walk through links that lead back to their own folder soon ends.
    """
    return 20 * (1 + depth * depth)


def no_check() -> None:
    """The analysis may take as long as its budget allows."""


class Work:
    """What is left of the budget of one analysis.

    ``check`` is called regularly by each simulation. An exception that it raises ends the simulation and is passed on.
    """

    def __init__(self, check: Callable[[], None] = no_check, total: int = TOTAL) -> None:
        self.check = check
        self.left = total

    @property
    def allowed(self) -> int:
        """Steps that the next simulation may take."""
        return min(BUDGET, max(LEAST, self.left))

    def took(self, steps: int) -> None:
        """A simulation has ended that took so many steps, those of repeated modules not counted."""
        self.left -= steps
