"""A limit on the time of a command: whatever a workspace holds, the command ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from cucurbit.cli.errors import REFUSED

DEFAULT_LIMIT = 600.0
"""Seconds."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """End the process where the block takes longer than ``seconds``; 0: it may take any time.

    The process ends at once, since what is late need not react to an exception. An alarm that is set already is kept:
    somebody else limits the time.
    """
    if not seconds:
        yield
    elif sys.platform == "win32":
        # Elsewhere no thread is started, as a process with threads reads no files ahead.
        timer = threading.Timer(seconds, _end, (seconds,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
    elif signal.getitimer(signal.ITIMER_REAL)[0] or threading.current_thread() is not threading.main_thread():
        yield
    else:
        before = signal.signal(signal.SIGALRM, lambda *_: _end(seconds))
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def _end(seconds: float) -> None:
    if os.environ.get("CUCURBIT_DEBUG") == "1":
        for frame in sys._current_frames().values():
            traceback.print_stack(frame)
    message = (
        f"cucurbit: error: stopped, as it took more than {seconds:g} seconds; nothing is reported. "
        "--time-limit SECONDS sets another limit, CUCURBIT_DEBUG=1 shows what took so long.\n"
    )
    try:
        os.write(2, message.encode())
    finally:
        os._exit(REFUSED)
