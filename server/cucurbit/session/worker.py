"""A thread that runs jobs one after the other."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

_T = TypeVar("_T")


class Worker:
    """One daemon thread that runs jobs in the order in which they arrive. It does not keep the process alive."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def _work(self) -> None:
        while True:
            self._jobs.get()()

    async def run(self, job: Callable[[], _T]) -> _T:
        """Run ``job`` in the thread and wait. A job that is cancelled while it is in the queue never starts.

        Raises:
            Exception: whatever ``job`` raises.
        """
        future: Future[_T] = Future()

        def do() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - the caller gets it
                future.set_exception(error)

        self._jobs.put(do)
        return await asyncio.wrap_future(future)
