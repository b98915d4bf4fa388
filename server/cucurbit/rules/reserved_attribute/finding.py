"""``reserved-attribute``: ``metadata`` or ``registry`` as an attribute of a mapped class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity, Subject, stronger
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.statement_at import class_at
from cucurbit.rules.reserved_attribute.fixes import rename_attribute
from cucurbit.rules.shared.evidence import counted, labelled, start_of_module
from cucurbit.simulate.core.timeline import Event, EventKind, Place, Timeline

NAME = "reserved-attribute"

_WARNS = (2, 1)
"""The first SQLAlchemy that warns instead of raising."""


@dataclass(frozen=True)
class ReservedAttribute(Subject):
    """The attribute's name and where it is written."""

    name: str
    place: Place


def check(context: Context) -> Iterator[Finding]:
    found: dict[Place, Finding] = {}
    for timeline in (*context.timelines, *context.isolated):
        for index, event in enumerate(timeline.events):
            if event.kind is EventKind.RESERVED_ATTRIBUTE:
                finding = _finding(context, timeline, index, event)
                known = found.get(event.place)
                if known is None or stronger(finding.severity, known.severity):
                    found[event.place] = finding
    yield from found.values()


def _finding(context: Context, timeline: Timeline, index: int, event: Event) -> Finding:
    version = context.workspace.version("sqlalchemy", event.place.path)
    subject = ReservedAttribute(event.detail, event.place)
    owner = class_at(context, event.place) or "the mapped class"
    severity = Severity.INFORMATION
    what = f"Attribute '{event.detail}' of {owner} has a reserved name"
    if event.failure is not None:
        executed = timeline not in context.isolated
        stops = _stops(timeline, index, event)
        severity = Severity.ERROR if event.certain and executed and stops else Severity.WARNING
        number = ".".join(map(str, version or ()))
        then = _half_way(timeline, index, event) if stops else ", which is caught: there is no such class from then on"
        text = f"{what}: SQLAlchemy {number} raises {event.failure.error} here{then}. {_advice(event)}"
    elif event.detail == "metadata" and version is None:
        severity = Severity.WARNING
        text = (
            f"{what}: SQLAlchemy 1.4 and 2.0 raise InvalidRequestError here, 2.1 warns; which one runs is not known."
            f" {_advice(event)}"
        )
    elif version is not None and version[:2] >= _WARNS:
        text = (
            f"{what}: SQLAlchemy {'.'.join(map(str, version))} warns and does not map it as written. {_advice(event)}"
        )
    else:
        text = f"{what}: SQLAlchemy 2.1 warns about it. {_advice(event)}"
    related = labelled(context, event.link, "executed from here")
    return Finding(NAME, severity, event.certain, context.location(event.place), text, related, subject)


def _stops(timeline: Timeline, index: int, event: Event) -> bool:
    """Whether the failure ends a module or the program, and is not caught around the class statement."""
    ends = (EventKind.MODULE_FAILED, EventKind.ENTRY_FAILED, EventKind.MIGRATIONS_FAILED)
    return any(each.kind in ends and each.failure == event.failure for each in timeline.events[index:])


def _half_way(timeline: Timeline, index: int, event: Event) -> str:
    """What stays registered of the file that fails."""
    start = start_of_module(timeline, event.place.path, index, event.process)
    before = [
        each
        for each in timeline.events[start:index]
        if each.kind is EventKind.TABLE_REGISTERED
        and each.definition is not None
        and each.definition.place.path == event.place.path
    ]
    stay = f": {counted(len(before), 'table')} above it {'stays' if len(before) == 1 else 'stay'} registered"
    return f", so {event.place.path} fails half-way{stay if before else ''}"


def _advice(event: Event) -> str:
    name = event.detail
    return f'Give the attribute another name and keep the column: `{name}_ = mapped_column("{name}", ...)`.'


RULE = Rule(
    NAME,
    "A mapped class has an attribute called metadata or registry, names that SQLAlchemy reserves.",
    Severity.ERROR,
    check,
    fixes=rename_attribute,
)
