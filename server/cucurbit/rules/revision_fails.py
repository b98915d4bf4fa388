"""``revision-fails``: a revision whose upgrade ends in an exception each time it is run."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules import revision_undefined_name
from cucurbit.rules.shared.evidence import brief
from cucurbit.rules.shared.failing_entries import fails_certainly, failure_location, failure_severity
from cucurbit.rules.shared.history import calls_of, histories
from cucurbit.rules.shared.import_failures import IMPORT_ERRORS, PARTIAL
from cucurbit.simulate.core.timeline import Event, EventKind, Failure, Place
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.alembic.script import RevisionScript
from cucurbit.workspace.model import EntryPoint

NAME = "revision-fails"


def _check(context: Context) -> Iterator[Finding]:
    known = _reported(context)
    seen: set[Failure] = set()
    for history in histories(context):
        calls = calls_of(context, history.graph)
        for script in history.graph.order:
            event = history.failures.get(script.id)
            failure = None if event is None else event.failure
            if event is None or failure is None or failure in known or failure in seen:
                continue
            seen.add(failure)
            if not _is_undefined_name(context, script, failure) and not _may_be_prevented(script, failure):
                yield from _finding(context, script, calls[script.id], event, failure)


def _reported(context: Context) -> frozenset[Failure]:
    """The failures in which entry points end: `entry-point-fails` and others report them."""
    ends = (EventKind.ENTRY_FAILED, EventKind.MIGRATIONS_FAILED)
    return frozenset(
        event.failure
        for timeline in (*context.timelines, *context.isolated)
        for event in timeline.of(*ends)
        if event.failure is not None
    )


def _is_undefined_name(context: Context, script: RevisionScript, failure: Failure) -> bool:
    """Whether `revision-undefined-name` reports it."""
    return failure.error == "NameError" and any(
        f"'{name}'" in failure.message for name in revision_undefined_name.undefined_in(context, script.path)
    )


def _may_be_prevented(script: RevisionScript, failure: Failure) -> bool:
    """Whether env.py, which runs before and is not followed here, may have imported or set up what is missing."""
    if failure.error in IMPORT_ERRORS:
        return PARTIAL in failure.message
    if failure.message.startswith("module ") and not failure.message.startswith("module 'alembic.op'"):
        return True
    return failure.place.path != script.path


def _finding(
    context: Context, script: RevisionScript, entry: EntryPoint, event: Event, failure: Failure
) -> Iterator[Finding]:
    severity = failure_severity(context, entry, event, failure)
    if severity is None:
        return
    place = _place(script, event, failure)
    certain = fails_certainly(context, entry, event, failure) and failure.place.path == script.path
    related = context.chain(event.origin)
    if place != failure.place:
        related = (*related, Related(context.location(failure.place), f"raises {failure.error}"))
    verb = "fails" if certain else "probably fails"
    yield Finding(
        rule=NAME,
        severity=severity if certain or severity is not Severity.ERROR else Severity.WARNING,
        certain=certain,
        location=failure_location(context, place),
        message=f"Revision {script.id} {verb} here with {brief(failure)}. {_advice(failure)}.",
        related=related,
    )


def _place(script: RevisionScript, event: Event, failure: Failure) -> Place:
    """The last place in the file of the revision on the way to what raises."""
    places = [failure.place, *(link.place for link in reversed(tuple(event.origin or ())))]
    own = (each for each in places if each.path == script.path and each.at != WHOLE_FILE)
    return next(own, failure.place)


def _advice(failure: Failure) -> str:
    if failure.error in IMPORT_ERRORS:
        return "A revision should not need code that changes later: write here what it needs of it"
    return "`alembic upgrade` ends at this line"


RULE = Rule(NAME, "The upgrade of a revision ends in an exception.", Severity.ERROR, _check)
