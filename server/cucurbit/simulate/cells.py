"""Where everything that changes is kept."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")

Condition: TypeAlias = tuple[int, ...]
"""The undecided branches, outermost first, under which something holds; ``()`` holds always."""


class Clock:
    """Numbers things in the order of their making: one clock for each simulation."""

    def __init__(self) -> None:
        self._ticks = count(1)

    def tick(self) -> int:
        return next(self._ticks)


class Cells(Generic[T]):
    """A mutable mapping. Write through :meth:`cucurbit.simulate.state.State.write` alone.

    ``birth`` is the tick at which it was made: what is made inside a branch needs no journal there.
    """

    __slots__ = ("birth", "data")

    def __init__(self, birth: int) -> None:
        self.birth = birth
        self.data: dict[str, T] = {}

    def get(self, key: str) -> T | None:
        return self.data.get(key)

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self.data))


PERHAPS = "perhaps"
"""The cell of what a sequence may hold."""
