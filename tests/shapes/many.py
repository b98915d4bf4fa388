"""Holds the shapes of many random models files against real SQLAlchemy: ``python -m tests.shapes.many 1000``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.oracle.harness import sqlalchemy_folders
from tests.shapes.comparison import Verdict
from tests.shapes.generator import models
from tests.shapes.judge import judge, verdict_of


def judged(seeds: Sequence[int]) -> Iterator[tuple[int, str, Verdict, bool]]:
    """Each seed, its file, what is wrong, and whether the file imports; the versions of SQLAlchemy in turns."""
    folders = sqlalchemy_folders("1.4")
    for seed in seeds:
        source = models(seed)
        with tempfile.TemporaryDirectory(prefix="cucurbit-shapes-") as folder:
            verdict, recorded = verdict_of(judge(folders[seed % len(folders)]), Path(folder), {"models.py": source})
        yield seed, source, verdict, "error" not in recorded


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.shapes.many", description=__doc__)
    parser.add_argument("number", type=int)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args(arguments)
    total, imported, wrong = Verdict(), 0, Counter[str]()
    for seed, source, verdict, runs in judged(range(options.first, options.first + options.number)):
        imported += runs
        total.add(verdict)
        if verdict.wrong:
            wrong["files"] += 1
            sys.stdout.write(f"seed {seed}: {verdict.wrong}\n")
            if wrong["files"] == 1:
                sys.stdout.write(source)
    sys.stdout.write(f"{options.number} files, {imported} import, {wrong['files']} wrong; {dict(total.counts)}\n")
    sys.stdout.writelines(f"unknown: {what} ({count})\n" for what, count in Counter(total.missing).most_common(5))
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
