"""Keeps Python's garbage collector from slowing down simulations.

A simulated program is one large cycle of objects that all live until its end. Scanning it at every few hundred new
objects, as the collector does, took a third of the time. So it is off during a simulation. What is known of a workspace
is hundreds of thousands of objects, and nearly all of them live as long as the server. Scanning them after an edit took
longer than the rest of the analysis. So long-lived objects are frozen out of garbage collection.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SHARE: Final = 4
_ASKED_EVERY: Final = 32
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

    Frozen objects without references are still freed, except for cycles. Those are collected when the number of frozen
    objects has grown by a fourth. This is only checked at some of the changes, since counting takes a tenth of a
    second.
    """

    def __init__(self) -> None:
        self._stood = 0
        self._changes = 0

    def settle(self) -> None:
        """Freeze all objects that exist now."""
        if self._changes % _ASKED_EVERY == 0 and self._has_grown():
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._stood = gc.get_freeze_count()
        else:
            gc.freeze()
        self._changes += 1

    def _has_grown(self) -> bool:
        return bool(self._changes) and gc.get_freeze_count() > self._stood + self._stood // _SHARE
