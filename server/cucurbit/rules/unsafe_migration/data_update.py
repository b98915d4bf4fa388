"""``unsafe-data-update``: rows that are changed in the transaction which has changed their table before.

Facts from PostgreSQL's documentation of explicit locking: ``ALTER TABLE`` takes an ACCESS EXCLUSIVE lock, which "is
held until the end of the transaction".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity, distinct
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.databases import databases_of
from cucurbit.rules.shared.history import History, histories
from cucurbit.rules.shared.reviewed import judged_revisions
from cucurbit.rules.unsafe_migration.transactions import has_no_transaction, leaves_transaction
from cucurbit.simulate.core.operations import AnyChange, CreateTable
from cucurbit.simulate.core.schema import Sent, Step
from cucurbit.workspace.alembic.script import RevisionScript

NAME = "unsafe-data-update"

_CHANGES = re.compile(r"^\s*(?:UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?\"?(?:\w+\"?\.\"?)?(\w+)", re.IGNORECASE)


def _check(context: Context) -> Iterator[Finding]:
    return distinct(_found(context))


def _found(context: Context) -> Iterator[Finding]:
    for history in histories(context):
        for script in judged_revisions(context, history.graph):
            found = [*_locked(history, script)]
            if not found or leaves_transaction(context, script) or has_no_transaction(context, history):
                continue
            if databases_of(context, history.graph.environment).names("postgresql"):
                yield from (_finding(context, script, *each) for each in found)


def _locked(history: History, script: RevisionScript) -> Iterator[tuple[Sent, Step, str]]:
    """The statements that change rows of a table which stood before, and that the revision has changed already."""
    steps = history.steps[script.id]
    for sent in history.sent[script.id]:
        match = None if sent.text is None else _CHANGES.match(sent.text)
        if match is None:
            continue
        before = history.before[script.id].tables
        for step in steps[: sent.after]:
            operation = step.operation
            if isinstance(operation, (AnyChange, CreateTable)) or operation.table is None:
                continue
            key = operation.table.key
            if operation.table.name.text.lower() == match[1].lower() and key in before and before[key].certain:
                yield sent, step, key
                break


def _finding(context: Context, script: RevisionScript, sent: Sent, step: Step, key: str) -> Finding:
    return Finding(
        rule=NAME,
        severity=Severity.INFORMATION,
        certain=False,
        location=context.location(sent.place),
        message=f"Revision {script.id} changes rows of '{key}' in the transaction that has changed the table:"
        " PostgreSQL lets nobody use the table until all rows are changed. Change them in a revision of its own.",
        related=(Related(context.location(step.place), "locks the table"),),
    )


RULE = Rule(
    NAME,
    "A revision changes rows in the transaction that has locked their table.",
    Severity.INFORMATION,
    _check,
    default=False,
)
