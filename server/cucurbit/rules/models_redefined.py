"""``models-redefined``: a mapped class or ``Table`` in code that runs twice."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity, strongest
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.evidence import entries_named, labelled, subject_of
from cucurbit.rules.shared.rejections import Cause, Rejection, rejections
from cucurbit.simulate.core.timeline import EventKind, Place
from cucurbit.source.facts import WHOLE_FILE

NAME = "models-redefined"


def check(context: Context) -> Iterator[Finding]:
    found: dict[Place, list[Rejection]] = {}
    for timeline in context.timelines:
        for rejection in rejections(timeline, Cause.RUN_AGAIN):
            found.setdefault(rejection.definition.place, []).append(rejection)
    for same in found.values():
        yield _finding(context, same)


def _finding(context: Context, same: list[Rejection]) -> Finding:
    severity = strongest(Severity.ERROR if each.event.certain else Severity.WARNING for each in same)
    shown = next(each for each in same if each.event.certain is (severity is Severity.ERROR))
    definition = shown.definition
    why, advice = _reason(context, shown)
    related: list[Related] = []
    related += labelled(context, shown.earlier.link if shown.earlier is not None else None, "the first time")
    related += labelled(context, shown.event.link, "the second time")
    verb = "is" if shown.event.certain else "may be"
    message = (
        f"Table '{definition.key}' {verb} defined twice by the same code: {why}"
        f" ({entries_named(each.timeline for each in same)}), and the second time SQLAlchemy raises"
        f" InvalidRequestError. {advice}"
    )
    return Finding(NAME, severity, shown.event.certain, context.location(definition.place), message, tuple(related))


def _reason(context: Context, shown: Rejection) -> tuple[str, str]:
    """Why the code runs twice, and what to do about it."""
    definition = shown.definition
    what = subject_of(definition)
    if definition.in_function:
        return (
            f"{what} is in a function that is called again",
            "Define it at module level, or create a new MetaData for each call.",
        )
    starts = [
        event
        for event in shown.timeline.events[: shown.index]
        if event.kind is EventKind.MODULE_STARTED
        and event.path == definition.place.path
        and event.process == shown.event.process
    ]
    if len(starts) > 1:
        again = starts[-1].link
        by = f" at {context.at(again.place)}" if again is not None and again.place.at != WHOLE_FILE else ""
        return (
            f"{definition.place.path} is executed again{by}",
            "Import it once and use the module in sys.modules.",
        )
    return (
        f"{what} is in a loop that uses the same name again",
        "Move it out of the loop, or make the names differ.",
    )


RULE = Rule(
    NAME,
    "A mapped class or Table is defined in code that runs twice: a loop, a function, a reload, runpy or exec.",
    Severity.ERROR,
    check,
)
