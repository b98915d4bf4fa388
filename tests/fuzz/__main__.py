"""``python -m tests.fuzz``: try random input for some time, and keep what fails as a test."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from collections import Counter

from tests.fuzz.cases import KINDS
from tests.fuzz.finding import Failing, case_of, problem_of, save, shrunk


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=secrets.randbits(40), help="the first one; default: any")
    parser.add_argument("--only", choices=tuple(KINDS), help="one kind of cases")
    options = parser.parse_args()
    os.environ["CUCURBIT_NO_CACHE"] = "1"
    kinds = [options.only] if options.only else list(KINDS)
    _say(f"seed {options.seed}")
    end = time.monotonic() + options.seconds
    counts: Counter[str] = Counter()
    spent: Counter[str] = Counter()
    problems: set[str] = set()
    seed = options.seed
    while time.monotonic() < end:
        # The kind that has had the least time.
        kind = min(kinds, key=lambda each: spent[each])
        seed += 1
        began = time.monotonic()
        files = case_of(kind, seed)
        problem = problem_of(kind, seed, files)
        spent[kind] += int((time.monotonic() - began) * 1_000) + 1
        counts[kind] += 1
        if problem is not None and problem[:60] not in problems:
            problems.add(problem[:60])
            found = shrunk(Failing(kind, seed, files, problem))
            _say(f"{kind}: {found.problem}\n  {save(found)}")
    _say(", ".join(f"{counts[kind]} {kind}" for kind in kinds) + f": {len(problems)} problems")
    return int(bool(problems))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
