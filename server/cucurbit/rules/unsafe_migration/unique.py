"""``unsafe-unique``: a unique constraint or index over columns that may have equal values already."""

from __future__ import annotations

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.reviewed import JudgedStep
from cucurbit.rules.unsafe_migration.risks import Risk, risk_check
from cucurbit.simulate.core.operations import AddConstraint, CreateIndex, Operation
from cucurbit.simulate.core.shapes import KeyShape, Named, TableShape

NAME = "unsafe-unique"


def _judge(judged: JudgedStep) -> Risk | None:
    columns, table = _unique_columns(judged.step.operation), judged.table
    if table is None or not columns:
        return None
    names = frozenset(each.text for each in columns)
    if any(_is_unique(each.shape, names) for each in (table, judged.earlier) if each is not None):
        return None
    if names & judged.added and not any(_has_default(table.shape, name) for name in names & judged.added):
        # A column without values is unique.
        return None
    if judged.may_have_changed_rows("DELETE", "UPDATE", "MERGE", "TRUNCATE"):
        return None
    told = ", ".join(each.text for each in columns)
    return Risk(
        f"makes ({told}) of '{table.shape.key}' unique: this fails if two rows have equal values. Look for them before "
        f"the upgrade: `SELECT {told} FROM {table.shape.key} GROUP BY {told} HAVING COUNT(*) > 1`."
    )


def _unique_columns(operation: Operation) -> tuple[Named, ...]:
    """The columns that an operation makes unique; empty if it does not, or they are not all known."""
    if isinstance(operation, AddConstraint) and isinstance(operation.part, KeyShape) and not operation.primary:
        return operation.part.columns if operation.part.exact else ()
    if isinstance(operation, CreateIndex) and operation.index.unique is True and operation.index.exact:
        partial = any(name.endswith("_where") for name, _ in operation.index.options)
        return () if operation.index.expressions or partial else operation.index.columns
    return ()


def _is_unique(table: TableShape, names: frozenset[str]) -> bool:
    """Whether a key, constraint or index makes these columns, or some of them, unique already; True if in doubt."""
    key = table.key_columns()
    sets = [frozenset(key)] if key else []
    sets += [frozenset(each.text for each in part.columns) for part in table.unique]
    sets += [frozenset(each.text for each in part.columns) for part in table.indexes if part.unique is not False]
    sets += [frozenset({each.name}) for each in table.columns if each.unique is not False]
    return key is None or any(each and each <= names for each in sets)


def _has_default(table: TableShape, name: str) -> bool:
    column = table.named(name)
    return column is None or column.server_default is not None


RULE = Rule(
    NAME,
    "A revision makes columns unique that may have equal values already.",
    Severity.WARNING,
    risk_check(NAME, _judge),
)
