"""``several-metadata``: tables on a MetaData that no environment's ``target_metadata`` holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.environments import Managed, is_application, managed, same_metadata, shares_project
from cucurbit.rules.shared.evidence import counted, table_names
from cucurbit.simulate.core.timeline import EventKind, MetaDataId, Place, TableDefinition

NAME = "several-metadata"


@dataclass(frozen=True)
class _Group:
    """The tables of one MetaData."""

    metadata: MetaDataId
    tables: tuple[TableDefinition, ...]


def _check(context: Context) -> Iterator[Finding]:
    environments = context.memo(managed)
    if not environments:
        return
    for group in _groups(context):
        if any(each.holds(group.metadata) for each in environments):
            continue
        near = [each for each in environments if _concerns(context, each, group)]
        if not near or any(each.target.metadata is None or each.assumed for each in near):
            continue
        if not _is_copied(group, near):
            yield _finding(context, group, near)


def _groups(context: Context) -> Iterator[_Group]:
    """The MetaData objects that tables stand on; one that code of one file made several times counts once."""
    found: list[tuple[MetaDataId, list[TableDefinition]]] = []
    for definition in context.definitions.values():
        known = next((tables for id_, tables in found if same_metadata(id_, definition.metadata)), None)
        if known is None:
            found.append((definition.metadata, [definition]))
        else:
            known.append(definition)
    yield from (_Group(id_, tuple(tables)) for id_, tables in found)


def _concerns(context: Context, env: Managed, group: _Group) -> bool:
    """Whether the tables are the environment's project's own, and not just made in some function."""
    own = [
        table
        for table in group.tables
        if not table.in_function
        and is_application(context, env.environment, table.place.path)
        and shares_project(context, env.timeline.entry, table.place.path)
    ]
    made = group.metadata.place
    return bool(own) and (made is None or is_application(context, env.environment, made.path))


def _is_copied(group: _Group, near: Sequence[Managed]) -> bool:
    """Whether every table is also on a MetaData that Alembic has, as after ``to_metadata``."""
    held = {(each.key, each.place) for env in near for each in env.target.registered if env.holds(each.metadata)}
    return all((table.key, table.place) in held for table in group.tables)


def _finding(context: Context, group: _Group, near: Sequence[Managed]) -> Finding:
    env = near[0]
    by_env = [each for each in env.target.registered if same_metadata(each.metadata, group.metadata)]
    creators = _creators(context, group.metadata)
    message = (
        f"{group.metadata.label} has {counted(len(group.tables), 'table')} ({table_names(group.tables)}) outside "
        f"Alembic: target_metadata of {env.target.env_path} does not contain this MetaData"
    )
    if by_env:
        message += ", though env.py registers tables on it"
    message += "."
    place = group.metadata.place or group.tables[0].place
    related = [Related(context.location(env.target.place), "target_metadata is given to Alembic here")]
    related += [Related(context.location(table.place), f"defines '{table.key}'") for table in group.tables]
    related += [Related(context.location(event), "create_all creates them here") for event in creators]
    forgotten = not creators and (bool(by_env) or _is_live(context, group))
    return Finding(
        rule=NAME,
        severity=Severity.WARNING if forgotten else Severity.INFORMATION,
        certain=not env.doubts,
        location=context.location(place),
        message=message,
        related=tuple(related),
    )


def _creators(context: Context, metadata: MetaDataId) -> list[Place]:
    places = [
        event.place
        for timeline in (*context.timelines, *context.isolated)
        for event in timeline.of(EventKind.CREATE_ALL)
        if event.metadata is None or same_metadata(event.metadata, metadata)
    ]
    return list(dict.fromkeys(places))


def _is_live(context: Context, group: _Group) -> bool:
    """Whether an entry point registers one of the tables."""
    places = {table.place for table in group.tables}
    return any(
        event.definition is not None and event.definition.place in places
        for timeline in context.timelines
        for event in timeline.of(EventKind.TABLE_REGISTERED)
    )


RULE = Rule(
    name=NAME,
    summary="Tables on a MetaData that is not in target_metadata.",
    severity=Severity.WARNING,
    check=_check,
)
