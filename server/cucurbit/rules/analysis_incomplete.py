"""``analysis-incomplete``: what is not known of the programs that reach models or migrations, one finding a cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.coverage import coverage, is_made_by_hand
from cucurbit.rules.shared.environments import (
    Managed,
    is_application,
    is_migration_file,
    is_test,
    loads,
    managed,
    responsible,
)
from cucurbit.rules.shared.evidence import counted
from cucurbit.rules.shared.failing_entries import failure_of, is_syntax_error
from cucurbit.simulate.core.timeline import CutKind, Event, EventKind, Place, Timeline
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.model import EntryKind

NAME = "analysis-incomplete"

_MOST_PLACES = 5

_EFFECTS = {
    CutKind.ROOT: (
        "What it registers is not known: name the folder that is on `sys.path` there in the setting `roots`."
    ),
    CutKind.IMPORT: (
        "The modules that it imports are not seen. To show their tables, write a module that imports them by name, and"
        " name it in the setting `extra-entry-points`."
    ),
    CutKind.TABLE: (
        "Such a table is neither reported nor missed. Write its name and schema as literals to make it known."
    ),
    CutKind.LISTENER: "Tables that it registers are neither reported nor missed, from here to the end of the program.",
    CutKind.MIGRATIONS: (
        "Which migrations run, and with which tables, is not known. Give `Config` its path as a literal, as in"
        ' `Config("alembic.ini")`.'
    ),
    CutKind.LIMIT: "What comes after is not seen: name smaller programs in the setting `entry-points`.",
    CutKind.EXECUTION: "What it imports is not seen: `cucurbit timeline` shows each such place.",
    CutKind.FILE: "What else it defines is not certain: repair the file.",
    CutKind.CODE: "What it does is not followed: `cucurbit timeline` shows each such place.",
}
"""For each kind of cut, the most helpful first: what follows from it, and what can be done."""

_UNFOLLOWED = frozenset({CutKind.CODE, CutKind.EXECUTION})
"""Code that few programs are free of: it counts only where tables may be hidden."""

_HIDING = _UNFOLLOWED | {CutKind.IMPORT, CutKind.LIMIT}
"""What hides nothing where every table is registered by what is followed; the summary of `check` tells it."""

_NO_CONFIG = "Which migrations run, and with which tables, is not known: Cucurbit does not simulate them."
"""What follows where no configuration of Alembic can be named."""

_OF_METADATA = (
    "Such a table is neither reported nor missed. Import the MetaData, or the class that has it, by name to make it"
    " known."
)

_REACHING = frozenset({EventKind.TABLE_REGISTERED, EventKind.TABLE_REJECTED, EventKind.MIGRATIONS_STARTED})


def check(context: Context) -> Iterator[Finding]:
    found: dict[CutKind, list[Event]] = {kind: [] for kind in _EFFECTS}
    for timeline_cuts in context.per_timeline(_cuts):
        for event in timeline_cuts:
            found[event.cut].append(event)
    if not _may_hide_tables(context):
        found |= {kind: [] for kind in _HIDING}
        found[CutKind.ROOT] = [each for each in found[CutKind.ROOT] if _leads_to_models(context, each)]
    for kind, events in found.items():
        distinct = list({event.place: event for event in reversed(events)}.values())[::-1]
        if distinct:
            yield _finding(context, kind, distinct)
    for env in context.memo(managed):
        if env.program is None and not is_test(env.target.env_path) and _registers_less(context, env):
            yield _unseen_program(context, env)


def _registers_less(context: Context, env: Managed) -> bool:
    """Whether there are tables that an env.py, run by itself, does not register."""
    return any(
        env in responsible(context, each)
        and is_application(context, env.environment, each.place.path)
        and not env.registers(each)
        for each in context.definitions.values()
    )


def _unseen_program(context: Context, env: Managed) -> Finding:
    message = (
        f"Not followed: the program that runs {env.target.env_path}, which has no configuration file. Which models that"
        " program has imported before is not known: no table is reported as missing from them. Name a program that"
        " gives the environment a `Config` in the setting `extra-entry-points`."
    )
    location = context.location(Place(env.target.env_path, WHOLE_FILE))
    return Finding(NAME, Severity.INFORMATION, True, location, message)


def _may_hide_tables(context: Context) -> bool:
    """Whether something may register a table that is not known yet: otherwise code like that hides none."""
    seen = context.memo(coverage)
    return not seen.tables or seen.registered < seen.tables or seen.unnamed > 0 or bool(seen.lacking_environments)


def _cuts(context: Context, timeline: Timeline) -> tuple[Event, ...]:
    """The cuts of a timeline that may hide something of models or migrations."""
    if timeline in context.isolated or not _reaches_models(timeline):
        return ()
    # That a table may stand already is said by the rules about tables.
    warned = {each.definition.place for each in timeline.of(EventKind.TABLE_REJECTED) if each.definition is not None}
    cuts = (each for each in timeline.of(EventKind.CUT) if each.cut not in _UNFOLLOWED or each.place not in warned)
    broken = failure_of(context, timeline)
    return tuple(
        each
        for each in cuts
        if _counts(context, each) and not _is_end(each, broken) and not is_made_by_hand(timeline.entry, each)
    )


def _is_end(cut: Event, failed: Event | None) -> bool:
    """Whether it is the file with a syntax error at which the entry point ends: `entry-point-fails` reports that."""
    return cut.cut is CutKind.FILE and failed is not None and is_syntax_error(failed) and cut.place == failed.place


def _reaches_models(timeline: Timeline) -> bool:
    if timeline.entry.kind is EntryKind.ALEMBIC:
        return True
    # A script that imports modules by name, as one that checks files does, says nothing of the application.
    is_application = timeline.entry.startup != "" or timeline.entry.named_by is not None
    silent = _UNFOLLOWED if is_application else {*_UNFOLLOWED, CutKind.IMPORT}
    return any(
        event.kind in _REACHING or (event.kind is EventKind.CUT and event.cut not in silent)
        for event in timeline.events
    )


def _counts(context: Context, event: Event) -> bool:
    path = event.place.path
    if is_test(path) or context.facts(path) is None:
        return False
    if event.cut is CutKind.TABLE and event.place in context.definitions:
        # It is the table that stands there, with another schema or MetaData on a side of a branch.
        return False
    if event.cut.hides_tables:
        # What revisions do to tables is no definition of one.
        return not is_migration_file(context, path)
    if event.cut in _UNFOLLOWED:
        # How a command line ends hides nothing, and an expression imports nothing.
        return event.certain and "SystemExit" not in event.detail and not event.detail.startswith("eval ")
    return True


def _finding(context: Context, kind: CutKind, events: Sequence[Event]) -> Finding:
    first, others = events[0], events[1:]
    more = f" (and {counted(len(others), 'more place')})" if others else ""
    message = f"Not followed: {first.detail}{more}. {_effect(kind, events)}"
    related = [Related(context.location(each.place), each.detail) for each in others[:_MOST_PLACES]]
    if kind is CutKind.IMPORT:
        related += _perhaps_loaded(context, events)
    location = context.location(first.place)
    return Finding(NAME, Severity.INFORMATION, first.certain, location, message, tuple(related))


def _effect(kind: CutKind, events: Sequence[Event]) -> str:
    """What follows, and what can be done about that of which most are."""
    if kind is CutKind.MIGRATIONS and "no env.py" in events[0].detail:
        return _NO_CONFIG
    if kind is CutKind.TABLE and "MetaData" in events[0].detail:
        return _OF_METADATA
    return _EFFECTS[kind]


def _leads_to_models(context: Context, event: Event) -> bool:
    """Whether the package that no import root finds has model modules: another package hides no table."""
    asked = event.detail.partition(",")[0]
    parts, top = (context.workspace.elsewhere(asked, event.place.path) or "").split("/"), asked.partition(".")[0]
    below = parts[: parts.index(top) + 1] if top in parts else parts
    return any(path.split("/")[: len(below)] == below for path in context.model_modules)


def _perhaps_loaded(context: Context, events: Sequence[Event]) -> list[Related]:
    """The tables below packages that import what is not known, which nothing is seen to register."""
    registered = {
        event.definition.place
        for timeline in context.timelines
        for event in timeline.of(EventKind.TABLE_REGISTERED, EventKind.TABLE_REUSED)
        if event.definition is not None
    }
    return [
        Related(context.location(place), f"defines '{definition.key}', which may be imported here")
        for place, definition in context.definitions.items()
        if place not in registered and any(loads(event.place.path, place.path) for event in events)
    ]


RULE = Rule(NAME, "Code that cannot be followed may hide models or migrations.", Severity.INFORMATION, check)
