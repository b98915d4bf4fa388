"""``unsafe-not-null``: a column that has to have a value, in a table that may have rows without one."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.reviewed import JudgedStep
from cucurbit.rules.unsafe_migration.risks import Risk, risk_check
from cucurbit.simulate.core.operations import AddColumn, AlterColumn
from cucurbit.simulate.core.shapes import ColumnShape

NAME = "unsafe-not-null"


def _judge(judged: JudgedStep) -> Risk | None:
    operation, table = judged.step.operation, judged.table
    if table is None:
        return None
    key = table.shape.key
    if isinstance(operation, AddColumn) and _is_required(operation.column):
        # MySQL fills in 0 or an empty text.
        if judged.databases.only("mysql") or judged.may_have_changed_rows("DELETE", "TRUNCATE"):
            return None
        name = operation.column.name
        return Risk(
            f"adds the column '{name}' to '{key}', NOT NULL and without a server default: this fails if the table has "
            "rows. Give it a `server_default`; or add it as nullable, fill it, and set NOT NULL afterwards."
        )
    if isinstance(operation, AlterColumn) and operation.nullable is False:
        column = table.shape.named(operation.column.text)
        if column is None or column.nullable is not True or column.primary_key is not False:
            return None
        if judged.may_have_changed_rows("UPDATE", "DELETE", "MERGE", "TRUNCATE"):
            return None
        return Risk(
            f"sets NOT NULL on '{key}.{column.name}': this fails if a row has no value there. Fill it first, as with "
            f'`op.execute("UPDATE {key} SET {column.name} = ... WHERE {column.name} IS NULL")`.'
        )
    return None


def _is_required(column: ColumnShape) -> bool:
    return (
        column.nullable is False
        and column.primary_key is False
        and column.certain
        and not column.open
        and column.server_default is None
        and column.computed is None
        and column.identity is None
    )


RULE = Rule(
    NAME,
    "A revision makes a column NOT NULL in a table that may have rows without a value.",
    Severity.WARNING,
    risk_check(NAME, _judge),
)
