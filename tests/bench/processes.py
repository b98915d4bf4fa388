"""Running a command and measuring it from outside."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One finished process. ``wall`` and ``cpu`` (user and system) are seconds, ``peak`` is MiB of resident memory."""

    code: int
    output: bytes
    errors: bytes
    wall: float
    cpu: float
    peak: float


class Failed(Exception):
    """A command ended otherwise than it may, or did not end in time."""


def run(
    argv: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    timeout: float,
    codes: frozenset[int] = frozenset({0, 1}),
) -> Run:
    """Run a command to its end.

    Raises:
        Failed: its exit code is none of ``codes``, or it took longer than ``timeout`` seconds.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(
            argv, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        killer = _Alarm(process.pid, timeout)
        with killer:
            _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        result = Run(
            process.returncode,
            output.read(),
            errors.read(),
            wall,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1024,
        )
    if killer.fired:
        raise Failed(f"{argv[0]} took longer than {timeout:.0f} s")
    if result.code not in codes:
        tail = result.errors.decode(errors="replace")[-400:]
        raise Failed(f"{' '.join(argv[:3])} ended with {result.code}: {tail}")
    return result


class _Alarm:
    """Kills a process that this one has started and that takes too long."""

    def __init__(self, pid: int, timeout: float) -> None:
        import threading

        self.fired = False
        self._pid = pid
        self._timer = threading.Timer(timeout, self._fire)

    def _fire(self) -> None:
        self.fired = True
        try:
            os.kill(self._pid, 9)
        except ProcessLookupError:
            pass

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
