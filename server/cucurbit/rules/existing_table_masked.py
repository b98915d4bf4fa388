"""``existing-table-masked``: two definitions of one table that something keeps from clashing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity, Subject
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.evidence import entries_named, labelled, registration, subject_of
from cucurbit.rules.shared.inherited_name import derives_from
from cucurbit.simulate.core.timeline import Event, EventKind, Place, TableDefinition, Timeline

NAME = "existing-table-masked"


@dataclass(frozen=True)
class Masked(Subject):
    """The two definitions, in the order in which they run."""

    first: TableDefinition
    second: TableDefinition


def check(context: Context) -> Iterator[Finding]:
    yield from _merged(context)
    yield from _cleared(context)


# ------------------------------------------------- extend_existing, keep_existing


def _merged(context: Context) -> Iterator[Finding]:
    found: dict[tuple[Place, Place], list[tuple[Timeline, int, Event]]] = {}
    for timeline in context.timelines:
        for index, event in enumerate(timeline.events):
            first, second = event.other, event.definition
            if event.kind is not EventKind.TABLE_REUSED or first is None or second is None:
                continue
            # A class that adds columns to the table of its base cannot run before that.
            if first.place != second.place and not derives_from(context, second, first):
                found.setdefault((first.place, second.place), []).append((timeline, index, event))
    for same in found.values():
        timeline, index, event = next((each for each in same if each[2].certain), same[0])
        first, second = event.other, event.definition
        assert first is not None
        assert second is not None
        entries = entries_named(each for each, _, _ in same)
        other_order = (
            "In the other order nothing would raise either, and the columns of the definition that runs last would win."
            if first.lets_pass
            else f"In the other order, {subject_of(first)} after this one, SQLAlchemy raises InvalidRequestError."
        )
        message = (
            f"extend_existing or keep_existing hides that table '{second.key}' has two definitions:"
            f" {subject_of(second)} here {'meets' if event.certain else 'may meet'}"
            f" {subject_of(first)} of {context.at(first.place)}"
            f" ({entries}). {other_order} Keep one definition."
        )
        yield _finding(context, timeline, (index, event), (first, second), second.place, message)


def _finding(
    context: Context,
    timeline: Timeline,
    at: tuple[int, Event],
    pair: tuple[TableDefinition, TableDefinition],
    place: Place,
    message: str,
) -> Finding:
    index, event = at
    first, second = pair
    earlier = registration(timeline, first, index, event.process)
    related = [Related(context.location(first.place), f"{subject_of(first)} is defined first here")]
    related += labelled(context, earlier[1].link if earlier is not None else None, "to the first definition")
    if place != second.place:
        related.append(Related(context.location(second.place), f"{subject_of(second)} is defined second here"))
    related += labelled(context, event.link, "to the second definition")
    location = context.location(place)
    return Finding(NAME, Severity.WARNING, event.certain, location, message, tuple(related), Masked(first, second))


# ----------------------------------------------------------------- MetaData.clear


def _cleared(context: Context) -> Iterator[Finding]:
    done: set[tuple[Place, tuple[object, ...]]] = set()
    for timeline in context.timelines:
        for first, clear, (index, second) in _around_clear(timeline):
            assert first.definition is not None
            assert second.definition is not None
            pair = (first.definition, second.definition)
            # Of a file that is executed twice, one table stands for all.
            same = pair[0].place == pair[1].place
            key = (clear.place, tuple(each.module if same else each.place for each in pair))
            if key in done:
                continue
            done.add(key)
            message = _clear_message(context, timeline, *pair)
            yield _finding(context, timeline, (index, second), pair, clear.place, message)


def _clear_message(context: Context, timeline: Timeline, first: TableDefinition, second: TableDefinition) -> str:
    entries = entries_named([timeline])
    if first.place == second.place:
        return (
            f"MetaData.clear() here hides that table '{first.key}' is defined twice by one file, which is executed as"
            f" {first.module} and as {second.module} ({entries}). Both classes stay mapped: SQLAlchemy raises where a"
            " relationship names one of them. Import the file under one name."
        )
    return (
        f"MetaData.clear() here hides that table '{first.key}' has two definitions: {subject_of(first)}"
        f" of {context.at(first.place)} before it and {subject_of(second)} of {context.at(second.place)}"
        f" after it ({entries}). Wherever both run without it, SQLAlchemy raises InvalidRequestError. Keep one"
        " definition."
    )


def _around_clear(timeline: Timeline) -> Iterator[tuple[Event, Event, tuple[int, Event]]]:
    """A registration, the clear that takes it away, and the registration of another definition of its key."""
    standing: dict[tuple[int, object, str], Event] = {}
    taken: dict[tuple[int, object, str], tuple[Event, Event]] = {}
    for index, event in enumerate(timeline.events):
        if event.kind is EventKind.METADATA_CLEARED and event.metadata is not None:
            for key in [key for key in standing if key[:2] == (event.process, event.metadata)]:
                taken[key] = (standing.pop(key), event)
        elif event.kind is EventKind.TABLE_REGISTERED and event.definition is not None:
            key = (event.process, event.definition.metadata, event.definition.key)
            before = taken.pop(key, None)
            if before is not None and before[0].definition is not None:
                first, clear = before
                other = before[0].definition
                if (other.place, other.module) != (event.definition.place, event.definition.module):
                    yield first, clear, (index, event)
            standing[key] = event


RULE = Rule(
    NAME,
    "extend_existing, keep_existing or MetaData.clear() hides two definitions of one table.",
    Severity.WARNING,
    check,
)
