"""``relationship-overlaps``: two relationships that write one column without each other."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.orm.findings import rule_check
from cucurbit.rules.shared.orm.fixes import orm_fixes

NAME = "relationship-overlaps"

RULE = Rule(
    NAME,
    "Two relationships that write one column, and are not linked.",
    Severity.WARNING,
    rule_check(NAME),
    fixes=orm_fixes,
)
