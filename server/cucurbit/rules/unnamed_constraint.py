"""``unnamed-constraint``: an operation on a constraint without a name, which Alembic refuses.

Facts from alembic/operations/batch.py (``Constraint must have a name``) and sqlalchemy/sql/compiler.py
(``visit_drop_constraint``), confirmed by tests/revisions/test_unnamed.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind, TextEdit
from cucurbit.analysis.finding import CommonCause, Finding, Severity, Subject
from cucurbit.analysis.rule import FixGate, Rule
from cucurbit.fixes.python_source import PythonSource, python_source
from cucurbit.rules.shared.databases import Databases, databases_of
from cucurbit.rules.shared.history import History, downgrade_of, histories
from cucurbit.rules.shared.reviewed import judged_revisions
from cucurbit.simulate.core.operations import AddColumn, AddConstraint, AnyChange, DropConstraint, Operation
from cucurbit.simulate.core.schema import Step
from cucurbit.simulate.core.shapes import CheckShape, ForeignKeyShape, ValueTerm
from cucurbit.simulate.core.timeline import Place
from cucurbit.workspace.alembic.script import RevisionScript

NAME = "unnamed-constraint"

_WRITTEN = re.compile(r"\b(?:drop_constraint|create_\w+_(?:constraint|key)|create_foreign_key)\(\s*None\b")
"""How autogenerate writes an operation on a constraint without a name."""

_KINDS = {"foreignkey": "fk", "unique": "uq", "primary": "pk", "check": "ck"}
_TEMPLATES = {
    "foreignkey": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "unique": "uq_%(table_name)s_%(column_0_name)s",
    "primary": "pk_%(table_name)s",
}
"""The names that Alembic's documentation recommends (*The Importance of Naming Constraints*)."""


@dataclass(frozen=True)
class UnnamedSubject(Subject):
    """For the fix: the calls in which None is to be replaced, by their places, and the name."""

    name: str
    path: str
    calls: tuple[tuple[int, int], ...]
    """The line and the column of each call."""


@dataclass(frozen=True)
class _Unnamed:
    """An operation without a name. ``kind`` is that of the constraint; empty if it is not known."""

    step: Step
    kind: str
    drops: bool


def _check(context: Context) -> Iterator[Finding]:
    seen: set[Place] = set()
    for history in histories(context):
        judged = {each.id for each in judged_revisions(context, history.graph)}
        for script in history.graph.order:
            upgrade = tuple(_unnamed(history.steps[script.id]))
            # What was applied long ago is hardly taken back.
            text = (context.workspace.text(script.path) or "") if script.id in judged else ""
            down = _WRITTEN.search(text) is not None
            downgrade = tuple(_unnamed(downgrade_of(context, history, script).steps)) if down else ()
            for each in (*upgrade, *downgrade):
                databases = databases_of(context, history.graph.environment)
                finding = _finding(context, history, script, each, databases, in_upgrade=each in upgrade)
                if finding is not None and each.step.place not in seen:
                    seen.add(each.step.place)
                    yield finding


def _unnamed(steps: tuple[Step, ...]) -> Iterator[_Unnamed]:
    for step in steps:
        operation = step.operation
        if not step.certain:
            # Many revisions ask for the dialect, or catch what is raised.
            continue
        if isinstance(operation, DropConstraint) and operation.name is None:
            yield _Unnamed(step, operation.kind, drops=True)
        elif isinstance(operation, AddConstraint) and operation.batch and operation.part.name is None:
            yield _Unnamed(step, _kind(operation), drops=False)
        elif isinstance(operation, AddColumn) and operation.batch and _has_unnamed_key(operation):
            yield _Unnamed(step, "foreignkey", drops=False)


def _has_unnamed_key(operation: AddColumn) -> bool:
    keys = operation.column.foreign_keys
    return not operation.column.open and any(each.certain and each.name is None for each in keys)


def _key(operation: Operation) -> str:
    table = None if isinstance(operation, AnyChange) else operation.table
    return "" if table is None else table.key


def _kind(operation: AddConstraint) -> str:
    if isinstance(operation.part, ForeignKeyShape):
        return "foreignkey"
    if isinstance(operation.part, CheckShape):
        return "check"
    return "primary" if operation.primary else "unique"


def _finding(
    context: Context,
    history: History,
    script: RevisionScript,
    unnamed: _Unnamed,
    databases: Databases,
    *,
    in_upgrade: bool,
) -> Finding | None:
    template = None if databases.convention is None else dict(databases.convention).get(_KINDS.get(unnamed.kind, ""))
    if template is not None and _names(template, unnamed):
        return None
    if unnamed.drops:
        certain, where = databases.convention is not None, ""
    elif "sqlite" in databases.dialects:
        certain = databases.surely("sqlite") and databases.convention is not None
        where = "" if databases.only("sqlite") else " on SQLite"
    else:
        return None
    what = "upgrade" if in_upgrade else "downgrade"
    operation, key = unnamed.step.operation, _key(unnamed.step.operation)
    if isinstance(operation, AddColumn):
        problem = f"adds a column with a foreign key that has no name to '{key}' in a batch"
        told = "Constraint must have a name"
    elif unnamed.drops:
        problem = f"drops a constraint of '{key}' without its name"
        told = "it has no name"
    else:
        problem = f"adds a constraint without a name to '{key}' in a batch"
        told = "Constraint must have a name"
    name = _proposed(history, script, unnamed, databases, in_upgrade=in_upgrade)
    advice = f" Write a name, such as `{name}`." if name else " Write its name."
    cause = CommonCause(
        (script.path, where),
        f"Alembic refuses {{places}} operations of revision {script.id}{where}, on constraints without a name (of"
        " {items}). Write their names.",
        (f"'{key}'",),
        f"the {what} {problem}",
    )
    return Finding(
        rule=NAME,
        severity=Severity.ERROR if certain else Severity.WARNING,
        certain=certain,
        location=context.location(unnamed.step.place),
        message=f"The {what} of revision {script.id} {problem}: Alembic refuses it{where} ({told}).{advice}",
        subject=_subject(context, history, script, unnamed, name) if name else Subject(),
        cause=cause,
    )


