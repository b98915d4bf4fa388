"""``back-populates``: the reverse side of a relationship is missing, is no relationship, or leads elsewhere."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.orm.findings import rule_check
from cucurbit.rules.shared.orm.fixes import orm_fixes

NAME = "back-populates"

RULE = Rule(
    NAME,
    "The reverse side of a relationship is missing, is no relationship, or leads elsewhere.",
    Severity.ERROR,
    rule_check(NAME),
    fixes=orm_fixes,
)
