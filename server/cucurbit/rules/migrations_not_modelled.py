"""``migrations-not-modelled``: what the revisions leave in the database and the models do not have."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.drift_findings import MIGRATIONS, drift_findings


def _check(context: Context) -> Iterator[Finding]:
    return drift_findings(context, MIGRATIONS)


RULE = Rule(
    name=MIGRATIONS,
    summary="The revisions leave a table or column that the models do not have: autogenerate drops it.",
    severity=Severity.ERROR,
    check=_check,
)
