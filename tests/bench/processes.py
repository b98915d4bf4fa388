"""Running a command and measuring it from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SPAWN = Path(__file__).with_name("spawn.py")


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
    with tempfile.TemporaryDirectory() as temporary:
        output, errors = Path(temporary, "output"), Path(temporary, "errors")
        spawner = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SPAWN), str(output), str(errors), *argv],
            cwd=folder,
            env=dict(environment),
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            said, _ = spawner.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            # The group is this spawner's own.
            os.killpg(spawner.pid, signal.SIGKILL)
            spawner.communicate()
            raise Failed(f"{Path(argv[0]).name} took longer than {timeout:.0f} s") from None
        if spawner.returncode != 0:
            raise Failed(f"{argv[0]} could not be started")
        code, wall, cpu, peak = said.split()
        # macOS tells bytes, others KiB.
        unit = 1024 * 1024 if sys.platform == "darwin" else 1024
        result = Run(int(code), output.read_bytes(), errors.read_bytes(), float(wall), float(cpu), int(peak) / unit)
    if result.code not in codes:
        tail = result.errors.decode(errors="replace")[-400:]
        raise Failed(f"{' '.join(argv[:3])} ended with {result.code}: {tail}")
    return result
