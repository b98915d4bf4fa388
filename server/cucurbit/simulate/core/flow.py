"""How a run of steps ends."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from cucurbit.simulate.core.branches import Condition
from cucurbit.simulate.core.values import Constant, Missing, Unknown, Value, choice

NONE = Constant(None)

MOST_CONDITIONS = 8
"""Conditions of one way out that are kept."""


@dataclass(frozen=True)
class Exit:
    """One way out of a run of steps before its end; ``value`` is what is returned.

    ``exceptional``: it is taken only where something fails that is not followed, and so taken not to fail.
    ``under`` are the conditions under which it is surely taken, as far as they are kept.
    """

    kind: Literal["return", "break", "continue"]
    value: Value = NONE
    exceptional: bool = False
    under: tuple[Condition, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Flow:
    """``falls``: the end may be reached. ``exits``: the other ways out that may be taken.

    ``exceptional``: the end is only reached if something fails that is not followed.
    """

    falls: bool = True
    exits: tuple[Exit, ...] = ()
    exceptional: bool = False

    def only(self, *kinds: str) -> tuple[Exit, ...]:
        return tuple(exit_ for exit_ in self.exits if exit_.kind in kinds)

    def without(self, *kinds: str) -> tuple[Exit, ...]:
        return tuple(exit_ for exit_ in self.exits if exit_.kind not in kinds)

    @property
    def is_exceptional(self) -> bool:
        """Whether every other way out than the end is exceptional."""
        return all(exit_.exceptional for exit_ in self.exits)

    def as_exception(self, *, exceptional: bool = True) -> Flow:
        """The same ways out, all of them exceptional or none."""
        exits = tuple(replace(exit_, exceptional=exceptional) for exit_ in self.exits)
        return Flow(self.falls, exits, self.falls and exceptional)


FALLS = Flow()


def _joined(exits: tuple[Exit, ...], others: tuple[Exit, ...]) -> tuple[Exit, ...]:
    if not exits or not others:
        return exits or others
    joined = list(exits)
    for other in others:
        if other not in joined:
            joined.append(other)
        elif other.under:
            same = joined.index(other)
            under = joined[same].under
            if len(under) < MOST_CONDITIONS:
                joined[same] = replace(joined[same], under=(*under, *other.under))
    return tuple(joined)


def merged(flows: list[Flow]) -> Flow:
    """The flow of a step of which any one of ``flows`` happens."""
    exits: tuple[Exit, ...] = ()
    for flow in flows:
        exits = _joined(exits, flow.exits)
    falling = [flow for flow in flows if flow.falls]
    return Flow(bool(falling), exits, bool(falling) and all(flow.exceptional for flow in falling))


def either(*options: Value) -> Value:
    """One of ``options``, none of which is missing."""
    result = choice(*options)
    return Unknown("nothing") if isinstance(result, Missing) else result


def returned(flow: Flow) -> Value:
    """What a function returns whose body ended with ``flow``."""
    values = [exit_.value for exit_ in flow.exits if exit_.kind == "return"]
    if flow.falls:
        values.append(NONE)
    return either(*values) if values else Unknown("a function that never returns")


@dataclass(frozen=True)
class Round:
    """How one round of a loop ended."""

    flow: Flow

    @property
    def leaves(self) -> Flow:
        """The ways out that leave more than the loop."""
        return Flow(False, self.flow.without("break", "continue"))

    @property
    def may_go_on(self) -> bool:
        return self.flow.falls or bool(self.flow.only("continue"))

    @property
    def goes_on(self) -> bool:
        """Whether the next round may follow without an exception."""
        falls = self.flow.falls and not self.flow.exceptional
        return falls or any(not exit_.exceptional for exit_ in self.flow.only("continue"))

    @property
    def may_break(self) -> bool:
        return bool(self.flow.only("break"))

    @property
    def breaks(self) -> bool:
        """Whether the loop may end here without an exception."""
        return any(not exit_.exceptional for exit_ in self.flow.only("break"))

    @property
    def may_break_exceptionally(self) -> bool:
        """Whether the loop only ends here on an exception, and continues without one."""
        return self.may_break and not self.breaks and self.goes_on
