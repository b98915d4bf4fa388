"""``relationship-cardinality``: a relationship whose annotation says another number of objects, or another class."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.orm.findings import rule_check

NAME = "relationship-cardinality"

RULE = Rule(
    NAME,
    "A relationship whose annotation says another number of objects, or another class.",
    Severity.INFORMATION,
    rule_check(NAME),
)
