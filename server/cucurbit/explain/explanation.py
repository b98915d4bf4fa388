"""The explanation of one exception."""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.analysis.finding import Related


@dataclass(frozen=True)
class Explanation:
    """One exception of a traceback explained.

    ``error`` and ``message`` are as printed. ``cause`` is the rule that reports it, or another kebab-case name; empty
    if the cause is unknown. ``raised_here``: whether the code of this workspace raises it, None if unknown.
    ``advice`` holds further sentences.
    """

    error: str
    message: str
    cause: str
    raised_here: bool | None
    summary: str
    related: tuple[Related, ...] = ()
    advice: tuple[str, ...] = ()
