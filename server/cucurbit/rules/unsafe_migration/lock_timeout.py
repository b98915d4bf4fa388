"""``no-lock-timeout``: a revision that waits for a lock as long as it takes, while everything else waits for it.

Facts from PostgreSQL's documentation of explicit locking (a request for an ACCESS EXCLUSIVE lock waits for every
transaction that uses the table, and all later ones wait behind it) and of ``lock_timeout`` ("zero (the default)
disables the timeout").
"""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.history import histories
from cucurbit.rules.shared.reviewed import JudgedStep, judged_steps
from cucurbit.rules.unsafe_migration.transactions import files_of_env
from cucurbit.simulate.core.operations import AnyChange, CreateIndex, CreateTable
from cucurbit.workspace.model import MigrationEnvironment

NAME = "no-lock-timeout"
_SETS = ("lock_timeout",)


def _check(context: Context) -> Iterator[Finding]:
    for history in histories(context):
        environment = history.graph.environment
        first: dict[str, JudgedStep] = {}
        for each in judged_steps(context, environment):
            if each.table is not None and not isinstance(each.step.operation, (AnyChange, CreateTable, CreateIndex)):
                first.setdefault(each.script.path, each)
        found = [each for each in first.values() if not context.workspace.mentions(each.script.path, *_SETS)]
        if not found or not found[0].databases.names("postgresql") or _is_set(context, environment):
            continue
        if any(context.workspace.mentions(path, *_SETS) for path in files_of_env(context, history)):
            continue
        yield from (_finding(context, each) for each in found)


def _is_set(context: Context, environment: MigrationEnvironment) -> bool:
    return _SETS[0] in (context.workspace.text(environment.config) or "")


def _finding(context: Context, judged: JudgedStep) -> Finding:
    assert judged.table is not None
    return Finding(
        rule=NAME,
        severity=Severity.INFORMATION,
        certain=False,
        location=context.location(judged.step.place),
        message=f"Revision {judged.script.id} locks '{judged.table.shape.key}' without a `lock_timeout`: while it waits"
        " for a long query, every other query of the table waits too. In env.py, before `run_migrations()`:"
        " `connection.execute(text(\"SET lock_timeout = '5s'\"))`.",
    )


RULE = Rule(
    NAME, "A revision locks a table of PostgreSQL without a lock timeout.", Severity.INFORMATION, _check, default=False
)
