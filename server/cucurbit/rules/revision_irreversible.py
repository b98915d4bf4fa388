"""``revision-irreversible``: a downgrade that does not lead back to the schema before its upgrade."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind
from cucurbit.analysis.finding import NO_SUBJECT, Finding, Severity, Subject
from cucurbit.analysis.rule import FixGate, Rule
from cucurbit.fixes.python_source import python_source
from cucurbit.rules.shared.history import Downgrade, History, downgrade_of, histories
from cucurbit.rules.shared.reviewed import judged_revisions
from cucurbit.simulate.core.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AnyChange,
    CreateIndex,
    CreateTable,
    Operation,
    RenameTable,
    TableRef,
    Unchanged,
)
from cucurbit.simulate.core.schema import SchemaState, Step, applied, touched
from cucurbit.simulate.core.shapes import ForeignKeyShape, IndexShape, KeyShape, TableShape, Term, ValueTerm
from cucurbit.workspace.alembic.script import RevisionScript
from cucurbit.workspace.model import Location

NAME = "revision-irreversible"


_NOTHING = "does nothing, although the upgrade changes the schema: `alembic downgrade` leaves that change behind"


@dataclass(frozen=True)
class IrreversibleSubject(Subject):
    """For the fix: the operations that undo the upgrade, as lines of ``downgrade``."""

    lines: tuple[str, ...]


def _check(context: Context) -> Iterator[Finding]:
    seen: set[Location] = set()
    for history in histories(context):
        for script in judged_revisions(context, history.graph):
            downgrade = downgrade_of(context, history, script)
            words = _fault(history, script, downgrade)
            location = context.location(downgrade.place)
            if words and location not in seen:
                seen.add(location)
                yield Finding(
                    rule=NAME,
                    severity=Severity.INFORMATION,
                    certain=True,
                    location=location,
                    message=f"The downgrade of revision {script.id} {words}.",
                    subject=_subject(history.steps[script.id]) if words == _NOTHING else NO_SUBJECT,
                )


def _fault(history: History, script: RevisionScript, downgrade: Downgrade) -> str:
    """What is wrong; empty if nothing is, or that is not certain."""
    upgrade = history.steps[script.id]
    steps = (*upgrade, *downgrade.steps)
    if not upgrade or downgrade.ends or any(isinstance(e.operation, AnyChange) or not e.certain for e in steps):
        return ""
    if not downgrade.steps and not downgrade.sends:
        return _NOTHING
    before, after = history.before[script.id], applied(history.after[script.id], downgrade.steps)
    keys = dict.fromkeys(ref.key for step in steps for ref in touched(step.operation))
    return next((words for key in keys if (words := _differs(before, after, key))), "")


def _differs(before: SchemaState, after: SchemaState, key: str) -> str:
    old, new = before.tables.get(key), after.tables.get(key)
    if any(state.open or key in state.doubted for state in (before, after)):
        return ""
    if old is None or new is None:
        known = old or new
        if known is None or not known.certain or (old is not None and after.stands(key) is not False):
            return ""
        what = f"does not create the table '{key}' again" if old is not None else f"leaves the table '{key}' behind"
        return f"{what}: it does not lead back to the schema before the upgrade"
    if not (old.certain and new.certain) or old.open or new.open:
        return ""
    told = _columns(old.shape, new.shape) or _indexes(old.shape, new.shape)
    return f"{told}: it does not lead back to the schema before the upgrade" if told else ""


def _columns(old: TableShape, new: TableShape) -> str:
    for each in old.columns:
        same = new.named(each.name)
        if same is None:
            return f"does not add the column '{old.key}.{each.name}' again"
        if None not in (each.nullable, same.nullable) and each.nullable is not same.nullable:
            null = "NULL" if each.nullable else "NOT NULL"
            return f"does not make the column '{old.key}.{each.name}' {null} again"
    left = next((each.name for each in new.columns if old.named(each.name) is None), None)
    return "" if left is None else f"leaves the column '{old.key}.{left}' behind"


def _indexes(old: TableShape, new: TableShape) -> str:
    if old.has_unknown_types or new.has_unknown_types:
        return ""
    had, has = _names(old.indexes), _names(new.indexes)
    if had is None or has is None:
        return ""
    if had - has:
        return f"does not create the index '{min(had - has)}' again"
    return f"leaves the index '{min(has - had)}' behind" if has - had else ""


def _names(indexes: tuple[IndexShape, ...]) -> frozenset[str] | None:
    names = [each.name.text if isinstance(each.name, ValueTerm) else None for each in indexes]
    known = frozenset(name for name in names if name is not None)
    return known if len(known) == len(names) else None


# --------------------------------------------------------------------------- the fix


def _subject(upgrade: Sequence[Step]) -> Subject:
    undone = [_undone(step.operation) for step in reversed(upgrade)]
    known = [each for each in undone if each is not None]
    if len(known) < len(undone):
        return NO_SUBJECT
    lines: list[str] = []
    opened = ""
    for batch, call in known:
        if batch and batch != opened:
            lines.append(f"with op.batch_alter_table({batch}) as batch_op:")
        lines.append(f"    batch_op.{call}" if batch else f"op.{call}")
        opened = batch
    return IrreversibleSubject(tuple(lines))


def _undone(operation: Operation) -> tuple[str, str] | None:
    """The call that undoes an operation, and the arguments of its batch; None if it cannot be told from it."""
    if isinstance(operation, AnyChange) or operation.table is None:
        return None
    table = operation.table
    if isinstance(operation, CreateTable):
        return "", f"drop_table({_of(table)})"
    if isinstance(operation, RenameTable):
        old = _text(table.name.text)
        return "", f"rename_table({_of(TableRef(operation.new, table.schema), old)})"
    if isinstance(operation, AddColumn):
        return _call("drop_column", table, _text(operation.column.name), batch=operation.batch)
    if isinstance(operation, AlterColumn) and operation.new_name is not None:
        given = (operation.nullable, operation.type_, operation.server_default, operation.comment)
        if all(isinstance(each, Unchanged) for each in given):
            names = f"{_text(operation.new_name.text)}, new_column_name={_text(operation.column.text)}"
            return _call("alter_column", table, names, batch=operation.batch)
    if isinstance(operation, CreateIndex):
        name = _given(operation.index.name)
        if name and operation.batch:
            return _of(table), f"drop_index({name})"
        return ("", f"drop_index({name}, table_name={_of(table)})") if name else None
    if isinstance(operation, AddConstraint) and isinstance(operation.part, (KeyShape, ForeignKeyShape)):
        name = _given(operation.part.name)
        kind = "foreignkey" if isinstance(operation.part, ForeignKeyShape) else "unique"
        kind = "primary" if operation.primary else kind
        if name and operation.batch:
            return _of(table), f'drop_constraint({name}, type_="{kind}")'
        type_ = f'type_="{kind}"'
        return ("", f"drop_constraint({name}, {_of(table, type_)})") if name else None
    return None


def _call(name: str, table: TableRef, arguments: str, *, batch: bool) -> tuple[str, str]:
    return (_of(table), f"{name}({arguments})") if batch else ("", f"{name}({_of(table, arguments)})")


def _of(table: TableRef, *arguments: str) -> str:
    """The arguments of an operation on a table: its name, others, and its schema."""
    schema = () if table.schema is None else (f"schema={_text(table.schema)}",)
    return ", ".join((_text(table.name.text), *arguments, *schema))


def _given(name: Term | None) -> str:
    text = name.text if isinstance(name, ValueTerm) else None
    return "" if text is None else _text(text)


def _text(text: str) -> str:
    quoted = repr(text)
    return f'"{text}"' if quoted == f"'{text}'" and '"' not in text else quoted


def _fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    subject, path = finding.subject, finding.location.path
    source = python_source(gate.context, path)
    if source is None or not isinstance(subject, IrreversibleSubject):
        return ()
    functions = [each for each in source.tree.body if isinstance(each, ast.FunctionDef) and each.name == "downgrade"]
    last = functions[-1].body[-1] if functions else None
    if not isinstance(last, ast.Pass) or not source.owns_its_lines(last):
        return ()
    edit = source.replace(source.span(last), f"{source.newline}{source.indentation(last)}".join(subject.lines))
    note = "Rows that the upgrade changed are not changed back."
    fix = Fix("Write the downgrade", False, FixKind.QUICKFIX, (edit,), rule=NAME, note=note)
    return gate.offered(fix, finding)


RULE = Rule(
    NAME,
    "The downgrade of a revision does not lead back to the schema before its upgrade.",
    Severity.INFORMATION,
    _check,
    fixes=_fixes,
)
