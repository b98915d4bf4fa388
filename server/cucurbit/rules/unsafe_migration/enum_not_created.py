"""``enum-not-created``: a column with an enum type of PostgreSQL that no revision creates."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity, distinct
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.databases import databases_of
from cucurbit.rules.shared.history import History, histories
from cucurbit.rules.shared.reviewed import judged_revisions
from cucurbit.rules.unsafe_migration.enum_types import enum_name, may_stand
from cucurbit.simulate.core.operations import AddColumn, AlterColumn, Unchanged
from cucurbit.simulate.core.schema import Step
from cucurbit.simulate.core.shapes import TypeTerm
from cucurbit.workspace.alembic.script import RevisionScript

NAME = "enum-not-created"


def _check(context: Context) -> Iterator[Finding]:
    return distinct(_found(context))


def _found(context: Context) -> Iterator[Finding]:
    for history in histories(context):
        for script in judged_revisions(context, history.graph):
            for number, step in enumerate(history.steps[script.id]):
                type_ = _type(step)
                name = None if type_ is None else enum_name(type_)
                if name is not None and not may_stand(context, history, script, name, number):
                    yield from _finding(context, history, script, step, name)


def _type(step: Step) -> TypeTerm | None:
    """The type that a column gets for which nothing is created."""
    operation = step.operation
    if isinstance(operation, AddColumn):
        return operation.column.type_
    if isinstance(operation, AlterColumn) and not isinstance(operation.type_, Unchanged):
        return operation.type_
    return None


def _finding(context: Context, history: History, script: RevisionScript, step: Step, name: str) -> Iterator[Finding]:
    databases = databases_of(context, history.graph.environment)
    if not databases.names("postgresql"):
        return
    certain = step.certain and databases.only("postgresql")
    yield Finding(
        rule=NAME,
        severity=Severity.ERROR if certain else Severity.WARNING,
        certain=certain,
        location=context.location(step.place),
        message=f"Revision {script.id} uses the enum type '{name}', which no revision creates: PostgreSQL refuses it"
        f' (type "{name}" does not exist). Only `op.create_table` creates the types of its columns. Write before:'
        f' `sa.Enum(..., name="{name}").create(op.get_bind())`.',
    )


RULE = Rule(NAME, "A column gets an enum type of PostgreSQL that no revision creates.", Severity.ERROR, _check)
