"""Drift as text: what autogenerate would write for each environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.drift.difference import Difference
from cucurbit.report.report import counted
from cucurbit.report.styled import Line, Signs
from cucurbit.rules.shared.drift import Drift

_MOST_DOUBTS = 5


def drift_lines(context: Context, drift: Drift, signs: Signs, shown: Callable[[str], str]) -> Iterator[Line]:
    """One environment: its differences, the certain ones first, and why there may be more."""
    environment = drift.environment
    section = f" [{environment.section}]" if environment.section != "alembic" else ""
    found = drift.comparison.differences
    sure = [each for each in found if each.certain]
    unsure = [each for each in found if not each.certain]
    told = counted(len(sure), "difference") if drift.compared else "not compared"
    if unsure:
        told += f", {len(unsure)} not certain"
    at = f"  at {', '.join(drift.heads)}" if drift.heads else ""
    yield [(f"{shown(environment.config)}{section}", "bold cyan"), (at, ""), (f"  {told}", "bold")]
    for each in (*sure, *unsure):
        yield _difference(context, each, signs, shown)
    for doubt in drift.doubts[:_MOST_DOUBTS]:
        yield [("? ", "yellow"), (f"not complete: {doubt}", "")]
    if len(drift.doubts) > _MOST_DOUBTS:
        yield [("? ", "yellow"), (f"not complete: {len(drift.doubts) - _MOST_DOUBTS} more reasons", "")]


def _difference(context: Context, each: Difference, signs: Signs, shown: Callable[[str], str]) -> Line:
    mark = (f"{signs.cross} ", "bold red") if each.certain else ("? ", "yellow")
    where = f"{shown(each.place.path)}:{context.span(each.place).line}"
    return [mark, (f"{each.op}  ", "bold"), (each.message, ""), (f"  {where}", "cyan")]
