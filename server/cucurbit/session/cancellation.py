"""Cancelling work in another thread."""

from __future__ import annotations

import threading
import time


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


class Deadline:
    """A limit on the time of one piece of work, checked by the thread that works."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """Raise an exception if the time is over.

        Raises:
            Overdue: more than ``seconds`` have passed.
        """
        if time.monotonic() > self._end:
            raise Overdue(f"it took more than {self._seconds:.0f} seconds, so it was stopped")
