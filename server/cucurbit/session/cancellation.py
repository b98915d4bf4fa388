"""Cancelling work in another thread."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Cancelled(Exception):
    """The work stopped because it was cancelled."""


class CancelToken:
    """Set by one thread, checked by the thread that works."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raise an exception if the work was cancelled.

        Raises:
            Cancelled: :meth:`cancel` was called.
        """
        if self._event.is_set():
            raise Cancelled


class Overdue(Exception):
    """The work was stopped because it took too long."""


_END: ContextVar[tuple[float, float]] = ContextVar("_END", default=(math.inf, math.inf))
"""When the work in this context has to end, and how many seconds it had."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """In the block, and in threads that work for it in its context, :func:`check_time` raises after ``seconds``."""
    token = _END.set((time.monotonic() + seconds, seconds))
    try:
        yield
    finally:
        _END.reset(token)


def check_time() -> None:
    """Raise an exception if the time of this work is over.

    Raises:
        Overdue: the block of :func:`limited` has taken longer.
    """
    end, seconds = _END.get()
    if time.monotonic() > end:
        raise Overdue(f"it took more than {seconds:.0f} seconds, so it was stopped")
