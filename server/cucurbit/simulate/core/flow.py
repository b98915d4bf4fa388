"""How a run of steps ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cucurbit.simulate.core.values import Constant, Missing, Unknown, Value, choice

NONE = Constant(None)


@dataclass(frozen=True)
class Exit:
    """One way out of a run of steps before its end; ``value`` is what is returned."""

    kind: Literal["return", "break", "continue"]
    value: Value = NONE


@dataclass(frozen=True)
class Flow:
    """``falls``: the end may be reached. ``exits``: the other ways out that may be taken."""

    falls: bool = True
    exits: tuple[Exit, ...] = ()

    def only(self, *kinds: str) -> tuple[Exit, ...]:
        return tuple(exit_ for exit_ in self.exits if exit_.kind in kinds)

    def without(self, *kinds: str) -> tuple[Exit, ...]:
        return tuple(exit_ for exit_ in self.exits if exit_.kind not in kinds)


FALLS = Flow()


def merged(flows: list[Flow]) -> Flow:
    """The flow of a step of which any one of ``flows`` happens."""
    exits: tuple[Exit, ...] = ()
    for flow in flows:
        exits += tuple(exit_ for exit_ in flow.exits if exit_ not in exits)
    return Flow(any(flow.falls for flow in flows), exits)


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
