"""The enum types of PostgreSQL: which columns have one, and which revisions create them.

Facts from alembic/ddl/impl.py and sqlalchemy/dialects/postgresql/named_types.py, confirmed by
tests/revisions/test_enums.py: ``op.create_table`` creates the types of its columns, ``op.add_column`` and
``op.alter_column`` create none, and ``op.drop_table`` drops none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.rules.shared.history import History
from cucurbit.simulate.core.operations import CreateTable
from cucurbit.simulate.core.schema import Step
from cucurbit.simulate.core.shapes import TypeTerm, ValueTerm
from cucurbit.workspace.alembic.script import RevisionScript

_CREATES = re.compile(r"\.create\(|CREATE\s+TYPE|ALTER\s+TYPE", re.IGNORECASE)
"""How a revision creates a type that it names, or gives one that name."""
_HELPER = re.compile(r"(?<!op\.)\bcreate_\w+\(|\bcreate_all\b|\b\w+_enums?\(|\bimport_\w+\(")
"""A function that may create types whose names are not in the revision."""


def enum_name(type_: TypeTerm) -> str | None:
    """The name of the enum type that a column has on PostgreSQL; None if it has none, or that is not known."""
    if type_.name not in ("Enum", "ENUM") or type_.dialect not in ("", "postgresql"):
        return None
    if not type_.known or type_.values is None or type_.variants:
        return None
    if any(type_.argument(each) is not None for each in ("native_enum", "schema", "inherit_schema", "metadata")):
        return None
    given = type_.argument("name")
    if given is None:
        return None if type_.custom is None else type_.custom.name.lower()
    return given.text if isinstance(given, ValueTerm) else None


def is_left_alone(type_: TypeTerm) -> bool:
    """Whether an operation leaves the type as it is: ``create_type=False``, or not known."""
    given = type_.argument("create_type")
    return given is not None and not (isinstance(given, ValueTerm) and given.value is True)


def made_with(step: Step) -> Iterator[str]:
    """The types that ``op.create_table`` creates."""
    if isinstance(step.operation, CreateTable):
        for column in step.operation.shape.columns:
            name = enum_name(column.type_)
            if name is not None and not is_left_alone(column.type_):
                yield name


def may_stand(context: Context, history: History, script: RevisionScript, name: str, before: int) -> bool:
    """Whether a type may exist when the step number ``before`` of a revision is run."""
    if history.made_elsewhere or history.before[script.id].open:
        return True
    for each in history.graph.order:
        steps = history.steps[each.id] if each is not script else history.steps[each.id][:before]
        if any(name in made_with(step) for step in steps):
            return True
        text = context.workspace.text(each.path) or ""
        if _HELPER.search(text) or (name in text and _CREATES.search(text)):
            return True
    return False
