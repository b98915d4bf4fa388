"""``import-failure-hidden``: a model module fails half-way, and importing it again hides why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity, Subject, strongest
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.evidence import brief, entries_named, labelled, subject_of, swallowed_at
from cucurbit.rules.shared.rejections import Cause, Rejection, rejections
from cucurbit.simulate.core.timeline import Failure, Place

NAME = "import-failure-hidden"


@dataclass(frozen=True)
class HiddenFailure(Subject):
    """``first`` is the failure that the second one hides; ``handler`` the ``except`` that caught it, if known."""

    first: Failure
    handler: Place | None


def check(context: Context) -> Iterator[Finding]:
    found: dict[tuple[Place, Place], list[Rejection]] = {}
    for timeline in context.timelines:
        for rejection in rejections(timeline, Cause.FAILED_BEFORE):
            if rejection.failed is not None and rejection.failed.failure is not None:
                key = (rejection.definition.place, rejection.failed.failure.place)
                found.setdefault(key, []).append(rejection)
    for same in found.values():
        yield _finding(context, same)


def _finding(context: Context, same: list[Rejection]) -> Finding:
    severity = strongest(Severity.ERROR if each.event.certain else Severity.WARNING for each in same)
    shown = next(each for each in same if each.event.certain is (severity is Severity.ERROR))
    assert shown.failed is not None
    assert shown.failed.failure is not None
    first = shown.failed.failure
    definition = shown.definition
    start = shown.timeline.events.index(shown.failed)
    handler = swallowed_at(shown.timeline, first, start)
    related = [Related(context.location(first.place), f"fails first here: {brief(first)}")]
    related += labelled(context, shown.failed.link, "to the first import")
    if handler is not None:
        related.append(Related(context.location(handler), "the first failure is swallowed here"))
    related += labelled(context, shown.event.link, "to the second import")
    verb = "is" if shown.event.certain else "may be"
    entries = entries_named(each.timeline for each in same)
    message = (
        f"Table '{definition.key}' is rejected here only because {definition.module} fails first at"
        f" {context.at(first.place)} ({first.error}), after {subject_of(definition)} is registered, and {verb}"
        f" imported again ({entries}). Fix the first failure; then this one disappears too."
    )
    location = context.location(definition.place)
    subject = HiddenFailure(first, handler)
    return Finding(NAME, severity, shown.event.certain, location, message, tuple(related), subject)


RULE = Rule(
    NAME,
    "A model module fails half-way and is imported again, so that the second error hides the first.",
    Severity.ERROR,
    check,
)
