"""``revision-irreversible``: a downgrade that does not lead back to the schema before its upgrade."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.history import Downgrade, History, downgrade_of, histories
from cucurbit.rules.shared.reviewed import judged_revisions
from cucurbit.simulate.core.operations import AnyChange
from cucurbit.simulate.core.schema import SchemaState, applied, touched
from cucurbit.simulate.core.shapes import IndexShape, TableShape, ValueTerm
from cucurbit.workspace.alembic.script import RevisionScript
from cucurbit.workspace.model import Location

NAME = "revision-irreversible"


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
                )


def _fault(history: History, script: RevisionScript, downgrade: Downgrade) -> str:
    """What is wrong; empty if nothing is, or that is not certain."""
    upgrade = history.steps[script.id]
    steps = (*upgrade, *downgrade.steps)
    if not upgrade or downgrade.ends or any(isinstance(e.operation, AnyChange) or not e.certain for e in steps):
        return ""
    if not downgrade.steps and not downgrade.sends:
        return "does nothing, although the upgrade changes the schema: `alembic downgrade` leaves that change behind"
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


RULE = Rule(
    NAME,
    "The downgrade of a revision does not lead back to the schema before its upgrade.",
    Severity.INFORMATION,
    _check,
)
