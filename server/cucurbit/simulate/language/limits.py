"""Limits to which calls are followed."""

from __future__ import annotations

from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import EventKind, Place
from cucurbit.simulate.core.values import FunctionValue
from cucurbit.simulate.replay.effects import NotFollowed, WorkCounted

DEPTH_LIMIT = 60
"""The maximum depth of calls that are followed."""

SAME_LIMIT = 3
"""The maximum depth of recursive calls of one function."""

AGAIN_LIMIT = 8
"""How often a function is followed that deep into itself; afterwards its calls of itself are not followed."""

UNDECIDED_LIMIT = 12
"""The maximum depth of undecided branches in which calls are followed."""

QUIET_LIMIT = 20_000
"""After this much work in one function without news, its calls are no longer followed.

News are events that are certain, or the first of their kind at their place.
"""


class Limits:
    """Decides which calls are not followed."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._quiet: dict[Place, int] = {}
        """The work in each function, in calls without news."""
        self._again: dict[Place, int] = {}
        """How often each function called itself too deep."""
        self._told: set[tuple[EventKind, Place]] = set()
        """The kinds and places of the first :attr:`_looked_at` events."""
        self._looked_at = 0
        self._latest_news = -1
        """The index of the last of these events that is news; -1 if none is."""

    def too_much(self, function: FunctionValue) -> bool:
        """Whether a call is not followed: it is too deep, or the function has run often without news."""
        program, depth = self.program, self.depth
        program.clock.running.calls(function.place, depth)
        if not self.has_room(depth):
            program.clock.running.spoil()
            return True
        if self.is_quiet(function.place):
            program.clock.running.note(NotFollowed(function.place))
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
            # It is recursive, and a call in between has events: the events of a deeper call are unknown.
            program.cut(function.place, "a function that calls itself again and again")
            program.state.doubt_all()
            program.clock.running.spoil()
            self._again[function.place] = again + 1
        return True

    @property
    def depth(self) -> int:
        """The current depth of calls."""
        return sum(1 for frame in self.program.frames if frame.function is not None)

    def has_room(self, depth: int) -> bool:
        """Whether calls at this depth are followed."""
        return depth <= DEPTH_LIMIT

    def has_news(self, seen: int) -> bool:
        """Whether one of the events after the first ``seen`` ones is news."""
        events = self.program.events
        # There may be fewer events than before: a repetition that fails takes its events back.
        start = min(self._looked_at, len(events))
        self._latest_news = min(self._latest_news, start - 1)
        for index in range(start, len(events)):
            event = events[index]
            what = (event.kind, event.place)
            if event.certain or what not in self._told:
                self._told.add(what)
                self._latest_news = index
        self._looked_at = len(events)
        return self._latest_news >= seen

    def is_quiet(self, function: Place) -> bool:
        """Whether so much work was spent in a function without news that its calls are no longer followed."""
        return self._quiet.get(function, 0) > QUIET_LIMIT

    def toil(self, function: Place, amount: int) -> bool:
        """Count work in a function without news. Returns whether it is too much to follow its calls."""
        before = self._quiet.get(function, 0)
        self._quiet[function] = before + amount
        clock = self.program.clock
        clock.remember_to(lambda: self._quiet.__setitem__(function, before))
        clock.running.note(WorkCounted(function, amount))
        return self.is_quiet(function)
