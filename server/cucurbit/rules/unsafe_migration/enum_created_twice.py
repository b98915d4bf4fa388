"""``enum-created-twice``: a table whose enum type of PostgreSQL an earlier revision, or the same one, has created.

Facts from sqlalchemy/dialects/postgresql/named_types.py, confirmed by tests/revisions/test_enums.py:
``op.create_table`` creates the types of its columns without a look whether they stand. One run of Alembic remembers the
types that it has created for tables, so a new database shows nothing; a type that is created by itself, as by
``kind.create(op.get_bind())``, is not among them. Before SQLAlchemy 2.1, ``create_type=False`` counts only for
``postgresql.ENUM``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity, distinct
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.databases import databases_of
from cucurbit.rules.shared.history import History, downgrade_of, histories
from cucurbit.rules.shared.reviewed import judged_revisions
from cucurbit.rules.unsafe_migration.enum_types import enum_name, is_left_alone, made_with
from cucurbit.simulate.core.operations import CreateTable
from cucurbit.simulate.core.schema import Sent, Step
from cucurbit.simulate.core.shapes import TypeTerm
from cucurbit.workspace.alembic.script import RevisionScript

NAME = "enum-created-twice"

_GENERIC_SINCE = (2, 1)
"""The version of SQLAlchemy since which ``create_type`` counts for ``sa.Enum`` too."""
_TAKES_AWAY = re.compile(r"DROP\s+TYPE|RENAME\s+TO|\.drop\(|\bdrop_\w*(?:enum|type)", re.IGNORECASE)
"""How a revision drops a type, or gives it another name."""


_TYPE = re.compile(r"\b(?P<verb>CREATE|DROP)\s+TYPE\s+(?:IF\s+EXISTS\s+)?\"?(?P<name>\w+)\"?", re.IGNORECASE)


def _check(context: Context) -> Iterator[Finding]:
    return distinct(_found(context))


def _found(context: Context) -> Iterator[Finding]:
    for history in histories(context):
        for script in judged_revisions(context, history.graph):
            yield from _in_one(context, history, script)
            for step in history.steps[script.id]:
                for name in _made(context, script, step):
                    yield from _finding(context, history, script, step, name)


def _in_one(context: Context, history: History, script: RevisionScript) -> Iterator[Finding]:
    """A type that a function of the revision creates by itself, and then with a table."""
    databases = databases_of(context, history.graph.environment)
    if not databases.names("postgresql"):
        return
    downgrade = downgrade_of(context, history, script)
    runs = (
        ("upgrade", history.steps[script.id], history.sent[script.id]),
        ("downgrade", downgrade.steps, downgrade.sent),
    )
    for function, steps, sent in runs:
        told: set[str] = set()
        for index, step in enumerate(steps):
            for name in _made(context, script, step):
                first = None if name in told else _created_before(sent, index, name)
                if first is not None:
                    # Alembic remembers what it has created with a table: the next one of this run passes.
                    told.add(name)
                    certain = step.certain and first.certain
                    surely = certain and databases.surely("postgresql")
                    yield Finding(
                        rule=NAME,
                        severity=Severity.ERROR if surely else Severity.WARNING,
                        certain=certain and databases.only("postgresql"),
                        location=context.location(step.place),
                        message=f"The {function} of revision {script.id} creates the enum type '{name}' by itself, and"
                        f' again with this table: PostgreSQL refuses that (type "{name}" already exists). Leave out the'
                        " first, or write `postgresql.ENUM(..., create_type=False)` here.",
                        related=(Related(context.location(first.place), f"'{name}' is created here first"),),
                    )


def _created_before(sent: Sequence[Sent], index: int, name: str) -> Sent | None:
    """The statement that creates the type and comes before the step of this index; None if it is dropped again."""
    found: Sent | None = None
    for each in sent:
        said = _TYPE.search(each.text or "") if each.after <= index else None
        if said is not None and said["name"].lower() == name.lower():
            found = each if said["verb"].upper() == "CREATE" else None
        elif each.after <= index and each.text is None:
            found = None
    return found


def _made(context: Context, script: RevisionScript, step: Step) -> Iterator[str]:
    """The types that a step certainly creates."""
    if not isinstance(step.operation, CreateTable):
        return
    for column in step.operation.shape.columns:
        name = enum_name(column.type_)
        if name is not None and _is_created(context, script, column.type_):
            yield name


def _is_created(context: Context, script: RevisionScript, type_: TypeTerm) -> bool:
    if not is_left_alone(type_):
        return True
    version = context.workspace.version("sqlalchemy", script.path)
    return type_.name == "Enum" and version is not None and version < _GENERIC_SINCE


def _finding(context: Context, history: History, script: RevisionScript, step: Step, name: str) -> Iterator[Finding]:
    databases = databases_of(context, history.graph.environment)
    maker = _maker(context, history, script, name)
    if maker is None or not databases.names("postgresql"):
        return
    first, made = maker
    yield Finding(
        rule=NAME,
        severity=Severity.WARNING,
        certain=step.certain and made.certain and databases.only("postgresql"),
        location=context.location(step.place),
        message=f"Revision {script.id} creates the enum type '{name}' again, which revision {first.id} creates: on a"
        f' database where that was applied before, PostgreSQL refuses it (type "{name}" already exists). Write'
        f' `postgresql.ENUM(..., name="{name}", create_type=False)` here.',
        related=(Related(context.location(made.place), f"'{name}' is created here first"),),
    )


def _maker(context: Context, history: History, script: RevisionScript, name: str) -> tuple[RevisionScript, Step] | None:
    """The last revision before that creates the type; None if there is none, or something may have dropped it."""
    found: tuple[RevisionScript, Step] | None = None
    for each in _ancestors(history, script):
        text = context.workspace.text(each.path) or ""
        if found is not None and _TAKES_AWAY.search(text):
            found = None
        steps = [step for step in history.steps[each.id] if name in made_with(step)]
        found = (each, steps[-1]) if steps else found
    own = context.workspace.text(script.path) or ""
    return None if found is not None and _TAKES_AWAY.search(own.partition("def downgrade")[0]) else found


def _ancestors(history: History, script: RevisionScript) -> Iterator[RevisionScript]:
    """The revisions that certainly run before one, in the order in which they run."""
    pending, earlier = [script], set[str]()
    while pending:
        for each in history.graph.before(pending.pop()):
            if each.id not in earlier:
                earlier.add(each.id)
                pending.append(each)
    return (each for each in history.graph.order if each.id in earlier)


RULE = Rule(NAME, "A table has an enum type of PostgreSQL that an earlier revision creates.", Severity.WARNING, _check)
