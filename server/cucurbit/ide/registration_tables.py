"""The tree of the registration view that shows tables.

Below each MetaData are its tables, their classes, the columns and keys of each, and whether and when each entry point
registers it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from cucurbit.analysis.context import Context
from cucurbit.ide.registration_tree import Alarm, NodeKind, TreeNode, short_name
from cucurbit.ide.table_columns import columns_by_place
from cucurbit.ide.table_status import ordinal, times
from cucurbit.rules.shared.coverage import UnnamedTable, coverage
from cucurbit.rules.shared.environments import is_migration_file
from cucurbit.rules.shared.evidence import entry_name
from cucurbit.rules.shared.inventory import (
    DeadDefinition,
    EnvironmentView,
    ModelRecord,
    Registered,
    Registration,
    dead_definitions,
    inventory,
)
from cucurbit.simulate.core.timeline import Place
from cucurbit.workspace.model import EntryKind

_Columns: TypeAlias = Mapping[Place, tuple[TreeNode, ...]]


def tables(context: Context) -> tuple[TreeNode, ...]:
    """The MetaData objects of a workspace, each with its tables."""
    return context.memo(_tables)


def _tables(context: Context) -> tuple[TreeNode, ...]:
    grouped: dict[str, dict[str, list[ModelRecord]]] = {}
    for record in inventory(context):
        grouped.setdefault(record.metadata, {}).setdefault(record.key, []).append(record)
    columns = context.memo(columns_by_place)
    nodes = {label: _metadata(label, grouped[label], columns) for label in sorted(grouped)}
    revisions = tuple(nodes[label] for label in nodes if _is_of_revisions(context, grouped[label]))
    found = tuple(each for each in nodes.values() if each not in revisions)
    if revisions:
        found = (*found, _revisions(revisions))
    unknown, dead = context.memo(coverage).unknown, dead_definitions(context)
    return (*found, *([_unknown(unknown)] if unknown else ()), *([_dead(dead)] if dead else ()))


def _is_of_revisions(context: Context, found: Mapping[str, Sequence[ModelRecord]]) -> bool:
    """Whether only revision files define the tables of a MetaData."""
    return all(is_migration_file(context, each.location.path) for records in found.values() for each in records)


def _revisions(found: tuple[TreeNode, ...]) -> TreeNode:
    """What revisions declare for their own use, which nobody looks for first."""
    description = f"{len(found)} MetaData, {times(sum(len(each.children) for each in found), 'table')}"
    return TreeNode("(revisions)", NodeKind.REVISIONS, "Declared in revisions", description, children=found)


def _unknown(found: Sequence[UnnamedTable]) -> TreeNode:
    """The tables whose name is not known."""
    children = tuple(
        TreeNode(
            name=f"{each.location.path}:{each.location.span.line}",
            kind=NodeKind.CUT,
            label=each.detail,
            description=f"{each.location.path}:{each.location.span.line}",
            location=each.location,
            path=each.location.path,
            certain=False,
            search=f"{each.detail} {each.location.path}".lower(),
        )
        for each in found
    )
    label = "Tables that are not known"
    return TreeNode("(unknown)", NodeKind.CUT, label, times(len(found), "table"), certain=False, children=children)


def _dead(found: Sequence[DeadDefinition]) -> TreeNode:
    """The definitions that nothing executes, such as those behind a line that fails."""
    children = tuple(
        TreeNode(
            name=f"{each.location.path}:{each.location.span.line}",
            kind=NodeKind.DEAD,
            label=each.class_name or each.table or "Table(...)",
            description=each.why,
            tooltip=f"{each.location.path}:{each.location.span.line}: {each.why}",
            location=each.location,
            path=each.location.path,
            search=f"{each.class_name} {each.table} {each.location.path}".lower(),
            table=each.table,
        )
        for each in found
    )
    return TreeNode("(dead)", NodeKind.DEAD, "Never executed", times(len(found), "definition"), children=children)


def _metadata(label: str, found: dict[str, list[ModelRecord]], columns: _Columns) -> TreeNode:
    children = tuple(_table(key, found[key], columns) for key in sorted(found))
    unseen = sum(node.alarm is not Alarm.NONE for node in children)
    description = times(len(children), "table") + (f", {unseen} to review" if unseen else "")
    return TreeNode(label, NodeKind.METADATA, label, description, children=children)


def _table(key: str, records: list[ModelRecord], columns: _Columns) -> TreeNode:
    classes = tuple(_class(record, columns.get(record.definition.place, ())) for record in records)
    seen = [_is_seen(record) for record in records]
    rejected = any(each.registered is Registered.REJECTED for record in records for each in record.registrations)
    parts = [records[0].class_name or "Table(...)"] if len(records) == 1 else [times(len(records), "definition")]
    alarm = Alarm.ERROR if rejected else Alarm.NONE
    if rejected:
        parts.append("rejected")
    if seen and all(each is False for each in seen):
        parts.append("never seen by Alembic")
        alarm = Alarm.WARNING if alarm is Alarm.NONE else alarm
    names = " ".join(f"{record.class_name} {record.definition.module}" for record in records)
    location = records[0].location
    tooltip = f"{key}\n" + "\n".join(f"{each.label}: {each.description}" for each in classes)
    return TreeNode(
        name=key,
        kind=NodeKind.TABLE,
        label=key,
        description=", ".join(parts),
        tooltip=tooltip,
        location=location,
        path=location.path,
        alarm=alarm,
        search=f"{key} {names}".lower(),
        table=key,
        children=classes,
    )


def _is_seen(record: ModelRecord) -> bool | None:
    """Whether any env.py registers a definition; None if there is no env.py or it is uncertain."""
    if not record.environments:
        return None
    states = {each.registered for each in record.environments}
    if Registered.YES in states:
        return True
    return None if Registered.MAYBE in states else False


def _class(record: ModelRecord, columns: tuple[TreeNode, ...]) -> TreeNode:
    registrations = sorted(record.registrations, key=lambda each: each.entry.kind is EntryKind.ALEMBIC)
    children = (*columns, *_environments(record), *(_registration(record, each) for each in registrations))
    module = record.definition.module
    return TreeNode(
        name=f"{module}:{record.class_name} {record.location.path}:{record.location.span.line}",
        kind=NodeKind.CLASS,
        label=record.class_name or "Table(...)",
        description=module if record.is_live else f"{module}, not registered by any entry point",
        tooltip=f"{record.location.path}:{record.location.span.line}",
        location=record.location,
        path=record.location.path,
        search=f"{record.key} {record.class_name} {module}".lower(),
        table=record.key,
        children=tuple(children),
    )


def _environments(record: ModelRecord) -> Iterator[TreeNode]:
    for each in record.environments:
        text, alarm = _seen(each)
        yield TreeNode(
            name=f"env {each.config}",
            kind=NodeKind.ENVIRONMENT,
            label=each.config,
            description=text,
            certain=each.registered is not Registered.MAYBE,
            alarm=alarm,
            tooltip=f"{each.env_path}: {text}",
        )


def _seen(view: EnvironmentView) -> tuple[str, Alarm]:
    if view.registered is Registered.NO:
        return "env.py does not see it", Alarm.WARNING
    if view.registered is Registered.REJECTED:
        return "rejected when env.py runs", Alarm.ERROR
    if view.held is False:
        return "env.py registers it, but target_metadata does not contain it", Alarm.WARNING
    return ("env.py sees it" if view.registered is Registered.YES else "env.py may see it"), Alarm.NONE


def _registration(record: ModelRecord, each: Registration) -> TreeNode:
    phase = ""
    if each.before_migrations is not None:
        phase = ", before migrations" if each.before_migrations else ", after migrations started"
    if each.registered is Registered.REJECTED:
        text, alarm = f"rejected{phase}", Alarm.ERROR
    elif each.registered is Registered.NO or each.order == 0:
        text, alarm = "not registered", Alarm.NONE
    else:
        maybe = "" if each.registered is Registered.YES else "possibly "
        text, alarm = f"{maybe}registered {ordinal(each.order)}{phase}", Alarm.NONE
    return TreeNode(
        name=f"entry {each.entry.target}",
        kind=NodeKind.REGISTRATION,
        label=short_name(each.entry),
        description=text,
        certain=each.registered is not Registered.MAYBE,
        alarm=alarm,
        tooltip=f"{entry_name(each.entry)}: {text}",
        location=record.location,
        table=record.key,
        entry=each.entry.target,
    )
