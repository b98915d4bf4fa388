"""``mapping-incomplete``: a class that cannot be mapped: no primary key, no table, a column twice, an unknown type."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.orm.findings import rule_check
from cucurbit.rules.shared.orm.fixes import orm_fixes

NAME = "mapping-incomplete"

RULE = Rule(
    NAME,
    "A class that cannot be mapped: no primary key, no table, a column twice, an unknown type.",
    Severity.ERROR,
    rule_check(NAME),
    fixes=orm_fixes,
)
