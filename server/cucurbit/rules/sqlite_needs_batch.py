"""``sqlite-needs-batch``: an operation that SQLite only supports in ``batch_alter_table``.

Facts from alembic/ddl/sqlite.py (``add_constraint``, ``drop_constraint``) and SQLite's documentation of
``ALTER TABLE``, confirmed by tests/revisions/test_batch.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import CommonCause, Finding, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.databases import databases_of
from cucurbit.rules.shared.history import histories
from cucurbit.simulate.core.operations import AddConstraint, AlterColumn, DropConstraint, Operation, Unchanged
from cucurbit.simulate.core.timeline import Place

NAME = "sqlite-needs-batch"

_BATCH = "`with op.batch_alter_table(...) as batch_op:`, which rebuilds the table."


def _check(context: Context) -> Iterator[Finding]:
    seen: set[Place] = set()
    for history in histories(context):
        if not databases_of(context, history.graph.environment).surely("sqlite"):
            continue
        for script in history.graph.order:
            for step in history.steps[script.id]:
                what = _what(step.operation)
                if not (what and step.certain) or step.place in seen:
                    continue
                seen.add(step.place)
                cause = CommonCause(
                    (script.path,),
                    f"Revision {script.id} does what SQLite cannot do {{places}} times ({{items}}). "
                    f"Put it into {_BATCH}",
                    (what,),
                    what,
                )
                yield Finding(
                    rule=NAME,
                    severity=Severity.ERROR,
                    certain=True,
                    location=context.location(step.place),
                    message=f"Revision {script.id} {what}, which SQLite cannot do. Put it into {_BATCH}",
                    cause=cause,
                )


def _what(operation: Operation) -> str:
    """What an operation does that needs a batch; empty if it needs none."""
    if isinstance(operation, AddConstraint) and not operation.batch:
        return f"adds a constraint to '{operation.table.key}'"
    if isinstance(operation, DropConstraint) and not operation.batch:
        return f"drops a constraint of '{operation.table.key}'"
    if isinstance(operation, AlterColumn) and not operation.batch:
        given = (operation.nullable, operation.type_, operation.server_default)
        if any(not isinstance(each, Unchanged) for each in given):
            return f"alters the column '{operation.table.key}.{operation.column.text}'"
    return ""


RULE = Rule(NAME, "An operation that SQLite only supports in a batch.", Severity.ERROR, _check)
