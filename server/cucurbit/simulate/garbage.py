"""Keeps Python's garbage collector from slowing down simulations.

A simulated program is one large cycle of objects that all live until its end. Scanning it at every few hundred new
objects, as the collector does, took a third of the time. So it is off during a simulation. What is known of a workspace
is hundreds of thousands of objects, and nearly all of them live as long as the server. Scanning them after an edit took
longer than the rest of the analysis. So long-lived objects are frozen out of garbage collection.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SHARE: Final = 4
_SHARE_AT_REST: Final = 16
_YOUNGEST: Final = 0
"""The generation of all objects that were created since the collector ran last."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Collect no garbage in the block."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def sweep() -> None:
    """Free the program that was simulated last: scan only the objects that were created since the last collection."""
    gc.collect(_YOUNGEST)


class LongLived:
    """Freezes long-lived objects out of garbage collection. For the one thread that analyses.

    Frozen objects without references are still freed, except for cycles: a file that is deleted leaves what was known
    of it. Those are collected when the memory blocks in use have become a fourth more, and while nothing else is to be
    done a sixteenth more. Counting blocks takes no time, unlike counting objects.
    """

    def __init__(self) -> None:
        self._stood: int | None = None

    def settle(self) -> None:
        """Freeze all objects that exist now."""
        if self._stood is None:
            self._stood = sys.getallocatedblocks()
        elif self._has_grown_by(_SHARE):
            self._collect()
        gc.freeze()

    def rest(self) -> None:
        """Nothing else is to be done for a while."""
        if self._has_grown_by(_SHARE_AT_REST):
            self._collect()
            gc.freeze()

    def _has_grown_by(self, share: int) -> bool:
        return self._stood is not None and sys.getallocatedblocks() > self._stood + self._stood // share

    def _collect(self) -> None:
        gc.unfreeze()
        gc.collect()
        self._stood = sys.getallocatedblocks()
