"""A thread that works through jobs one by one."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

_T = TypeVar("_T")


class Worker:
    """One daemon thread and its jobs, in the order in which they came. It never keeps the process alive."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

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
