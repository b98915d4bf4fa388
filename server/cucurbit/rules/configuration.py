"""``configuration``: settings and configuration files that cannot be used as they stand."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.analysis.rule import Rule

NAME = "configuration"


def check(context: Context) -> Iterator[Finding]:
    for problem in context.workspace.problems:
        ending = "" if problem.message.endswith((".", "?")) else "."
        message = f"{problem.message[:1].upper()}{problem.message[1:]}{ending}"
        severity = Severity.INFORMATION if problem.elsewhere else Severity.WARNING
        yield Finding(NAME, severity, not problem.elsewhere, problem.location, message)


RULE = Rule(
    NAME,
    "A setting or configuration file cannot be used.",
    Severity.WARNING,
    check,
)
