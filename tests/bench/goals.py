"""What the numbers have to reach: ratios within one run."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from typing import Literal

from tests.bench.real.listed import projects
from tests.bench.results import Figures, Results, shown
from tests.bench.tools import IMPORT, OURS

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
    """``number`` is at most ``limit`` times ``base``, or at most ``limit`` in its own unit where there is no base.

    With ``projects`` it is a goal of each of these workspaces: of the worst, or of the one in the middle.
    """

    text: str
    number: Number
    limit: float
    base: Number | None = None
    projects: tuple[str, ...] = ()
    middle: bool = False


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


_COLD = Number("check-cold", "")


def _over(tool: str) -> Number:
    return replace(_COLD, tool=tool)


def _named(least: int = 0, most: int = 1_000_000) -> tuple[str, ...]:
    """The real projects of so many files."""
    return tuple(name for name, each in projects().items() if least <= each.files <= most)


_ALL = _named()

REAL_GOALS: tuple[Goal, ...] = (
    Goal("real projects: `check` cold, over `ty check`, each", _COLD, 1.0, _over("ty"), _ALL),
    Goal("real projects: `check` cold, over `ty check`, median", _COLD, 0.6, _over("ty"), _ALL, middle=True),
    Goal("real projects: `check` cold, over one import of the main entry point", _COLD, 1.0, _over(IMPORT), _ALL),
    Goal(
        "real projects over 1,000 files: `check` cold, over `sqlalchemy-lsp check`",
        *(_COLD, 3.0, _over(_SQLA), _named(least=1001)),
    ),
    *(
        Goal(
            f"real projects: `check` in {name}, over text",
            *(Number(f"check-{name.lower()}", ""), 1.3, Number("check-text", ""), _ALL),
        )
        for name in ("JSON", "SARIF")
    ),
    Goal(
        "real projects: `check` after one executed file changed, over cold",
        *(Number("check-changed", ""), 0.25, _COLD, _ALL),
    ),
    Goal(
        "real projects: `timeline` as HTML, over text",
        *(Number("timeline-html", ""), 1.5, Number("timeline-text", ""), _ALL),
    ),
    *(
        Goal(
            f"real projects up to 700 files: edit ({kind}), p95, in ms", _edit(kind, ""), 50, projects=_named(most=700)
        )
        for kind in ("tablename", "import", "column")
    ),
    *(
        Goal(f"real projects: edit ({kind}), p95, in ms", _edit(kind, ""), 15, projects=_ALL)
        for kind in ("body", "comment")
    ),
    *(
        Goal(
            f"real projects{told}: server start to complete diagnostics, warm, in s",
            *(Number("server-start-warm", "", "complete"), limit, None, _named(most=most)),
        )
        for told, most, limit in ((" up to 250 files", 250, 0.6), ("", 3000, 0.9))
    ),
)

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
    *REAL_GOALS,
)


def verdicts(results: Results) -> list[Verdict]:
    """Every goal with what was measured. Where no real project was measured, their goals are left out."""
    found = [_verdict(goal, results) for goal in GOALS]
    real = any(each.goal.projects and each.ratio is not None for each in found)
    return [each for each in found if real or not each.goal.projects]


def _verdict(goal: Goal, results: Results) -> Verdict:
    return _across(goal, results) if goal.projects else _of_one(goal, results)


def _across(goal: Goal, results: Results) -> Verdict:
    """Of the projects in which it was measured; the one that counts is named."""
    found: list[tuple[float, str]] = []
    for name in goal.projects:
        base = None if goal.base is None else replace(goal.base, workspace=name)
        each = _of_one(replace(goal, number=replace(goal.number, workspace=name), base=base), results)
        if each.ratio is not None:
            found.append((each.ratio, f"{name}, {each.measured}"))
    if not found:
        return Verdict(goal, None, "")
    met = sum(ratio <= goal.limit for ratio, _ in found)
    said = f"met by {met} of {len(found)}"
    if goal.middle:
        return Verdict(goal, statistics.median(ratio for ratio, _ in found), said)
    ratio, measured = max(found)
    return Verdict(goal, ratio, f"{measured}; {said}")


def _of_one(goal: Goal, results: Results) -> Verdict:
    number = goal.number.of(results)
    base = goal.base.of(results) if goal.base is not None else None
    if number is None or (goal.base is not None and (base is None or base[0] == 0)):
        return Verdict(goal, None, "")
    value, figures = number
    if base is None:
        return Verdict(goal, value, shown(value, figures.unit))
    measured = f"{shown(value, figures.unit)} : {shown(base[0], base[1].unit)}"
    return Verdict(goal, value / base[0], measured)
