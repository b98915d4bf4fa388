"""Runs many random programs for real and predicts them: ``python -m tests.oracle.many --programs 5000``.

Every disagreement is shrunk and printed as a case page. Ends with 1 where there is one, and writes a summary as JSON.
With ``--fixes 600`` it tries the fixes of so many workspaces instead, and prints those with one that does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, TypeVar

from tests.oracle import many_fixes
from tests.oracle.harness import RecordingProcess, sqlalchemy_folders
from tests.oracle.many_fixes import FixTally
from tests.oracle.programs.draw import written
from tests.oracle.programs.judge import Verdict, judge
from tests.oracle.programs.model import Program, page
from tests.oracle.programs.shrink import MOST_TRIES, shrunk
from tests.oracle.programs.source import Seeded

BATCH = 125


@dataclass
class Tally:
    """What a number of programs came to. ``causes`` counts the uncertain events by what could not be decided."""

    programs: int = 0
    events: int = 0
    uncertain: int = 0
    disagreements: int = 0
    false_errors: int = 0
    missed: int = 0
    failing: int = 0
    assumed: int = 0
    explained: int = 0
    unexplained: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    pages: list[str] = field(default_factory=list)

    def count(self, verdict: Verdict) -> None:
        self.programs += 1
        self.events += len(verdict.predicted)
        self.uncertain += verdict.uncertain
        self.disagreements += bool(verdict.disagreement)
        self.false_errors += len(verdict.false_errors)
        self.missed += len(verdict.missed)
        self.failing += any(event["event"] == "entry-failed" for event in verdict.recorded)
        self.assumed += verdict.assumed
        self.explained += verdict.explained
        self.unexplained += len(verdict.unexplained)
        self.causes.update(verdict.causes)

    def add(self, other: Tally) -> None:
        for name in (
            "programs",
            "events",
            "uncertain",
            "disagreements",
            "false_errors",
            "missed",
            "failing",
            "assumed",
            "explained",
            "unexplained",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.causes.update(other.causes)
        self.pages += other.pages

    def summary(self) -> dict[str, object]:
        return {
            "programs": self.programs,
            "events": self.events,
            "uncertain events": self.uncertain,
            "disagreements": self.disagreements,
            "false errors": self.false_errors,
            "missed": self.missed,
            "programs that fail": self.failing,
            "programs that lack what is taken to be installed": self.assumed,
            "exceptions explained": self.explained,
            "explained otherwise than found": self.unexplained,
            "causes of uncertain events": dict(self.causes.most_common()),
        }

    @property
    def progress(self) -> str:
        return f"{self.programs} programs, {self.events} events, {len(self.pages)} predicted wrongly"

    def lines(self, number: int) -> Iterator[str]:
        yield f"seed {number}: {self.programs} programs, {self.events} events"
        share = 100 * self.uncertain / max(self.events, 1)
        yield f"uncertain: {self.uncertain} ({share:.2f} %)"
        yield from (f"  {count:6} {cause}" for cause, count in self.causes.most_common(15))
        yield f"disagreements: {self.disagreements}, false errors: {self.false_errors}, missed: {self.missed}"
        yield f"exceptions explained: {self.explained}, of which otherwise than found: {self.unexplained}"


Counted = TypeVar("Counted", Tally, FixTally)


def kinds(verdict: Verdict) -> set[str]:
    """What is wrong, roughly: a program made smaller must still show it."""
    found = {verdict.difference} if verdict.disagreement else set()
    return (
        found
        | {" ".join(each.split()[:3]) for each in verdict.false_errors}
        | ({"missed"} if verdict.missed else set())
        | {" ".join(re.sub(r"'[^']*'", "", each).split()[:24]) for each in verdict.unexplained}
    )


def counter_example(program: Program, verdict: Verdict, recorder: RecordingProcess, seed: int, tries: int) -> str:
    """The page of a program that was predicted wrongly, made as small as it goes in so many tries."""
    wrong = kinds(verdict)

    def shows(smaller: Program) -> bool:
        return smaller.starts and bool(kinds(judge(smaller.case(), recorder)) & wrong)

    small = shrunk(program, shows, tries)
    found = judge(small.case(), recorder)
    title = f"Drawn {seed}"
    return f"{page(small.case(title), found.recorded)}\n{found.wrong}\n"


def run_batch(number: int, count: int, folder: Path | None) -> Tally:
    """Draw ``count`` programs from the seed ``number`` and judge them, with the SQLAlchemy in ``folder``."""
    tally = Tally()
    seen: set[frozenset[str]] = set()
    with RecordingProcess.start(folder) as recorder:
        for each in range(number, number + count):
            program = written(Seeded(each))
            verdict = judge(program.case(f"Drawn {each}"), recorder)
            tally.count(verdict)
            if not verdict.right:
                # One of a kind is made small; the others are most likely the same.
                alike = frozenset(kinds(verdict))
                tries = 0 if alike in seen else MOST_TRIES
                tally.pages.append(counter_example(program, verdict, recorder, each, tries))
                seen.add(alike)
    return tally


def run_many(count: int, number: int, jobs: int) -> Tally:
    """Judge ``count`` programs in ``jobs`` processes, saying how far it is."""
    return in_batches(Tally(), run_batch, BATCH, count, number, jobs)


def run_fixes(count: int, number: int, jobs: int) -> FixTally:
    """Try the fixes of ``count`` workspaces in ``jobs`` processes, saying how far it is."""
    return in_batches(FixTally(), many_fixes.run_batch, many_fixes.BATCH, count, number, jobs)


def in_batches(
    total: Counted, run: Callable[[int, int, Path | None], Counted], size: int, count: int, number: int, jobs: int
) -> Counted:
    """Do what there is to do ``count`` times, ``size`` at once, with each SQLAlchemy in turn; ``total`` gets it all."""
    folders = sqlalchemy_folders()
    sizes = [min(size, count - start) for start in range(0, count, size)]
    # Whatever ends this, no folder of a process is left.
    with (
        tempfile.TemporaryDirectory() as home,
        ProcessPoolExecutor(jobs, initializer=_live_in, initargs=(home,)) as pool,
    ):
        batches = [
            pool.submit(run, number + index * size, each, folders[index % len(folders)])
            for index, each in enumerate(sizes)
        ]
        try:
            for batch in as_completed(batches):
                tally = batch.result()
                total.add(tally)
                for text in tally.pages:
                    say(text, sys.stdout)
                say(f"of {count}: {total.progress}", sys.stderr)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return total


def _live_in(home: str) -> None:
    """A process of the pool begins: what it writes is in that folder, which goes when the pool does."""
    tempfile.tempdir = home
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def say(text: str, stream: TextIO) -> None:
    stream.write(f"{text}\n")
    stream.flush()


def arguments(given_: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.many", description=__doc__)
    parser.add_argument("--programs", type=int, default=1000, metavar="N", help="how many to draw")
    parser.add_argument("--fixes", type=int, default=None, metavar="N", help="how many to try the fixes of instead")
    parser.add_argument("--seed", type=int, default=None, metavar="S", help="where to begin; else anywhere")
    parser.add_argument("--json", type=Path, default=None, metavar="FILE", help="where to write the summary")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="J", help="processes")
    return parser.parse_args(given_)


def main(given_: Sequence[str] | None = None) -> int:
    asked = arguments(given_)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    number = random.randrange(10**6) * 1000 if asked.seed is None else asked.seed
    total: Tally | FixTally
    if asked.fixes is not None:
        total = run_fixes(asked.fixes, number, asked.jobs)
    else:
        total = run_many(asked.programs, number, asked.jobs)
    say("\n".join(total.lines(number)), sys.stdout)
    if asked.json is not None:
        asked.json.write_text(json.dumps({"seed": number, **total.summary()}, indent=2) + "\n", encoding="utf-8")
    return 1 if total.pages else 0


if __name__ == "__main__":
    sys.exit(main())
