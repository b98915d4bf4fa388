"""Explanations of exceptions as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cucurbit.explain.explanation import Explanation
from cucurbit.report.check_text import Form, evidence
from cucurbit.report.report import Report
from cucurbit.report.styled import Line

MOST_EVIDENCE = 16
"""How many lines of evidence are shown of one exception, unless all of them are asked for."""


def explanation_lines(explanations: Iterable[Explanation], report: Report, form: Form) -> Iterator[Line]:
    """For each exception what happened and why, what to do, and the evidence.

    ``report`` gives paths and source lines.
    """
    for number, each in enumerate(explanations):
        if number:
            yield []
        title = ": ".join(part for part in (each.error, each.message) if part)
        yield [(title, "bold red")]
        cause = f"[{each.cause}] " if each.cause else ""
        style = "green" if each.raised_here is False else "yellow" if each.raised_here is None else ""
        yield [(f"  {cause}", "bold"), (each.summary, style)]
        for advice in each.advice:
            yield [(f"  {advice}", "")]
        yield from evidence(report, each.related, "  ", form, MOST_EVIDENCE)
