"""``constraint-column``: an index or constraint names a column that its table does not have."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.orm.findings import rule_check
from cucurbit.rules.shared.orm.fixes import orm_fixes

NAME = "constraint-column"

RULE = Rule(
    NAME,
    "An index or constraint names a column that its table does not have.",
    Severity.ERROR,
    rule_check(NAME),
    fixes=orm_fixes,
)
