"""What a writer of statements chooses from, and where it stands."""

from __future__ import annotations

from tests.oracle.programs.model import Block, Compound, Line, Node, under
from tests.oracle.programs.plan import Plan
from tests.oracle.programs.source import Source


class Choices:
    """The choices for one module. ``base`` says how it names what the module of the base defines."""

    def __init__(self, source: Source, plan: Plan, here: str, path: str = "") -> None:
        self.pick = source.pick
        self.count = source.count
        self.chance = source.chance
        self.plan = plan
        self.here = here
        self.path = path or plan.path(here)
        self.base: dict[str, str] = {}
        self.classes = 0
        self.in_function = False

    def protected(self, node: Node, percent: int) -> Node:
        """A statement, in a ``try`` mostly or seldom."""
        if not self.chance(percent):
            return node
        if self.chance(15):
            return under("with suppress(Exception):", node)
        handled = self.pick(("pass", 'logging.exception("failed")', "v0 = None"))
        return Compound((Block("try:", (node,)), Block("except Exception:", (Line(handled),))))
