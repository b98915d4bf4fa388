"""The tree of tables: MetaData, its tables, their classes, and for every entry point whether and when."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.ide.registration import Alarm, Node, NodeKind
from cucurbit.ide.standing import entry_name, ordinal, times
from cucurbit.rules.shared.inventory import EnvironmentView, ModelRecord, Registered, Registration, inventory


def tables(context: Context) -> tuple[Node, ...]:
    """The MetaData of a workspace, each with its tables."""
    return context.once(_tables)


def _tables(context: Context) -> tuple[Node, ...]:
    grouped: dict[str, dict[str, list[ModelRecord]]] = {}
    for record in inventory(context):
        grouped.setdefault(record.metadata, {}).setdefault(record.key, []).append(record)
    return tuple(_metadata(label, grouped[label]) for label in sorted(grouped))


def _metadata(label: str, found: dict[str, list[ModelRecord]]) -> Node:
    children = tuple(_table(key, found[key]) for key in sorted(found))
    unseen = sum(node.alarm is not Alarm.NONE for node in children)
    description = times(len(children), "table") + (f", {unseen} to look at" if unseen else "")
    return Node(label, NodeKind.METADATA, label, description, children=children)


def _table(key: str, records: list[ModelRecord]) -> Node:
    classes = tuple(_class(record) for record in records)
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
    return Node(
        name=key,
        kind=NodeKind.TABLE,
        label=key,
        description=", ".join(parts),
        tooltip=tooltip,
        location=location,
        path=location.path,
        alarm=alarm,
        search=f"{key} {names}".lower(),
        children=classes,
    )


def _is_seen(record: ModelRecord) -> bool | None:
    """Whether some env.py registers a definition; None where there is no environment, or it is not certain."""
    if not record.environments:
        return None
    states = {each.registered for each in record.environments}
    if Registered.YES in states:
        return True
    return None if Registered.MAYBE in states else False


def _class(record: ModelRecord) -> Node:
    children = (*_environments(record), *(_registration(each) for each in record.registrations))
    module = record.definition.module
    return Node(
        name=f"{module}:{record.class_name} {record.location.path}:{record.location.span.line}",
        kind=NodeKind.CLASS,
        label=record.class_name or "Table(...)",
        description=module if record.is_live else f"{module}, not registered by any entry point",
        tooltip=f"{record.location.path}:{record.location.span.line}",
        location=record.location,
        path=record.location.path,
        search=f"{record.key} {record.class_name} {module}".lower(),
        children=tuple(children),
    )


def _environments(record: ModelRecord) -> Iterator[Node]:
    for each in record.environments:
        said, alarm = _seen(each)
        yield Node(
            name=f"env {each.config}",
            kind=NodeKind.ENVIRONMENT,
            label=each.config,
            description=said,
            certain=each.registered is not Registered.MAYBE,
            alarm=alarm,
            tooltip=f"{each.env_path}: {said}",
        )


def _seen(view: EnvironmentView) -> tuple[str, Alarm]:
    if view.registered is Registered.NO:
        return "env.py does not see it", Alarm.WARNING
    if view.registered is Registered.REJECTED:
        return "rejected when env.py runs", Alarm.ERROR
    if view.held is False:
        return "env.py registers it, but target_metadata does not hold it", Alarm.WARNING
    return ("env.py sees it" if view.registered is Registered.YES else "env.py may see it"), Alarm.NONE


def _registration(each: Registration) -> Node:
    phase = ""
    if each.before_migrations is not None:
        phase = ", before migrations" if each.before_migrations else ", after migrations started"
    if each.registered is Registered.REJECTED:
        said, alarm = f"rejected{phase}", Alarm.ERROR
    elif each.registered is Registered.NO or each.order == 0:
        said, alarm = "not registered", Alarm.NONE
    else:
        maybe = "" if each.registered is Registered.YES else "perhaps "
        said, alarm = f"{maybe}registered {ordinal(each.order)}{phase}", Alarm.NONE
    return Node(
        name=f"entry {each.entry.target}",
        kind=NodeKind.REGISTRATION,
        label=entry_name(each.entry),
        description=said,
        certain=each.registered is not Registered.MAYBE,
        alarm=alarm,
        tooltip=f"{entry_name(each.entry)}: {said}",
    )
