"""``relationship-join``: a relationship between tables that no foreign key links, or that several link."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.orm.findings import rule_check
from cucurbit.rules.shared.orm.fixes import orm_fixes

NAME = "relationship-join"

RULE = Rule(
    NAME,
    "A relationship between tables that no foreign key links, or that several link.",
    Severity.ERROR,
    rule_check(NAME),
    fixes=orm_fixes,
)
