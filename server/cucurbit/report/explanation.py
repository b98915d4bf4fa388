"""What is behind an exception, and how it is told to people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cucurbit.analysis.finding import Related
from cucurbit.report.check_text import chain
from cucurbit.report.report import Report
from cucurbit.report.styled import Line, Signs


@dataclass(frozen=True)
class Explanation:
    """One exception of a traceback explained.

    ``error`` and ``message`` are as printed. ``cause`` is the rule that finds it, or a kebab-case kind; empty where
    the cause is not known. ``raised_here``: whether the code of this workspace raises it, None where that is not
    known. ``advice`` are further sentences, one thought each.
    """

    error: str
    message: str
    cause: str
    raised_here: bool | None
    summary: str
    related: tuple[Related, ...] = ()
    advice: tuple[str, ...] = ()


def explanation_lines(explanations: Iterable[Explanation], report: Report, signs: Signs) -> Iterator[Line]:
    """Each exception, its cause, the evidence, the advice. ``report`` tells the paths and the source."""
    for number, each in enumerate(explanations):
        if number:
            yield []
        said = f"{each.error}: {each.message}" if each.message else each.error
        yield [(said, "bold red")]
        cause = f"[{each.cause}] " if each.cause else ""
        style = "green" if each.raised_here is False else "yellow" if each.raised_here is None else ""
        yield [(f"  {cause}", "bold"), (each.summary, style)]
        yield from chain(report, each.related, "  ", signs)
        for advice in each.advice:
            yield [(f"  {advice}", "")]
