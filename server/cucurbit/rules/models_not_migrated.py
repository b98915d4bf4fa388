"""``models-not-migrated``: what the models have and the revisions do not."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.drift_findings import MODELS, drift_findings, drift_fixes


def _check(context: Context) -> Iterator[Finding]:
    return drift_findings(context, MODELS)


RULE = Rule(
    name=MODELS,
    summary="The models have a table or column that no revision creates, or something differs.",
    severity=Severity.ERROR,
    check=_check,
    fixes=drift_fixes,
)
