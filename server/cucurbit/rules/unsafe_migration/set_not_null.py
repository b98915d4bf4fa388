"""``unsafe-set-not-null``: NOT NULL for a column of a table with rows, which PostgreSQL locks while it reads them all.

Facts from PostgreSQL's documentation of ``ALTER TABLE``: "SET NOT NULL ... is checked during the ALTER TABLE by
scanning the entire table", unless a valid CHECK constraint exists which proves that there is no NULL.
"""

from __future__ import annotations

import re

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.reviewed import JudgedStep
from cucurbit.rules.unsafe_migration.risks import Risk, risk_check
from cucurbit.simulate.core.operations import AlterColumn
from cucurbit.simulate.core.shapes import CallTerm, CheckShape, Term, ValueTerm

NAME = "unsafe-set-not-null"


def _judge(judged: JudgedStep) -> Risk | None:
    operation, table = judged.step.operation, judged.table
    if not isinstance(operation, AlterColumn) or operation.nullable is not False or table is None:
        return None
    column = table.shape.named(operation.column.text)
    if column is None or column.nullable is not True or not judged.databases.names("postgresql"):
        return None
    if any(_proves(each, column.name) for each in table.shape.checks):
        return None
    key, name = table.shape.key, column.name
    return Risk(
        f"sets NOT NULL on '{key}.{name}': PostgreSQL refuses all use of the table while it reads every row. Before, "
        f'add the check "{name} IS NOT NULL" with `postgresql_not_valid=True` and validate it: then no row is read.',
        Severity.INFORMATION,
    )


def _proves(check: CheckShape, name: str) -> bool:
    text = _text(check.condition)
    return text is None or re.search(rf"\b{re.escape(name)}\W+IS\s+NOT\s+NULL", text, re.IGNORECASE) is not None


def _text(term: Term) -> str | None:
    if isinstance(term, CallTerm) and term.args:
        return _text(term.args[0])
    return term.text if isinstance(term, ValueTerm) else None


RULE = Rule(
    NAME,
    "A revision sets NOT NULL, for which PostgreSQL reads every row under a lock.",
    Severity.INFORMATION,
    risk_check(NAME, _judge),
    default=False,
)
