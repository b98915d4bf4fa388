"""``concurrently-in-transaction``: an index that is created CONCURRENTLY in a transaction, which PostgreSQL refuses.

Facts from alembic/runtime/migration.py (``begin_transaction``, ``autocommit_block``) and PostgreSQL's documentation of
``CREATE INDEX``: "CREATE INDEX CONCURRENTLY cannot run inside a transaction block".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity, distinct
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.databases import Databases, databases_of
from cucurbit.rules.shared.history import History, histories
from cucurbit.rules.shared.reviewed import judged_revisions
from cucurbit.rules.unsafe_migration.transactions import has_no_transaction, leaves_transaction
from cucurbit.simulate.core.operations import CreateIndex
from cucurbit.simulate.core.shapes import ValueTerm
from cucurbit.simulate.core.timeline import Place
from cucurbit.workspace.alembic.script import RevisionScript

NAME = "concurrently-in-transaction"

_SQL = re.compile(r"\b(?:CREATE\s+(?:UNIQUE\s+)?INDEX|DROP\s+INDEX|REINDEX\s+\w+)\s+CONCURRENTLY\b", re.IGNORECASE)


def _check(context: Context) -> Iterator[Finding]:
    return distinct(_found(context))


def _found(context: Context) -> Iterator[Finding]:
    for history in histories(context):
        for script in judged_revisions(context, history.graph):
            if leaves_transaction(context, script):
                continue
            for place, certain in _concurrently(history, script):
                databases = databases_of(context, history.graph.environment)
                if databases.names("postgresql") and not has_no_transaction(context, history):
                    yield _finding(context, script, place, databases, certain=certain)


def _concurrently(history: History, script: RevisionScript) -> Iterator[tuple[Place, bool]]:
    for step in history.steps[script.id]:
        if isinstance(step.operation, CreateIndex):
            given = dict(step.operation.index.options).get("postgresql_concurrently")
            if isinstance(given, ValueTerm) and given.value is True:
                yield step.place, step.certain
    for each in history.sent[script.id]:
        if each.text is not None and _SQL.search(each.text):
            yield each.place, each.certain


def _finding(context: Context, script: RevisionScript, place: Place, databases: Databases, *, certain: bool) -> Finding:
    only = databases.only("postgresql")
    certain = certain and only
    return Finding(
        rule=NAME,
        severity=Severity.ERROR if certain else Severity.WARNING,
        certain=certain,
        location=context.location(place),
        message=f"Revision {script.id} builds or drops an index CONCURRENTLY in a transaction:"
        f" PostgreSQL refuses it. Put it into `with op.get_context().autocommit_block():`.",
    )


RULE = Rule(NAME, "An index is created CONCURRENTLY inside of a transaction.", Severity.ERROR, _check)
