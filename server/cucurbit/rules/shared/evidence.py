"""Wording and evidence that several rules share: names of entry points, labelled chains, failures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Related
from cucurbit.analysis.wording import MOST_NAMED, listed
from cucurbit.simulate.core.timeline import (
    Event,
    EventKind,
    Failure,
    Link,
    LinkKind,
    Place,
    TableDefinition,
    Timeline,
)
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.model import EntryKind, EntryPoint

# ----------------------------------------------------------------------- words


def entry_name(entry: EntryPoint) -> str:
    """An entry point as a person would call it."""
    if entry.kind is EntryKind.ALEMBIC:
        return f"the alembic command with {entry.target}"
    return f"python {entry.target}" if entry.kind is EntryKind.SCRIPT else entry.target


def entries_named(timelines: Iterable[Timeline]) -> str:
    """The entry points, scripts last: a program that is served counts for more."""
    entries = sorted((each.entry for each in timelines), key=lambda entry: entry.kind is EntryKind.SCRIPT)
    return listed(entry_name(entry) for entry in entries)


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def brief(failure: Failure) -> str:
    """The class of a failure and the first sentence of its message; what SQLAlchemy adds to that helps nobody here."""
    said = failure.message.partition("  ")[0].rstrip(". ")
    return f"{failure.error}: {said}" if said else failure.error


def subject_of(definition: TableDefinition) -> str:
    """The name of the mapped class, or ``the Table`` for a ``Table(...)``."""
    return definition.class_name or "the Table"


# ---------------------------------------------------------------------- chains


def labelled(context: Context, link: Link | None, label: str) -> tuple[Related, ...]:
    """A chain whose pieces say which chain they belong to."""
    return tuple(replace(step, chain=label) for step in context.chain(link))


def first_step_apart(link: Link | None, towards: Link | None) -> Link | None:
    """The first step of a chain that does not lead to the other end as well; None where it ends beside that chain."""
    chain, other = list(link or ()), list(towards or ())
    shared = 0
    while shared < min(len(chain), len(other)) and chain[shared] == other[shared]:
        shared += 1
    # Serving an entry point has no place in the source; the statement inside it has.
    return next((step for step in chain[shared:] if step.place.at != WHOLE_FILE), None)


def first_step_beside(link: Link | None, towards: Event) -> Link | None:
    """The first step of a chain that ``towards`` does not need; None where the chain ends beside that event's.

    It needs the imports of the modules in which it and the steps that lead to it stand.
    """
    apart = first_step_apart(link, towards.link)
    if apart is None:
        return None
    needed = {towards.place.path, *(step.place.path for step in towards.link or ())}
    found, steps = apart, list(link or ())
    for step in steps[steps.index(apart) :]:
        if step.place.path in needed:
            found = step
        if step.kind is not LinkKind.IMPORT:
            break
    return found


def while_migrating(link: Link | None) -> bool:
    """Whether what the chain leads to happens inside an env.py run."""
    return any(step.kind is LinkKind.MIGRATION for step in link or ())


# ---------------------------------------------------------------------- events


def registration(
    timeline: Timeline, definition: TableDefinition, before: int, process: int
) -> tuple[int, Event] | None:
    """The last event before index ``before`` by which ``definition`` came to stand, with its index."""
    for index in range(before - 1, -1, -1):
        event = timeline.events[index]
        if (
            event.kind in (EventKind.TABLE_REGISTERED, EventKind.TABLE_REUSED)
            and event.process == process
            and event.definition == definition
        ):
            return index, event
    return None


def swallowed_at(timeline: Timeline, failure: Failure, after: int) -> Place | None:
    """The ``except`` that catches ``failure`` after the event of that index; None where it ends the program."""
    for event in timeline.events[after:]:
        if event.kind is EventKind.FAILURE_SWALLOWED and event.failure == failure:
            return event.place
    return None


def innermost_failure(timeline: Timeline, module: str, path: str, first: int, last: int) -> tuple[int, Event] | None:
    """The event by which ``module``'s file failed among the events from ``first`` to ``last`` (exclusive)."""
    for index in range(first, last):
        event = timeline.events[index]
        if event.kind is EventKind.MODULE_FAILED and (event.module, event.path) == (module, path):
            return index, event
    return None


def table_names(definitions: Sequence[TableDefinition], most: int = MOST_NAMED) -> str:
    return listed((definition.key for definition in definitions), most)


def start_of_module(timeline: Timeline, path: str, before: int, process: int) -> int:
    """The index of the last start of ``path`` before index ``before``; 0 where there is none."""
    for index in range(before - 1, -1, -1):
        event = timeline.events[index]
        if event.kind is EventKind.MODULE_STARTED and event.path == path and event.process == process:
            return index
    return 0
