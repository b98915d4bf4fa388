"""``relationship-cascade``: a cascade that SQLAlchemy refuses: an unknown option, delete-orphan on a many-to-one."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.orm.findings import rule_check
from cucurbit.rules.shared.orm.fixes import orm_fixes

NAME = "relationship-cascade"

RULE = Rule(
    NAME,
    "A cascade that SQLAlchemy refuses: an unknown option, delete-orphan on a many-to-one.",
    Severity.ERROR,
    rule_check(NAME),
    fixes=orm_fixes,
)
