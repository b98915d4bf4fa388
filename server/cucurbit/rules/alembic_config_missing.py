"""``alembic-config-missing``: migrations are started with a ``Config`` whose file does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.statement_at import call_at, strings_in
from cucurbit.rules.shared.environments import is_test
from cucurbit.rules.shared.evidence import entry_name
from cucurbit.simulate.core.timeline import Event, EventKind, Place, Timeline

NAME = "alembic-config-missing"

FAILURE = "No 'script_location' key found"
"""How the message of the failure begins."""


def _check(context: Context) -> Iterator[Finding]:
    seen: set[Place] = set()
    for timeline in context.timelines:
        for event in timeline.of(EventKind.MIGRATIONS_FAILED):
            failure = event.failure
            if failure is None or event.environment or not failure.message.startswith(FAILURE):
                continue
            if event.place not in seen and not is_test(event.place.path):
                seen.add(event.place)
                yield _finding(context, timeline, event)


def _finding(context: Context, timeline: Timeline, event: Event) -> Finding:
    configs = sorted(context.workspace.environments, key=lambda each: each.config)
    known = next((each.config for each in configs if each.config.endswith(".ini")), None)
    call = call_at(context, event.place)
    given = (
        next((text for text in strings_in(call) if text.endswith((".ini", ".toml"))), "") if call is not None else ""
    )
    which = f"`{given}`, which does not exist" if given else "which does not exist"
    start = f"from {timeline.entry.directory}" if timeline.entry.directory else "from the root of the workspace"
    there = f" The configuration of this workspace is {known}." if known is not None else ""
    return Finding(
        rule=NAME,
        severity=Severity.WARNING,
        certain=event.certain,
        location=context.location(event.place),
        message=f"The migrations that {entry_name(timeline.entry)} runs fail with CommandError: {FAILURE} in "
        f"configuration. Their Config names a file, {which} where the program is run {start}.{there}",
        related=context.chain(event.link),
    )


RULE = Rule(
    name=NAME,
    summary="Migrations are started with a Config whose file does not exist.",
    severity=Severity.WARNING,
    check=_check,
)
