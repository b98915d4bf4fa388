"""``unsafe-constraint``: a foreign key or check on a table with rows, which PostgreSQL locks while it reads them all.

Facts from PostgreSQL's documentation of ``ALTER TABLE``: "ADD FOREIGN KEY requires a SHARE ROW EXCLUSIVE lock", other
forms an ACCESS EXCLUSIVE lock; "if the constraint is marked NOT VALID, the potentially-lengthy initial check to verify
that all rows in the table satisfy the constraint is skipped".
"""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.reviewed import JudgedStep
from cucurbit.rules.unsafe_migration.risks import Risk, risk_check
from cucurbit.simulate.core.operations import AddConstraint
from cucurbit.simulate.core.shapes import CheckShape, ForeignKeyShape, ValueTerm

NAME = "unsafe-constraint"


def _judge(judged: JudgedStep) -> Risk | None:
    operation, table = judged.step.operation, judged.table
    if not isinstance(operation, AddConstraint) or table is None or not judged.databases.names("postgresql"):
        return None
    part = operation.part
    if not isinstance(part, (CheckShape, ForeignKeyShape)):
        return None
    given = dict(part.options).get("postgresql_not_valid")
    if given is not None and not (isinstance(given, ValueTerm) and given.value is False):
        return None
    if isinstance(part, ForeignKeyShape) and any(each.text in judged.added for each in part.columns):
        # Rows without a value in one of the columns are not looked up.
        return None
    check = isinstance(part, CheckShape)
    key = table.shape.key
    return Risk(
        f"adds {'a check' if check else 'a foreign key'} to '{key}': PostgreSQL refuses "
        f"{'all use of the table' if check else 'writes to both tables'} until every row was checked. Give "
        f'`postgresql_not_valid=True`, and send "ALTER TABLE {key} VALIDATE CONSTRAINT ..." in a later revision.'
    )


RULE = Rule(
    NAME,
    "A revision adds a foreign key or check that PostgreSQL checks for every row under a lock.",
    Severity.WARNING,
    risk_check(NAME, _judge),
)
