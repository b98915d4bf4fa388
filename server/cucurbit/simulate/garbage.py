"""The garbage collector stands aside while a program is simulated, and what is known for long is none of its business.

A simulated program is one large cycle of objects that all live until its end: looking for garbage in it again and
again, as the collector does at every few hundred new objects, took a third of the time. And what is known of a
workspace is hundreds of thousands of objects that nearly all live as long as the server: looking through them after
an edit took more than all the rest.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SHARE: Final = 4
_ASKED_EVERY: Final = 32
_YOUNGEST: Final = 0
"""The generation in which everything stands that was made since the collector ran last."""


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
    """Free the program that was simulated last: only what was made since then is looked at."""
    gc.collect(_YOUNGEST)


class LongLived:
    """What is known for long, which the collector does not look through. For the one thread that works it out.

    What is let go of is freed all the same, but for the cycles in it. Those are found once what stands has grown by a
    fourth, which is asked at some of the changes only: to count it takes a tenth of a second.
    """

    def __init__(self) -> None:
        self._stood = 0
        self._changes = 0

    def settle(self) -> None:
        """Take all that stands now out of the collector's sight."""
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
