"""Cancelling work in another thread."""

from __future__ import annotations

import threading


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
