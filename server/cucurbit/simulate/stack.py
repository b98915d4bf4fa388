"""Runs deeply nested simulations in a thread with a large stack."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Generic, TypeVar

T = TypeVar("T")

STACK = 128 * 1024 * 1024
"""Bytes of address space; unused parts take no memory. With a smaller stack, a deep program would crash the process."""

RECURSION = 30_000
"""Python frames that a chain of imports hundreds of modules deep may need. They fit the stack four times over."""

_WAIT = 0.5
"""Seconds after which the waiting thread checks for an interrupt; some systems do not wake it for one."""


class _Limit:
    """The recursion limit of the process, raised while at least one simulation needs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before = 0

    @contextmanager
    def raised(self) -> Iterator[None]:
        with self._lock:
            if self._users == 0:
                self._before = sys.getrecursionlimit()
                sys.setrecursionlimit(max(self._before, RECURSION))
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    sys.setrecursionlimit(self._before)


class _Deep(Generic[T]):
    """Work that runs in its own thread, with its result."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._results: list[T] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        _INSIDE.set(True)
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised again where the work was asked for
            self._error = error

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._results[0]


_LIMIT = _Limit()
_INSIDE: ContextVar[bool] = ContextVar("inside", default=False)
_STARTING = threading.Lock()


def deep(work: Callable[[], T]) -> T:
    """The result of ``work``, which may nest :data:`RECURSION` Python frames deep. What it raises passes through.

    It runs in the context of the caller (:mod:`contextvars`), which has the limit on its time. Where such work calls
    this function itself, which it must not do deep inside, no other thread is started: many simulations in a row are
    faster in one.
    """
    if _INSIDE.get():
        return work()
    task = _Deep(work)
    context = copy_context()
    with _LIMIT.raised():
        thread = _started(lambda: context.run(task.run))
        while thread.is_alive():
            thread.join(_WAIT)
    return task.result()


def _started(run: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=run, name="cucurbit-simulation", daemon=True)
    with _STARTING:
        # The size is a setting of the process for threads to come.
        before = threading.stack_size(STACK)
        try:
            thread.start()
        finally:
            threading.stack_size(before)
    return thread
