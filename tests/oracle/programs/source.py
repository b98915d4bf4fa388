"""Where the choices come from of which a program is made: hypothesis, or a seed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Source(Protocol):
    """Makes choices."""

    def pick(self, options: Sequence[T]) -> T: ...
    def count(self, least: int, most: int) -> int: ...
    def chance(self, percent: int) -> bool: ...


class Drawn:
    """Choices that hypothesis makes, and can make smaller."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def pick(self, options: Sequence[T]) -> T:
        return options[self._draw(st.integers(0, len(options) - 1))]

    def count(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))

    def chance(self, percent: int) -> bool:
        # False comes first, so that what is left out is the simpler.
        return self._draw(st.integers(0, 99)) >= 100 - percent


class Seeded:
    """Choices that follow from a seed: for many programs, as it takes a fraction of the time."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def pick(self, options: Sequence[T]) -> T:
        return self._random.choice(options)

    def count(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def chance(self, percent: int) -> bool:
        return self._random.randrange(100) < percent
