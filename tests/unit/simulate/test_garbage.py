"""What is frozen out of garbage collection is freed after all, before there is much of it."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator

import pytest

from cucurbit.simulate.garbage import LongLived


class _Cyclic:
    def __init__(self) -> None:
        self.itself = self


class _Blocks:
    """The memory blocks in use, as the test says."""

    count = 1_600

    def __call__(self) -> int:
        return self.count


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    gc.unfreeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> _Blocks:
    found = _Blocks()
    monkeypatch.setattr(sys, "getallocatedblocks", found)
    return found


def _forgotten(long_lived: LongLived) -> weakref.ref[_Cyclic]:
    """An object that was frozen and that nothing refers to but itself."""
    known = _Cyclic()
    long_lived.settle()
    return weakref.ref(known)


@pytest.mark.parametrize(("count", "is_freed"), [(1_900, False), (2_100, True)])
def test_at_each_change_memory_may_have_grown_by_a_fourth(blocks: _Blocks, count: int, is_freed: bool) -> None:
    long_lived = LongLived()
    left = _forgotten(long_lived)
    gc.collect()
    assert left() is not None  # It is frozen.
    blocks.count = count
    long_lived.settle()
    assert (left() is None) is is_freed


@pytest.mark.parametrize(("count", "is_freed"), [(1_650, False), (1_750, True)])
def test_at_rest_memory_may_have_grown_by_a_sixteenth(blocks: _Blocks, count: int, is_freed: bool) -> None:
    long_lived = LongLived()
    left = _forgotten(long_lived)
    blocks.count = count
    long_lived.rest()
    assert (left() is None) is is_freed


def test_before_the_first_change_there_is_nothing_to_free(blocks: _Blocks) -> None:
    LongLived().rest()
    assert gc.get_freeze_count() == 0
