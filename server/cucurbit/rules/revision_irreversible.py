"""``revision-irreversible``: a downgrade that does not lead back to the schema before its upgrade."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind
from cucurbit.analysis.finding import NO_SUBJECT, Finding, Severity, Subject
from cucurbit.analysis.rule import FixGate, Rule
from cucurbit.fixes.python_source import python_source
from cucurbit.fixes.undone import undoing_lines
from cucurbit.rules.shared.history import Downgrade, History, downgrade_of, histories
from cucurbit.rules.shared.reviewed import judged_revisions
from cucurbit.simulate.core.operations import (
    AnyChange,
)
from cucurbit.simulate.core.schema import SchemaState, applied, touched
from cucurbit.simulate.core.shapes import IndexShape, TableShape, ValueTerm
from cucurbit.workspace.alembic.script import RevisionScript
from cucurbit.workspace.model import Location

NAME = "revision-irreversible"


_NOTHING = "does nothing, although the upgrade changes the schema: `alembic downgrade` leaves that change behind"


_OF_TEMPLATE = "Downgrade schema."
"""The docstring that Alembic's template writes."""


@dataclass(frozen=True)
class IrreversibleSubject(Subject):
    """For the fix: the operations that undo the upgrade, as lines of ``downgrade``, and the imports they need."""

    lines: tuple[str, ...]
    imports: tuple[str, ...]


def _check(context: Context) -> Iterator[Finding]:
    seen: set[Location] = set()
    for history in histories(context):
        for script in judged_revisions(context, history.graph):
            downgrade = downgrade_of(context, history, script)
            words = _fault(history, script, downgrade)
            if words == _NOTHING and _is_explained(context, script):
                continue
            location = context.location(downgrade.place)
            if words and location not in seen:
                seen.add(location)
                yield Finding(
                    rule=NAME,
                    severity=Severity.INFORMATION,
                    certain=True,
                    location=location,
                    message=f"The downgrade of revision {script.id} {words}.",
                    subject=_subject(history, script) if words == _NOTHING else NO_SUBJECT,
                )


def _is_explained(context: Context, script: RevisionScript) -> bool:
    """Whether ``downgrade`` says in words of its own, a docstring or a comment, why it does nothing."""
    source = python_source(context, script.path)
    found = [] if source is None else [each for each in source.tree.body if isinstance(each, ast.FunctionDef)]
    node = next((each for each in found if each.name == "downgrade"), None)
    if source is None or node is None:
        return False
    docstring = ast.get_docstring(node) or _OF_TEMPLATE
    whole = source.span(node)
    lines = [source.source.line_text(line).strip() for line in range(whole.line, whole.end_line + 1)]
    commented = any(each.startswith("# ") and not each.startswith("# ###") for each in lines)
    return docstring.strip() != _OF_TEMPLATE or commented


def _fault(history: History, script: RevisionScript, downgrade: Downgrade) -> str:
    """What is wrong; empty if nothing is, or that is not certain."""
    upgrade = history.steps[script.id]
    steps = (*upgrade, *downgrade.steps)
    if not upgrade or downgrade.ends or any(isinstance(e.operation, AnyChange) or not e.certain for e in steps):
        return ""
    if not downgrade.steps and not downgrade.sent:
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


def _subject(history: History, script: RevisionScript) -> Subject:
    undoing = undoing_lines(history.before[script.id], history.steps[script.id])
    return NO_SUBJECT if undoing is None else IrreversibleSubject(*undoing)


def _fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    subject, path = finding.subject, finding.location.path
    source = python_source(gate.context, path)
    if source is None or not isinstance(subject, IrreversibleSubject):
        return ()
    functions = [each for each in source.tree.body if isinstance(each, ast.FunctionDef) and each.name == "downgrade"]
    last = functions[-1].body[-1] if functions else None
    if not isinstance(last, ast.Pass) or not source.owns_its_lines(last):
        return ()
    edits = [source.replace(source.span(last), f"{source.newline}{source.indentation(last)}".join(subject.lines))]
    above = [each.node for each in source.imports if each.at_top]
    present = {ast.unparse(each) for each in above}
    missing = [each for each in subject.imports if each not in present]
    if missing and not (above and source.owns_its_lines(above[-1])):
        return ()
    if missing:
        line = (above[-1].end_lineno or above[-1].lineno) + 1
        edits.append(source.insert_lines(line, *missing))
    note = "Rows that the upgrade changed are not changed back, and rows that it dropped are lost."
    fix = Fix("Write the downgrade", False, FixKind.QUICKFIX, tuple(edits), rule=NAME, note=note)
    return gate.offered(fix, finding)


RULE = Rule(
    NAME,
    "The downgrade of a revision does not lead back to the schema before its upgrade.",
    Severity.INFORMATION,
    _check,
    fixes=_fixes,
)
