"""Drift as text: what autogenerate would write for each environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cucurbit.analysis.context import Context
from cucurbit.analysis.drift.difference import Difference
from cucurbit.report.report import counted
from cucurbit.report.styled import Line, Signs
from cucurbit.rules.shared.drift import Drift

_MOST_DOUBTS = 5
_MOST_UNSURE = 10


def drift_lines(context: Context, drift: Drift, signs: Signs, shown: Callable[[str], str]) -> Iterator[Line]:
    """One environment: its differences, the certain ones first, and why there may be more."""
    environment = drift.environment
    section = f" [{environment.section}]" if environment.section != "alembic" else ""
    sure = [each for each in drift.comparison.differences if each.certain]
    unsure = [each for each in drift.comparison.differences if not each.certain]
    told = counted(len(sure), "difference") if drift.compared else "not compared"
    if unsure:
        told += f", {len(unsure)} not certain"
    at = f"  at {', '.join(drift.heads)}" if drift.heads else ""
    yield [(f"{shown(environment.config)}{section}", "bold cyan"), (at, ""), (f"  {told}", "bold")]
    for each in _folded(sure):
        yield _difference(context, each, signs, shown)
    listed = _folded(unsure)
    for each in listed[:_MOST_UNSURE]:
        yield _difference(context, each, signs, shown)
    if len(listed) > _MOST_UNSURE:
        yield [("? ", "yellow"), (f"{len(listed) - _MOST_UNSURE} more that are not certain", "")]
    for doubt in drift.doubts[:_MOST_DOUBTS]:
        yield [("? ", "yellow"), (f"not complete: {doubt}", "")]
    if len(drift.doubts) > _MOST_DOUBTS:
        yield [("? ", "yellow"), (f"not complete: {len(drift.doubts) - _MOST_DOUBTS} more reasons", "")]


def _folded(differences: Sequence[Difference]) -> list[Difference]:
    """The differences without the indexes of tables that are added or removed themselves."""
    whole = {each.table for each in differences if each.op in ("add_table", "remove_table")}
    return [each for each in differences if not ("index" in each.op and each.table in whole)]


def _difference(context: Context, each: Difference, signs: Signs, shown: Callable[[str], str]) -> Line:
    mark = (f"{signs.cross} ", "bold red") if each.certain else ("? ", "yellow")
    where = f"{shown(each.place.path)}:{context.span(each.place).line}"
    message = each.message
    if each.renamed:
        message += f"; it looks like the {'new' if each.op.startswith('add_') else 'old'} name of {each.renamed}"
    return [mark, (f"{each.op}  ", "bold"), (message, ""), (f"  {where}", "cyan")]
