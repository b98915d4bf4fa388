"""What a process and those it started use, read from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Usage:
    """``cpu`` is seconds of processor time so far, or a percentage where a rate is told.

    ``memory`` and ``peak`` are MiB of resident memory, now and at the most.
    """

    cpu: float
    memory: float
    peak: float


def usage_of(pid: int) -> Usage | None:
    """The usage of a process and all below it; None where the system has no /proc or the process is gone."""
    try:
        return _total(_family(pid))
    except (OSError, ValueError, KeyError):
        return None


def _total(pids: list[int]) -> Usage:
    ticks = os.sysconf("SC_CLK_TCK")
    cpu = memory = peak = 0.0
    for pid in pids:
        fields = _stat(pid)
        cpu += (int(fields[11]) + int(fields[12])) / ticks
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
        status = dict(line.split(":", 1) for line in lines)
        memory += int(status["VmRSS"].split()[0]) / 1024
        peak += int(status["VmHWM"].split()[0]) / 1024
    return Usage(cpu, memory, peak)


def _stat(pid: int) -> list[str]:
    """The fields behind the name, which may hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def _family(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                parents.setdefault(int(_stat(int(each.name))[1]), []).append(int(each.name))
            except (OSError, IndexError):
                continue
    found = [pid]
    for process in found:
        found += parents.get(process, [])
    return found
