"""``relationship-expression``: a string of a relationship, such as order_by, names what does not exist."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.orm.findings import rule_check
from cucurbit.rules.shared.orm.fixes import orm_fixes

NAME = "relationship-expression"

RULE = Rule(
    NAME,
    "A string of a relationship, such as order_by or primaryjoin, names what does not exist.",
    Severity.ERROR,
    rule_check(NAME),
    fixes=orm_fixes,
)
