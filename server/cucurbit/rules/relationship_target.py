"""``relationship-target``: a relationship names a class that is not mapped, or a name that several classes have."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.orm.findings import rule_check
from cucurbit.rules.shared.orm.fixes import orm_fixes

NAME = "relationship-target"

RULE = Rule(
    NAME,
    "A relationship names a class that is not mapped, or a name that several classes have.",
    Severity.ERROR,
    rule_check(NAME),
    fixes=orm_fixes,
)