def _names(template: str, unnamed: _Unnamed) -> bool:
    """Whether a naming convention gives the name of the constraint that is meant."""
    if "%(constraint_name)s" in template:
        return False
    # An operation that drops a constraint knows no columns.
    return not unnamed.drops or "column" not in template


# ------------------------------------------------------------------------ the name


def _proposed(
    history: History, script: RevisionScript, unnamed: _Unnamed, databases: Databases, *, in_upgrade: bool
) -> str:
    """A name for the constraint: that of the constraint which the upgrade adds, or by the usual convention."""
    if isinstance(unnamed.step.operation, AddColumn):
        return ""
    if not unnamed.drops:
        return _usual(unnamed.step.operation)
    if in_upgrade:
        return ""
    added = _counterparts(history, script, unnamed)
    if len(added) != 1:
        return ""
    given = added[0].part.name
    if given is not None:
        return given.text or "" if isinstance(given, ValueTerm) else ""
    own = dict(databases.convention or ()).get(_KINDS[_kind(added[0])])
    return _usual(added[0], own)


def _counterparts(history: History, script: RevisionScript, unnamed: _Unnamed) -> tuple[AddConstraint, ...]:
    """The constraints of the same table and kind that the upgrade adds."""
    table = _key(unnamed.step.operation)
    found = (step.operation for step in history.steps[script.id])
    return tuple(
        each
        for each in found
        if isinstance(each, AddConstraint) and _key(each) == table and unnamed.kind in ("", _kind(each))
    )


def _usual(operation: Operation, own: str | None = None) -> str:
    """The name by a convention; by the usual one if the project has none for such constraints."""
    if not isinstance(operation, AddConstraint) or isinstance(operation.part, CheckShape):
        return ""
    part, template = operation.part, own or _TEMPLATES[_kind(operation)]
    if not part.columns or not part.certain:
        return ""
    tokens = {"table_name": operation.table.name.text, "column_0_name": part.columns[0].text}
    if isinstance(part, ForeignKeyShape) and part.targets and part.targets[0].text is not None:
        tokens["referred_table_name"] = part.targets[0].text.text.split(".")[-2]
    try:
        return template % tokens
    except KeyError:
        return ""


# --------------------------------------------------------------------------- the fix


def _subject(
    context: Context, history: History, script: RevisionScript, unnamed: _Unnamed, name: str
) -> UnnamedSubject:
    """The operations that are about the same constraint: the one that adds it, and the one that drops it again."""
    table = _key(unnamed.step.operation)
    steps = (*history.steps[script.id], *downgrade_of(context, history, script).steps)
    same = [each for each in _unnamed(steps) if _key(each.step.operation) == table]
    alike = [each for each in same if each.kind == unnamed.kind or "" in (each.kind, unnamed.kind)]
    adds, drops = [each for each in alike if not each.drops], [each for each in alike if each.drops]
    chosen = alike if len(adds) <= 1 and len(drops) <= 1 else [unnamed]
    spans = (context.span(each.step.place) for each in chosen if each.step.place.path == script.path)
    return UnnamedSubject(name, script.path, tuple(sorted({(each.line, each.column) for each in spans})))


def _fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    subjects = [each.subject for each in finding.singles if isinstance(each.subject, UnnamedSubject)]
    source = python_source(gate.context, subjects[0].path) if subjects else None
    given = dict.fromkeys((at, each.name) for each in subjects for at in each.calls)
    if source is None or len({at for at, _ in given}) < len(given):
        # Not known, or one operation that two constraints may be meant by.
        return ()
    edits = [_named(source, at, name) for at, name in given]
    made = tuple(each for each in edits if each is not None)
    if not made or len(made) < len(edits):
        return ()
    names = {name for _, name in given}
    title = f"Name it {min(names)}" if len(names) == 1 else f"Name {len(names)} constraints"
    note = "A database that has the constraint already keeps the name that it chose itself."
    return gate.offered(Fix(title, False, FixKind.QUICKFIX, made, rule=NAME, note=note), finding)


def _named(source: PythonSource, at: tuple[int, int], name: str) -> TextEdit | None:
    """Replace the first argument of a call, which is None."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and node.args and (source.span(node).line, source.span(node).column) == at:
            first = node.args[0]
            if isinstance(first, ast.Constant) and first.value is None and name.isprintable() and '"' not in name:
                return source.replace(source.span(first), f'"{name}"')
    return None


RULE = Rule(
    name=NAME,
    summary="An operation on a constraint without a name, which Alembic refuses.",
    severity=Severity.ERROR,
    check=_check,
    fixes=_fixes,
)
