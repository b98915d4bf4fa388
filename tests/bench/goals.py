"""What the numbers have to reach: ratios within one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tests.bench.results import Figures, Results, shown
from tests.bench.tools import OURS

Statistic = Literal["median", "p95", "most"]


@dataclass(frozen=True)
class Number:
    """One number of the results."""

    scenario: str
    workspace: str
    quantity: str = "wall"
    statistic: Statistic = "median"
    tool: str = OURS

    def of(self, results: Results) -> tuple[float, Figures] | None:
        found = results.get(self.scenario, self.workspace, self.tool, self.quantity)
        return None if found is None else (float(getattr(found, self.statistic)), found)


@dataclass(frozen=True)
class Goal:
    """``number`` is at most ``limit`` times ``base``, or at most ``limit`` in its own unit where there is no base."""

    text: str
    number: Number
    limit: float
    base: Number | None = None


@dataclass(frozen=True)
class Verdict:
    """A goal and what was measured. ``ratio`` is None where something was not measured."""

    goal: Goal
    ratio: float | None
    measured: str

    @property
    def met(self) -> bool | None:
        return None if self.ratio is None else self.ratio <= self.goal.limit

    @property
    def word(self) -> str:
        if self.ratio is None:
            return "not measured"
        return "met" if self.met else f"missed, {self.ratio / self.goal.limit:.1f} times the limit"


_SQLA = "sqlalchemy-lsp"


def _edit(kind: str, workspace: str, tool: str = OURS) -> Number:
    return Number(f"edit-{kind}", workspace, "latency", "p95", tool)


GOALS: tuple[Goal, ...] = (
    *(
        Goal(
            f"`check` cold, {name}, over `sqlalchemy-lsp check`",
            Number("check-cold", workspace),
            0.35,
            Number("check-cold", workspace, tool=_SQLA),
        )
        for workspace, name in (("3000", "3,000 files"), ("reachable", "3,000 files all reachable"))
    ),
    Goal(
        "`check` warm, 3,000 files, over `sqlalchemy-lsp check`",
        Number("check-warm", "3000"),
        0.10,
        Number("check-cold", "3000", tool=_SQLA),
    ),
    Goal("`check` cold, 30,000 over 3,000 files", Number("check-cold", "30000"), 10.5, Number("check-cold", "3000")),
    Goal(
        "server start to complete diagnostics, warm, 3,000 files, over `sqlalchemy-lsp`",
        Number("server-start-warm", "3000", "complete"),
        0.5,
        Number("server-start", "3000", "complete", tool=_SQLA),
    ),
    Goal(
        "slowest hover while 3,000 files are analysed for the first time, over the time that this takes",
        Number("server-asked", "3000", "hover", "most"),
        0.25,
        Number("server-asked", "3000", "complete"),
    ),
    *(
        Goal(f"edit ({kind}), p95, 3,000 files, over `ty server`", _edit(kind, "3000"), 1.0, _edit(kind, "3000", "ty"))
        for kind in ("body", "comment")
    ),
    *(
        Goal(f"edit ({kind}), p95, 30,000 over 300 files", _edit(kind, "30000"), 1.3, _edit(kind, "300"))
        for kind in ("body", "comment")
    ),
    *(
        Goal(
            f"edit ({kind}), p95, a models file of 6,000 lines, over `ty server`",
            _edit(kind, "models"),
            0.5,
            _edit(kind, "models", "ty"),
        )
        for kind in ("body", "comment")
    ),
    *(
        Goal(f"edit ({kind}), p95, 3,000 files all reachable, in ms", _edit(kind, "reachable"), 25)
        for kind in ("tablename", "import-leaf")
    ),
    Goal(
        "peak memory of `check`, 30,000 files, over `sqlalchemy-lsp`",
        Number("check-cold", "30000", "peak"),
        1.0,
        Number("check-cold", "30000", "peak", tool=_SQLA),
    ),
    Goal("peak memory of `check`, 300 files, in MiB", Number("check-cold", "300", "peak"), 60),
    Goal(
        "`cucurbit --version` over `python -c pass`",
        Number("start-version", "empty"),
        1.5,
        Number("start-version", "empty", tool="python -c pass"),
    ),
    Goal(
        "`check` of an empty folder over `python -c pass`",
        Number("start-empty", "empty"),
        2.5,
        Number("start-empty", "empty", tool="python -c pass"),
    ),
    Goal("memory after 10,000 edits over that before, in MiB", Number("server-growth", "300", "memory"), 3),
    Goal("processor time of the server at rest, 3,000 files, in %", Number("server-rest", "3000", "cpu"), 0.5),
)


def verdicts(results: Results) -> list[Verdict]:
    """Every goal with what was measured."""
    return [_verdict(goal, results) for goal in GOALS]


def _verdict(goal: Goal, results: Results) -> Verdict:
    number = goal.number.of(results)
    base = goal.base.of(results) if goal.base is not None else None
    if number is None or (goal.base is not None and (base is None or base[0] == 0)):
        return Verdict(goal, None, "")
    value, figures = number
    if base is None:
        return Verdict(goal, value, shown(value, figures.unit))
    measured = f"{shown(value, figures.unit)} : {shown(base[0], base[1].unit)}"
    return Verdict(goal, value / base[0], measured)
