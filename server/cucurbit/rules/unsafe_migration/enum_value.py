"""``enum-value-in-transaction``: a value of an enum type that is used in the transaction which adds it.

Facts from PostgreSQL's documentation of ``ALTER TYPE``: "If ALTER TYPE ... ADD VALUE ... is executed inside a
transaction block, the new value cannot be used until after the transaction has been committed".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity, distinct
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.databases import databases_of
from cucurbit.rules.shared.history import History, histories
from cucurbit.rules.shared.reviewed import judged_revisions
from cucurbit.rules.unsafe_migration.enum_types import enum_name
from cucurbit.rules.unsafe_migration.transactions import has_no_transaction, leaves_transaction
from cucurbit.simulate.core.operations import AddColumn, AlterColumn, Operation, Unchanged
from cucurbit.simulate.core.schema import SchemaState, Sent
from cucurbit.simulate.core.shapes import ColumnShape, Term, ValueTerm
from cucurbit.simulate.core.timeline import Place
from cucurbit.workspace.alembic.script import RevisionScript

NAME = "enum-value-in-transaction"

_ADDS = re.compile(
    r"\bALTER\s+TYPE\s+\"?(?:\w+\"?\.\"?)?(\w+)\"?\s+ADD\s+VALUE\s+(?:IF\s+NOT\s+EXISTS\s+)?'([^']+)'", re.IGNORECASE
)


@dataclass(frozen=True)
class _Added:
    """A value that is added to a type by a statement."""

    sent: Sent
    type_: str
    value: str


def _check(context: Context) -> Iterator[Finding]:
    return distinct(_found(context))


def _found(context: Context) -> Iterator[Finding]:
    for history in histories(context):
        for script in judged_revisions(context, history.graph):
            added = [
                _Added(each, m[1], m[2]) for each in history.sent[script.id] for m in _ADDS.finditer(each.text or "")
            ]
            if not added or leaves_transaction(context, script) or has_no_transaction(context, history):
                continue
            databases = databases_of(context, history.graph.environment)
            if databases.names("postgresql"):
                for each in added:
                    for place, certain in _uses(history, script, each):
                        yield _finding(context, script, each, place, certain=certain and databases.only("postgresql"))


def _uses(history: History, script: RevisionScript, added: _Added) -> Iterator[tuple[Place, bool]]:
    """Where the value is used afterwards, and whether that is certainly a value of the type."""
    literal = f"'{added.value}'"
    sent = history.sent[script.id]
    for later in sent[sent.index(added.sent) + 1 :]:
        if literal in (later.text or "") and not _ADDS.search(later.text or ""):
            yield later.place, False
    before = history.before[script.id]
    for step in history.steps[script.id][added.sent.after :]:
        if _is_default(step.operation, before, added):
            yield step.place, step.certain and added.sent.certain


def _is_default(operation: Operation, before: SchemaState, added: _Added) -> bool:
    """Whether the value is the new server default of a column of that type."""
    if isinstance(operation, AddColumn):
        return _is(operation.column.server_default, added) and enum_name(operation.column.type_) == added.type_
    if not isinstance(operation, AlterColumn) or isinstance(operation.server_default, Unchanged):
        return False
    table = before.tables.get(operation.table.key)
    column: ColumnShape | None = None if table is None else table.shape.named(operation.column.text)
    return _is(operation.server_default, added) and column is not None and enum_name(column.type_) == added.type_


def _is(default: Term | None, added: _Added) -> bool:
    return isinstance(default, ValueTerm) and default.text == added.value


def _finding(context: Context, script: RevisionScript, added: _Added, place: Place, *, certain: bool) -> Finding:
    return Finding(
        rule=NAME,
        severity=Severity.ERROR if certain else Severity.WARNING,
        certain=certain,
        location=context.location(place),
        message=f"Revision {script.id} uses the value '{added.value}' in the transaction that adds it to the enum type"
        f" '{added.type_}': PostgreSQL refuses it (unsafe use of new value). Put the statement that adds it into"
        " `with op.get_context().autocommit_block():`.",
        related=(Related(context.location(added.sent.place), "adds the value"),),
    )


RULE = Rule(NAME, "A value of an enum type is used in the transaction that adds it.", Severity.ERROR, _check)
