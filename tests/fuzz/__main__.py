"""``python -m tests.fuzz``: try random input for some time, and keep what fails as a test."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.fuzz.cases import KINDS
from tests.fuzz.finding import Failing, case_of, save, shrunk, tried

SHARES: Mapping[str, int] = {"files": 50, "workspaces": 16, "sessions": 4, "edits": 21, "writes": 9}
"""How the time is shared: an hour on two processors tries at least 200,000 files, 5,000 workspaces, 2,000 sessions and
20,000 edits."""
_PROBLEMS = "problems"
_SEEDS = 1 << 32
"""Seeds that lie between those of one process and those of the next one."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=secrets.randbits(40), help="the first one; default: any")
    parser.add_argument("--only", choices=tuple(KINDS), help="one kind of cases")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one for each processor")
    parser.add_argument("--counts", type=Path, help="a file for the counts of one process")
    options = parser.parse_args()
    os.environ["CUCURBIT_NO_CACHE"] = "1"
    kinds = [options.only] if options.only else list(KINDS)
    if options.counts is not None:
        options.counts.write_text(json.dumps(_run(options.seed, options.seconds, kinds)), "utf-8")
        return 0
    _say(f"seed {options.seed}")
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, str(number)) for number in range(options.processes)]
        started = [_start(options, number, file) for number, file in enumerate(files)]
        failed = [each for each in started if each.wait() != 0]
        for file in files:
            counts.update(json.loads(file.read_text("utf-8")) if file.exists() else {})
    _say(", ".join(f"{counts[kind]} {kind}" for kind in kinds) + f": {counts[_PROBLEMS]} problems")
    return int(bool(failed or counts[_PROBLEMS]))


def _start(options: argparse.Namespace, number: int, file: Path) -> subprocess.Popen[bytes]:
    only = ["--only", options.only] if options.only else []
    seed = options.seed + number * _SEEDS
    command = [sys.executable, "-m", "tests.fuzz", "--seconds", str(options.seconds), "--seed", str(seed), *only]
    return subprocess.Popen([*command, "--counts", str(file)])


def _run(seed: int, seconds: float, kinds: Sequence[str]) -> Counter[str]:
    """How many of each kind were tried, and in how many ways they failed."""
    end = time.monotonic() + seconds
    counts: Counter[str] = Counter()
    spent = dict.fromkeys(kinds, 0.0)
    problems: set[str] = set()
    while time.monotonic() < end:
        # The kind that has had the least of its share.
        kind = min(kinds, key=lambda each: spent[each] / SHARES[each])
        seed += 1
        began = time.monotonic()
        files = case_of(kind, seed)
        count, problem = tried(kind, seed, files)
        spent[kind] += time.monotonic() - began
        counts[kind] += count
        if problem is not None and problem[:60] not in problems:
            problems.add(problem[:60])
            found = shrunk(Failing(kind, seed, files, problem))
            _say(f"{kind}: {found.problem}\n  {save(found)}")
    counts[_PROBLEMS] = len(problems)
    return counts


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
