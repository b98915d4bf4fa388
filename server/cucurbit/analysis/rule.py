"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity


@dataclass(frozen=True)
class Rule:
    """One rule: its name, what it finds in one sentence, its highest severity, and its check.

    A check yields findings with the severity that the evidence supports; settings may lower or raise it later.
    ``default`` False: off unless asked for by ``extend-select``.
    """

    name: str
    summary: str
    severity: Severity
    check: Callable[[Context], Iterable[Finding]]
    default: bool = True
