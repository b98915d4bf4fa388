"""``entry-point-fails``: an application, a start command or an env.py that ends in an exception each time it is run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity, stronger
from cucurbit.analysis.rule import Rule
from cucurbit.rules import alembic_config_missing, database_url, duplicate_target_metadata, unescaped_percent
from cucurbit.rules.circular_import import failures_of_cycles
from cucurbit.rules.shared.evidence import brief, entries_named, entry_name
from cucurbit.rules.shared.failing_entries import (
    FailedEntry,
    ending_of,
    fails_certainly,
    failure_location,
    is_syntax_error,
    raising_place,
    trial_of,
)
from cucurbit.rules.shared.import_failures import IMPORT_ERRORS
from cucurbit.simulate.core.timeline import EventKind, Failure, Place, Timeline
from cucurbit.workspace.model import EntryKind

NAME = "entry-point-fails"

_ADVICE = {
    "asyncio.run() cannot be called from a running event loop": (
        "An event loop runs here already: start what calls it in a thread, as with `await asyncio.to_thread(...)`."
    ),
    "This event loop is already running": (
        "Start what calls it in a thread, which has no loop, as with `await asyncio.to_thread(...)`."
    ),
    "Not an executable object: ": "Write `text(...)` around the statement: SQLAlchemy 2.0 takes no plain text.",
    "Textual SQL expression ": "Write `text(...)` around the statement: SQLAlchemy 2.0 takes no plain text.",
    "'Engine' object has no attribute": (
        "SQLAlchemy 2.0 executes on a connection: `with engine.begin() as connection: connection.execute(text(...))`."
    ),
    "'AsyncEngine' object has no attribute '_run_ddl_visitor'": (
        "Write `async with engine.begin() as connection: await connection.run_sync(metadata.create_all)`."
    ),
    "MetaData.": "Since SQLAlchemy 2.0 the engine is given to each call: `metadata.create_all(engine)`.",
    "Additional arguments should be named <dialectname>_<argument>, got 'autoload'": (
        "Since SQLAlchemy 2.0 `autoload_with=engine` alone reflects a table."
    ),
}
"""What to do, by the beginning of the message."""


def check(context: Context) -> Iterator[Finding]:
    found: dict[Failure, list[FailedEntry]] = {}
    for ending in context.per_timeline(_ending):
        if ending is not None:
            found.setdefault(ending.failure, []).append(ending)
    for same in found.values():
        trials = [(each, trial_of(context, each.timeline.entry, each.event)) for each in same]
        yield from (_trial(context, each, place) for each, place in trials if place is not None)
        others = [each for each, place in trials if place is None]
        if others:
            yield _finding(context, others)


def _ending(context: Context, timeline: Timeline) -> FailedEntry | None:
    """How the entry point of a timeline fails, where it does and no other rule reports why."""
    ending = ending_of(context, timeline)
    if ending is None or ending.failure in _reported_elsewhere(context, timeline):
        return None
    if database_url.is_about(ending.failure) or ending.failure.message.startswith(_REPORTED_MESSAGES):
        return None
    return ending


_REPORTED_MESSAGES = (
    unescaped_percent.FAILURE,
    duplicate_target_metadata.FAILURE,
    alembic_config_missing.FAILURE,
)
"""How failures begin that rules of their own report, each in a file that names its failure."""


def _reported_elsewhere(context: Context, timeline: Timeline) -> frozenset[Failure]:
    """The failures that other rules report, each at the place where it is raised or could be avoided."""
    of_tables = (each.failure for each in timeline.of(EventKind.TABLE_REJECTED, EventKind.RESERVED_ATTRIBUTE))
    return frozenset(each for each in of_tables if each is not None) | failures_of_cycles(context, timeline)


# ----------------------------------------------------------------------- finding


def _finding(context: Context, same: Sequence[FailedEntry]) -> Finding:
    shown = same[0]
    for each in same:
        shown = each if stronger(each.severity, shown.severity) else shown
    failure = shown.failure
    place = raising_place(context, shown)
    related = list(context.chain(shown.origin))
    if place != failure.place:
        related.append(Related(context.location(place), f"raises {failure.error}"))
    fails = "fails" if len(same) == 1 else "fail"
    certain = fails_certainly(context, shown.timeline.entry, shown.event, failure)
    verb = f"{fails} here" if certain else f"probably {fails} here"
    message = f"{entries_named(each.timeline for each in same)} {verb} with {brief(failure)}. {_advice(shown)}"
    location = failure_location(context, place)
    return Finding(NAME, shown.severity, certain, location, message, tuple(related), cause=_missing(same, failure))


def _missing(same: Sequence[FailedEntry], failure: Failure) -> CommonCause | None:
    """What scripts have in common that only a person starts, and that import what is no longer there."""
    by_hand = all(
        each.timeline.entry.kind is EntryKind.SCRIPT and each.timeline.entry.named_by is None for each in same
    )
    if failure.error not in IMPORT_ERRORS or not failure.named or not by_hand:
        return None
    name = _NOT_IN_MODULE.match(failure.message)
    item = failure.named if name is None else f"{failure.named}.{name['name']}"
    return CommonCause(
        ("imports of scripts",),
        "{places} scripts probably fail at their imports: {items} not found.",
        (f"`{item}`",),
        f"imports `{item}`",
    )


_NOT_IN_MODULE = re.compile(r"cannot import name '(?P<name>\w+)'")


def _trial(context: Context, ending: FailedEntry, trial: Place) -> Finding:
    """A module that fails where it tries itself out: the finding is there, and those of all modules are one."""
    failure = ending.failure
    certain = fails_certainly(context, ending.timeline.entry, ending.event, failure)
    what = f"{entry_name(ending.timeline.entry)} {'fails' if certain else 'probably fails'} here with {brief(failure)}"
    place = raising_place(context, ending)
    raised = Related(context.location(place), f"raises {failure.error}")
    cause = CommonCause(
        ("trial",),
        "{number} modules fail when they are run as scripts: {items}. The failing code is below `if __name__ =="
        ' "__main__"`, and nothing else runs it.',
        (ending.timeline.entry.path,),
        what,
    )
    return Finding(
        NAME,
        ending.severity,
        certain,
        context.location(trial),
        f"{what}. Nothing after this line is executed.",
        () if place == trial else (raised,),
        cause=cause,
    )


def _advice(ending: FailedEntry) -> str:
    for beginning, advice in _ADVICE.items():
        if ending.failure.message.startswith(beginning):
            return advice
    if is_syntax_error(ending.event):
        return "Python cannot read this file."
    if ending.failure.error in IMPORT_ERRORS:
        return "Nothing after it is executed."
    return "Nothing after this line is executed."


RULE = Rule(NAME, "An application, a start command or an env.py ends in an exception.", Severity.ERROR, check)
