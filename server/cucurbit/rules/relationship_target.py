"""``relationship-target``: a relationship names a class that is not mapped, or that several classes are called."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.orm.findings import rule_check
from cucurbit.rules.shared.orm.fixes import orm_fixes

NAME = "relationship-target"

RULE = Rule(
    NAME,
    "A relationship names a class that is not mapped, or that several classes are called.",
    Severity.ERROR,
    rule_check(NAME),
    fixes=orm_fixes,
)
