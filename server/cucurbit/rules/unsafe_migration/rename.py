"""``unsafe-rename``: a table or column gets another name while code may run that uses the old one."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.reviewed import JudgedStep
from cucurbit.rules.unsafe_migration.risks import Risk, risk_check
from cucurbit.simulate.core.operations import AlterColumn, RenameTable

NAME = "unsafe-rename"


def _judge(judged: JudgedStep) -> Risk | None:
    operation, table = judged.step.operation, judged.table
    if table is None:
        return None
    key = table.shape.key
    if isinstance(operation, RenameTable):
        what = f"renames the table '{key}' to '{operation.new.text}'"
    elif (
        isinstance(operation, AlterColumn)
        and operation.new_name is not None
        and operation.new_name.text != operation.column.text
        and operation.column.text not in judged.added
    ):
        what = f"renames '{key}.{operation.column.text}' to '{operation.new_name.text}'"
    else:
        return None
    return Risk(
        f"{what}: the queries of an application that still runs with the old name fail. Stop it first; or add the new "
        "name, write to both, and drop the old one in a later release.",
        Severity.INFORMATION,
    )


RULE = Rule(
    NAME,
    "A revision renames a table or column that running code may use.",
    Severity.INFORMATION,
    risk_check(NAME, _judge),
)
