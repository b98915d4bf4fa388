"""``nullability``: a column whose ``nullable`` contradicts its annotation."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.orm.findings import rule_check

NAME = "nullability"

RULE = Rule(
    NAME,
    "A column whose `nullable` contradicts its annotation.",
    Severity.HINT,
    rule_check(NAME),
)
