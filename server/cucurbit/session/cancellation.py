"""Asking work in another thread to stop."""

from __future__ import annotations

import threading


class Cancelled(Exception):
    """The work was asked to stop and did."""


class CancelToken:
    """Set by one thread, looked at by the one that works."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raise if the work is no longer wanted.

        Raises:
            Cancelled: where :meth:`cancel` was called.
        """
        if self._event.is_set():
            raise Cancelled
