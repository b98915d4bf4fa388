"""``migrations-silence-logging``: env.py, run inside the application, disables the application's loggers."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.environments import is_test
from cucurbit.rules.shared.evidence import entry_name, stronger, while_migrating
from cucurbit.simulate.core.timeline import Event, EventKind, LinkKind, Place, Timeline
from cucurbit.workspace.model import EntryKind

NAME = "migrations-silence-logging"


def _check(context: Context) -> Iterator[Finding]:
    found: dict[Place, Finding] = {}
    for timeline in context.timelines:
        if timeline.entry.kind is EntryKind.ALEMBIC:
            continue
        for event in timeline.of(EventKind.LOGGING_CONFIGURED):
            own_process = event.process == 0
            if event.detail != "disables" or not own_process or not while_migrating(event.link):
                continue
            if is_test(event.place.path):
                continue
            finding = _finding(context, timeline, event)
            known = found.get(event.place)
            if known is None or stronger(finding.severity, known.severity):
                found[event.place] = finding
    yield from found.values()


def _finding(context: Context, timeline: Timeline, event: Event) -> Finding:
    # A script that only migrates has little left to log; an application logs for as long as it runs.
    served = timeline.entry.kind is EntryKind.MODULE
    start = next((link for link in reversed(tuple(event.link or ())) if link.kind is LinkKind.MIGRATION), None)
    related = list(context.chain(event.link))
    if start is not None:
        related.append(Related(context.location(start.place), "the migrations are started here"))
    return Finding(
        rule=NAME,
        severity=Severity.WARNING if served and event.certain else Severity.INFORMATION,
        certain=event.certain,
        location=context.location(event.place),
        message=f"The migrations that {entry_name(timeline.entry)} runs in its own process configure logging here "
        "and disable every logger made before: pass disable_existing_loggers=False.",
        related=tuple(related),
    )


RULE = Rule(
    name=NAME,
    summary="In-process migrations through a fileConfig that disables the loggers of the application.",
    severity=Severity.WARNING,
    check=_check,
)
