"""``enum-left-behind``: a downgrade that drops a table and leaves its enum types in the database."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity, distinct
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.databases import databases_of
from cucurbit.rules.shared.history import History, downgrade_of, histories
from cucurbit.rules.shared.reviewed import judged_revisions
from cucurbit.rules.unsafe_migration.enum_types import made_with, may_stand
from cucurbit.simulate.core.operations import CreateTable, DropTable
from cucurbit.simulate.core.schema import Step
from cucurbit.workspace.alembic.script import RevisionScript

NAME = "enum-left-behind"
_DROPS = (".drop(", "DROP TYPE", "drop type", "checkfirst", "create_type")
"""What a revision names that drops a type, or does not create one that exists."""


def _check(context: Context) -> Iterator[Finding]:
    return distinct(_found(context))


def _found(context: Context) -> Iterator[Finding]:
    for history in histories(context):
        for script in judged_revisions(context, history.graph):
            for step, name in _left(context, history, script):
                if databases_of(context, history.graph.environment).names("postgresql"):
                    yield _finding(context, script, step, name)


def _left(context: Context, history: History, script: RevisionScript) -> Iterator[tuple[Step, str]]:
    """The steps of the downgrade that drop a table which the upgrade creates, each with a type that it leaves."""
    made = [
        (number, step.operation, name)
        for number, step in enumerate(history.steps[script.id])
        if isinstance(step.operation, CreateTable) and step.certain
        for name in made_with(step)
    ]
    if not made or context.workspace.mentions(script.path, *_DROPS):
        return
    downgrade = downgrade_of(context, history, script)
    if downgrade.ends:
        return
    for step in downgrade.steps:
        for number, created, name in made:
            drops = isinstance(step.operation, DropTable) and step.operation.table.key == created.table.key
            if drops and step.certain and not may_stand(context, history, script, name, number):
                yield step, name


def _finding(context: Context, script: RevisionScript, step: Step, name: str) -> Finding:
    return Finding(
        rule=NAME,
        severity=Severity.INFORMATION,
        certain=False,
        location=context.location(step.place),
        message=f"The downgrade of revision {script.id} leaves the enum type '{name}' behind, and the next upgrade"
        f' fails: type "{name}" already exists. Write after it: `op.execute("DROP TYPE {name}")`.',
    )


RULE = Rule(NAME, "A downgrade leaves an enum type of PostgreSQL behind.", Severity.INFORMATION, _check)
