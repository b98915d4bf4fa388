"""``unsafe-drop-and-add``: a column that is dropped while one like it is added, as autogenerate writes a new name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity, distinct
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.history import History, histories
from cucurbit.rules.shared.reviewed import judged_revisions
from cucurbit.simulate.core.operations import AddColumn, DropColumn
from cucurbit.simulate.core.schema import Step
from cucurbit.simulate.core.shapes import ColumnShape
from cucurbit.workspace.alembic.script import RevisionScript

NAME = "unsafe-drop-and-add"

_LIKE = 0.6
"""How alike two names must be, as ``difflib`` measures it, if they have no word in common."""
_SESSIONS = ("Session", "session", ".connect(", ".cursor(")


def _check(context: Context) -> Iterator[Finding]:
    return distinct(_found(context))


def _found(context: Context) -> Iterator[Finding]:
    for history in histories(context):
        for script in judged_revisions(context, history.graph):
            for drop, add, old, new in _pairs(history, script):
                copied = any(each.text is None or _mentions(each.text, old.name) for each in history.sent[script.id])
                if not copied and not context.workspace.mentions(script.path, *_SESSIONS):
                    yield _finding(context, script, drop, add, old, new)


def _pairs(history: History, script: RevisionScript) -> Iterator[tuple[Step, Step, ColumnShape, ColumnShape]]:
    """The columns that stood before and are dropped, each with the one of the same table that is like it."""
    steps = history.steps[script.id]
    dropped = [(each, each.operation) for each in steps if isinstance(each.operation, DropColumn) and each.certain]
    added = [(each, each.operation) for each in steps if isinstance(each.operation, AddColumn) and each.certain]
    for drop, removes in dropped:
        table = history.before[script.id].tables.get(removes.table.key)
        old = None if table is None or not table.certain else table.shape.named(removes.column.text)
        if old is None or not old.certain:
            continue
        same = [(add, makes) for add, makes in added if makes.table.key == removes.table.key]
        like = [(add, makes.column) for add, makes in same if _alike(old, makes.column)]
        if len(like) == 1:
            yield drop, like[0][0], old, like[0][1]


def _alike(old: ColumnShape, new: ColumnShape) -> bool:
    if not (old.type_.known and new.type_.known) or old.type_.name != new.type_.name:
        return False
    one, other = old.name.lower(), new.name.lower()
    words = set(one.split("_")) & set(other.split("_")) - {"id", "is", "at", "has", "the", "name"}
    return bool(words) or difflib.SequenceMatcher(None, one, other).ratio() >= _LIKE


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def _finding(
    context: Context, script: RevisionScript, drop: Step, add: Step, old: ColumnShape, new: ColumnShape
) -> Finding:
    assert isinstance(drop.operation, DropColumn)
    key = drop.operation.table.key
    if old.name == new.name:
        told = f"drops '{key}.{old.name}' and adds it again: its values are lost. Use `op.alter_column`."
    else:
        told = (
            f"drops '{key}.{old.name}' and adds '{new.name}', which is like it: if that is a new name, the values are"
            f' lost. Use `op.alter_column("{key}", "{old.name}", new_column_name="{new.name}")`.'
        )
    return Finding(
        rule=NAME,
        severity=Severity.WARNING,
        certain=False,
        location=context.location(drop.place),
        message=f"Revision {script.id} {told}",
        related=(Related(context.location(add.place), f"adds '{new.name}'"),),
    )


RULE = Rule(
    NAME, "A revision drops a column and adds one that is like it, which loses the values.", Severity.WARNING, _check
)
