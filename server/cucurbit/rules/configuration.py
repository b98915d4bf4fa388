"""``configuration``: settings and configuration files that cannot be used as they stand."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import CommonCause, Finding, Severity
from cucurbit.analysis.rule import Rule

NAME = "configuration"

_ELSEWHERE = CommonCause(
    ("elsewhere",),
    "{places} configurations of migrations name a `script_location` that is not in this workspace, so that these"
    " migrations are not seen ({files}).",
    (),
    "this `script_location` is not in the workspace",
)


def check(context: Context) -> Iterator[Finding]:
    for problem in context.workspace.problems:
        ending = "" if problem.message.endswith((".", "?")) else "."
        message = f"{problem.message[:1].upper()}{problem.message[1:]}{ending}"
        severity = Severity.INFORMATION if problem.elsewhere else Severity.WARNING
        cause = _ELSEWHERE if problem.elsewhere else None
        yield Finding(NAME, severity, not problem.elsewhere, problem.location, message, cause=cause)


RULE = Rule(
    NAME,
    "A setting or configuration file cannot be used.",
    Severity.WARNING,
    check,
)
