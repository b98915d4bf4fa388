"""Runs programs for real, in a few processes beside each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.language.program import Program

RUNNER = Path(__file__).with_name("runner.py")
WORKERS = min(os.cpu_count() or 1, 8)


class Outcome(NamedTuple):
    """What ended a program: the class of an exception and its traceback, both empty where it ran to its end."""

    error: str
    message: str


def outcomes(programs: Sequence[Program]) -> list[Outcome]:
    """What really happens, of each program."""
    results: list[Outcome] = [Outcome("", "")] * len(programs)
    with ThreadPoolExecutor(WORKERS) as threads:
        shares = threads.map(lambda first: _share(programs[first::WORKERS]), range(WORKERS))
        for first, share in enumerate(shares):
            results[first::WORKERS] = share
    return results


def _share(programs: Sequence[Program]) -> list[Outcome]:
    requests = "".join(json.dumps(program.files) + "\n" for program in programs)
    command = [sys.executable, "-I", "-S", "-W", "ignore", str(RUNNER)]
    done = subprocess.run(command, input=requests, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    found = [Outcome(*json.loads(line)) for line in done.stdout.splitlines()]
    assert len(found) == len(programs), "the runner ended early"
    return found
