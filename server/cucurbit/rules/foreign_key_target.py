"""``foreign-key-target``: a foreign key points to a table or column that does not exist for the program."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.orm.findings import rule_check
from cucurbit.rules.shared.orm.fixes import orm_fixes

NAME = "foreign-key-target"

RULE = Rule(
    NAME,
    "A foreign key points to a table or column that does not exist for the program.",
    Severity.ERROR,
    rule_check(NAME),
    fixes=orm_fixes,
)
