"""``create-all-with-migrations``: ``create_all`` on a MetaData that Alembic also manages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import body_at
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity, stronger
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.environments import (
    Managed,
    is_migration_file,
    is_test,
    managed,
    same_metadata,
    shares_project,
)
from cucurbit.rules.shared.evidence import counted, entry_name
from cucurbit.simulate.core.timeline import Event, EventKind, MetaDataId, Place, Timeline
from cucurbit.source.facts import Attr
from cucurbit.source.scan import inside
from cucurbit.workspace.model import EntryKind

NAME = "create-all-with-migrations"

_REGISTERS = (EventKind.TABLE_REGISTERED, EventKind.TABLE_REUSED)


@dataclass(frozen=True)
class _Call:
    """One ``create_all`` on a timeline, with the tables that stand on its MetaData."""

    timeline: Timeline
    index: int
    event: Event
    metadata: MetaDataId
    tables: int
    real: bool


def _check(context: Context) -> Iterator[Finding]:
    found: dict[Place, Finding] = {}
    for call in sorted(_calls(context), key=_says_most):
        path = call.event.place.path
        if is_test(path, call.timeline.entry.directory):
            continue
        if is_migration_file(context, path):
            inside = _in_migration(context, call)
            if inside is not None:
                found.setdefault(call.event.place, inside)
            continue
        if _is_stamped(call) or _is_reset(context, call):
            continue
        env = next((each for each in context.memo(managed) if _manages(context, each, call)), None)
        if env is None:
            continue
        finding = _finding(context, env, call)
        known = found.get(call.event.place)
        if known is None or stronger(finding.severity, known.severity):
            found[call.event.place] = finding
    yield from found.values()


def _in_migration(context: Context, call: _Call) -> Finding | None:
    """A call in a revision, or in an env.py before the revisions run; None for any other file beside them."""
    path = call.event.place.path
    what = f"create_all on {call.metadata.label}"
    if any(path in context.workspace.revision_files(each) for each in context.workspace.environments):
        message = (
            f"{what} in a revision creates every table as the models define it when the revision runs, not when it was "
            "written: on a new database, later revisions find their tables there already, and fail. Write out the "
            "tables with op.create_table()."
        )
    elif any(path == each.env_path for each in context.workspace.environments):
        starts = [event for event in call.timeline.events if event.runs_revisions]
        if not starts or not call.tables:
            return None
        message = (
            f"{what} ({counted(call.tables, 'table')}) in env.py runs beside the revisions, which fail where they "
            "create the same tables. Leave creating tables to the revisions."
        )
    else:
        return None
    return Finding(
        rule=NAME,
        severity=Severity.WARNING,
        certain=call.event.certain,
        location=context.location(call.event.place),
        message=message,
        related=context.chain(call.event.link),
    )


def _calls(context: Context) -> Iterator[_Call]:
    for timeline in (*context.timelines, *context.isolated):
        for index, event in enumerate(timeline.events):
            if event.kind is EventKind.CREATE_ALL and event.metadata is not None:
                tables = {
                    each.definition.key
                    for each in timeline.events[:index]
                    if each.kind in _REGISTERS
                    and each.process == event.process
                    and each.definition is not None
                    and same_metadata(each.definition.metadata, event.metadata)
                }
                real = timeline not in context.isolated
                yield _Call(timeline, index, event, event.metadata, len(tables), real)


def _says_most(call: _Call) -> tuple[bool, bool]:
    """Sorts the calls to report first: those on timelines with migrations, the application before Alembic."""
    return (_migrations(call) is None, call.timeline.entry.kind is EntryKind.ALEMBIC)


def _manages(context: Context, env: Managed, call: _Call) -> bool:
    return env.holds(call.metadata) and shares_project(context, env.timeline.entry, call.event.place.path)


def _finding(context: Context, env: Managed, call: _Call) -> Finding:
    severity, message, other = _verdict(env, call)
    related = list(context.chain(call.event.link) if call.real else ())
    if other is not None:
        related.extend(context.chain(other.link))
        related.append(Related(context.location(other.place), "the migrations are started here"))
    if env.target.metadata is not None:
        related.append(Related(context.location(env.target.place), f"{env.target.env_path} manages the same MetaData"))
    return Finding(
        rule=NAME,
        severity=severity,
        certain=call.event.certain and call.real and not env.assumed,
        location=context.location(call.event.place),
        message=message,
        related=tuple(related),
        cause=_cause(env, call) if other is None and call.tables else None,
    )


def _cause(env: Managed, call: _Call) -> CommonCause:
    """What the calls have in common that create the tables of a MetaData beside one env.py."""
    metadata, path = call.metadata.label, call.event.place.path
    return CommonCause(
        (env.target.env_path, metadata),
        f"{{places}} calls of create_all on {metadata} create tables beside Alembic, which also manages them"
        f" ({env.target.env_path}): in {{items}}.",
        (path,),
        f"creates {counted(call.tables, 'table')}",
    )


def _verdict(env: Managed, call: _Call) -> tuple[Severity, str, Event | None]:
    """How bad it is, in words, with the start of the migrations on the same timeline."""
    metadata, env_path = call.metadata.label, env.target.env_path
    cut = any(event.kind is EventKind.CUT for event in call.timeline.events[: call.index])
    if not call.tables and call.event.certain and not cut:
        message = (
            f"create_all on {metadata} creates nothing: no table is registered on it yet, and {env_path} manages it."
        )
        return Severity.INFORMATION, message, None
    what = f"create_all on {metadata} ({counted(call.tables, 'table')})"
    start = _migrations(call)
    if start is not None:
        index, event = start
        if _runs_inside(call, index):
            message = (
                f"{what} runs before the first revision does, and the revisions fail where they create the same tables"
            )
        elif index > call.index:
            message = f"{what} runs before the migrations, and these fail where they create the same tables"
        else:
            message = f"{what} runs after the migrations: it silently creates tables that the migrations forgot"
        severity = Severity.WARNING if call.event.certain and event.certain and call.real else Severity.INFORMATION
        return severity, f"{message} ({entry_name(call.timeline.entry)}).", event
    message = f"{what} creates the tables beside Alembic, which also manages them ({env_path})."
    served = bool(call.timeline.entry.startup) and call.real
    return Severity.WARNING if served and call.event.certain else Severity.INFORMATION, message, None


def _runs_inside(call: _Call, start: int) -> bool:
    """Whether the call runs while the migrations that start at this event do."""
    events = call.timeline.events[start : call.index]
    ends = (EventKind.MIGRATIONS_FINISHED, EventKind.MIGRATIONS_FAILED)
    return start < call.index and not any(event.kind in ends for event in events)


def _migrations(call: _Call) -> tuple[int, Event] | None:
    """The migrations that run on the same timeline, those after the call first."""
    found = [
        (index, event)
        for index, event in enumerate(call.timeline.events)
        if event.runs_revisions and event.process == call.event.process and _may_both_happen(call, index, event)
    ]
    after = [each for each in found if each[0] > call.index]
    return after[0] if after else found[-1] if found else None


def _may_both_happen(call: _Call, index: int, event: Event) -> bool:
    return event.may_follow(call.event) if index > call.index else call.event.may_follow(event)


def _is_reset(context: Context, call: _Call) -> bool:
    """Whether a script drops all tables and creates them again: that makes a database for development anew."""
    entry, place = call.timeline.entry, call.event.place
    facts = context.facts(place.path)
    if entry.kind is not EntryKind.SCRIPT or entry.startup or _migrations(call) is not None or facts is None:
        return False
    return any(
        isinstance(node, Attr) and node.name == "drop_all" for step in body_at(facts, place.at) for node in inside(step)
    )


def _is_stamped(call: _Call) -> bool:
    """Whether the database is marked as up to date after the call, as Alembic's documentation does for a new one."""
    return any(
        event.kind is EventKind.MIGRATIONS_STARTED and event.detail == "stamp" and event.may_follow(call.event)
        for event in call.timeline.events[call.index :]
    )


RULE = Rule(
    name=NAME,
    summary="create_all on a MetaData that Alembic also manages.",
    severity=Severity.WARNING,
    check=_check,
)
