"""A thread that works through jobs one by one."""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

_T = TypeVar("_T")

# A simulated chain of imports is as many frames here; the system's default for threads is far less than for the main
# thread (512 KiB on macOS). Only what is used is ever backed by memory.
_STACK = (256 if sys.maxsize > 2**32 else 64) * 1024 * 1024
_STACK_LOCK = threading.Lock()

# The limit is one for the whole process. The simulator raises it while it works and puts it back; where two threads
# simulate, one would put it back while the other is still deep down.
_FRAMES = 30_000


class Worker:
    """One daemon thread and its jobs, in the order in which they came. It never keeps the process alive."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _FRAMES))
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        with _STACK_LOCK:
            before = threading.stack_size(_STACK)
            try:
                thread.start()
            finally:
                threading.stack_size(before)

    def _work(self) -> None:
        while True:
            self._jobs.get()()

    async def run(self, job: Callable[[], _T]) -> _T:
        """Run ``job`` in the thread and wait. Cancelled while it waits in the queue, it is never begun.

        Raises:
            Exception: whatever ``job`` raises.
        """
        future: Future[_T] = Future()

        def do() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - it belongs to who waits
                future.set_exception(error)

        self._jobs.put(do)
        return await asyncio.wrap_future(future)
