"""``unsafe-index``: an index on a table with rows, which PostgreSQL cannot write while it is created."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.reviewed import JudgedStep
from cucurbit.rules.unsafe_migration.risks import Risk, risk_check
from cucurbit.simulate.core.operations import CreateIndex

NAME = "unsafe-index"

_ADVICE = "`postgresql_concurrently=True` inside of `with op.get_context().autocommit_block():`."


def _judge(judged: JudgedStep) -> Risk | None:
    operation, table = judged.step.operation, judged.table
    if not isinstance(operation, CreateIndex) or table is None or not judged.databases.names("postgresql"):
        return None
    if any(name == "postgresql_concurrently" for name, _ in operation.index.options):
        return None
    if operation.index.columns and all(each.text in judged.added for each in operation.index.columns):
        # Without values it is created at once; with a default, the table was rewritten before.
        return None
    return Risk(
        f"creates an index on '{table.shape.key}': PostgreSQL refuses writes to the table until it is built. Give "
        + _ADVICE,
        together="creates {places} indexes ({items}): PostgreSQL refuses writes to each table until its index is built."
        f" Give {_ADVICE}",
    )


RULE = Rule(
    NAME,
    "A revision creates an index that blocks writes to its table.",
    Severity.WARNING,
    risk_check(NAME, _judge),
)
