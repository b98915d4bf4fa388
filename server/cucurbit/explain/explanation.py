"""The explanation of one exception."""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.analysis.finding import Related


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
