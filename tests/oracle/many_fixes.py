"""Tries the fixes of many random workspaces: what ``python -m tests.oracle.many --fixes 600`` does."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.oracle.harness import RecordingProcess
from tests.oracle.programs.mending import TOGETHER, Mended, mended
from tests.oracle.programs.model import Program, page
from tests.oracle.programs.shrink import shrunk
from tests.oracle.programs.start import drawn

BATCH = 20
MOST_TRIES = 150
"""How often a workspace is made smaller: every time, all fixes of some rules are tried for real."""


@dataclass
class FixTally:
    """What the fixes of a number of workspaces came to, by rule; :data:`TOGETHER` counts workspaces."""

    workspaces: int = 0
    offered: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    uncovering: Counter[str] = field(default_factory=Counter)
    silences: int = 0
    pages: list[str] = field(default_factory=list)

    def count(self, tried: Iterable[Mended]) -> None:
        self.workspaces += 1
        for each in tried:
            if each.silences:
                self.silences += 1
            else:
                self.offered[each.rule] += 1
                self.held[each.rule] += not each.wrong
                self.uncovering[each.rule] += each.uncovers

    def add(self, other: FixTally) -> None:
        self.workspaces += other.workspaces
        self.offered += other.offered
        self.held += other.held
        self.uncovering += other.uncovering
        self.silences += other.silences
        self.pages += other.pages

    @property
    def progress(self) -> str:
        return (
            f"{self.workspaces} workspaces, {self.offered.total()} fixes, {len(self.pages)} workspaces with wrong ones"
        )

    def summary(self) -> dict[str, object]:
        return {
            "workspaces": self.workspaces,
            "silences": self.silences,
            "by rule": {
                rule: {"tried": self.offered[rule], "held": self.held[rule], "uncovering": self.uncovering[rule]}
                for rule in sorted(self.offered.keys() - {TOGETHER})
            },
            "together": {"tried": self.offered[TOGETHER], "held": self.held[TOGETHER]},
            "wrong": len(self.pages),
        }

    def lines(self, number: int) -> Iterator[str]:
        yield f"seed {number}: {self.workspaces} workspaces, {self.silences} comments that silence"
        for rule, offered in sorted(self.offered.items()):
            yield f"  {rule}: {offered} offered, {self.held[rule]} held ({self.uncovering[rule]} uncover another error)"


def run_batch(number: int, count: int, folder: Path | None) -> FixTally:
    """Try the fixes of ``count`` workspaces from the seed ``number``, with the SQLAlchemy in ``folder``."""
    tally = FixTally()
    seen: set[tuple[str, str]] = set()
    with RecordingProcess.start(folder) as recorder:
        for seed in range(number, number + count):
            program = drawn(seed)
            tried = tried_fixes(program, recorder)
            tally.count(tried)
            kinds = {kind for each in tried for kind in each.kinds}
            if kinds:
                # One of a kind is made small; the others are most likely the same.
                tally.pages.append(counter_example(program, kinds, recorder, seed, 0 if kinds <= seen else MOST_TRIES))
                seen |= kinds
    return tally


def tried_fixes(program: Program, recorder: RecordingProcess, rules: frozenset[str] = frozenset()) -> list[Mended]:
    """The fixes of a program, tried; a defect of the program that makes them is one more that is wrong."""
    tried: list[Mended] = []
    try:
        tried.extend(mended(program, recorder, rules))
    except Exception as error:  # noqa: BLE001 - to be shrunk and shown like the others
        words = f"{type(error).__name__}: {traceback.format_exc()}"
        tried.append(Mended(TOGETHER, "none", silences=False, wrong=(words,)))
    return tried


def counter_example(
    program: Program, kinds: set[tuple[str, str]], recorder: RecordingProcess, seed: int, tries: int
) -> str:
    """The page of a workspace with fixes that do not hold, made as small as it goes in so many tries."""
    rules = frozenset(rule for rule, _ in kinds)

    def wrong(smaller: Program) -> list[Mended]:
        return [each for each in tried_fixes(smaller, recorder, rules) if each.kinds & kinds]

    small = shrunk(program, lambda smaller: smaller.starts and bool(wrong(smaller)), tries)
    words = [words for each in wrong(small) for words in each.words]
    return "\n".join([f"SQLAlchemy {recorder.version}", *words, "", page(small.case(f"Drawn {seed}"))])
