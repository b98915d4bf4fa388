"""How far calls are followed."""

from __future__ import annotations

from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import FunctionValue
from cucurbit.simulate.replay.effects import WorkCounted

DEPTH_LIMIT = 60
"""Calls inside calls that are followed."""

SAME_LIMIT = 3
"""Calls of one function inside itself that are followed."""

AGAIN_LIMIT = 8
"""How often a function is followed that deep into itself; afterwards its calls of itself are not followed."""

UNDECIDED_LIMIT = 12
"""Undecided branches inside each other under which calls are followed."""

QUIET_LIMIT = 20_000
"""Work spent in one function without any event after which its calls are not followed any more."""


class Limits:
    """Which calls are not worth following."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._quiet: dict[Place, int] = {}
        """Work spent in each function in calls in which nothing showed."""
        self._again: dict[Place, int] = {}
        """How often each function called itself too deep."""

    def too_much(self, function: FunctionValue) -> bool:
        """Whether a call is not worth following: too deep, or again and again without anything that shows."""
        program, depth = self.program, self.depth
        program.clock.running.calls(function.place, depth)
        if self._quiet.get(function.place, 0) > QUIET_LIMIT or not self.has_room(depth):
            program.clock.running.spoil()
            return True
        if len(program.state.condition) > UNDECIDED_LIMIT:
            return True
        running = [f for f in program.frames if f.function is not None and f.function.place == function.place]
        again = self._again.get(function.place, 0)
        if running and again:
            program.clock.running.spoil()
        if len(running) < (SAME_LIMIT if again < AGAIN_LIMIT else 1):
            return False
        if len(program.events) > running[0].began:
            # It calls itself by way of something that shows: what a deeper call would show is not known.
            program.cut(function.place, "a function that calls itself again and again")
            program.state.doubt_all()
            program.clock.running.spoil()
            self._again[function.place] = again + 1
        return True

    @property
    def depth(self) -> int:
        """How many calls run inside each other."""
        return sum(1 for frame in self.program.frames if frame.function is not None)

    def has_room(self, depth: int) -> bool:
        """Whether calls so deep are followed."""
        return depth <= DEPTH_LIMIT

    def toil(self, function: Place, amount: int) -> bool:
        """Count work in a function in which nothing showed; whether it is too much by now to follow its calls."""
        before = self._quiet.get(function, 0)
        self._quiet[function] = before + amount
        clock = self.program.clock
        clock.remember_to(lambda: self._quiet.__setitem__(function, before))
        clock.running.note(WorkCounted(function, amount))
        return before + amount > QUIET_LIMIT
