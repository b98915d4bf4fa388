"""``query-before-migrations``: a statement is sent to the database before migrations run in the same process."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.statement_at import call_at, calls_in
from cucurbit.rules.shared.evidence import entries_named, first_step_apart, labelled
from cucurbit.rules.shared.looked_up import is_looked_up
from cucurbit.rules.shared.statements_sent import needs_no_table, sends_computed_text
from cucurbit.simulate.core.timeline import Event, EventKind, LinkKind, Place, Timeline

NAME = "query-before-migrations"


def check(context: Context) -> Iterator[Finding]:
    found: dict[Place, list[tuple[Timeline, Event, Event]]] = {}
    for timeline in context.timelines:
        for query, migrations in _early(timeline):
            if needs_no_table(context, query.place) or _of_result(context, timeline, query):
                continue
            if not _is_looked_up(context, query, migrations):
                found.setdefault(query.place, []).append((timeline, query, migrations))
    for place, same in found.items():
        _, query, migrations = next((each for each in same if each[1].certain and each[2].certain), same[0])
        certain = query.certain and migrations.certain
        if not certain and sends_computed_text(context, place):
            # On some paths, and what it asks is not known: most likely the program has looked which tables there are.
            continue
        when = "at start-up, " if _at_startup(query) else ""
        who = entries_named(each for each, _, _ in same)
        before = f"before the migrations at {context.at(migrations.place)} run"
        message = (
            f"{query.detail}() here {'queries' if certain else 'may query'} the database {when}{before} ({who}): on"
            " a new or older database its tables or columns are missing. Query after the migrations."
        )
        related = [Related(context.location(migrations.place), "the migrations are started here")]
        related += labelled(context, query.link, "to the query")
        cause = _cause(context, query, migrations, f"{when}{before} ({who})")
        yield Finding(NAME, Severity.WARNING, certain, context.location(place), message, tuple(related), cause=cause)


def _cause(context: Context, query: Event, migrations: Event, when: str) -> CommonCause:
    """The call or import above the migrations that leads to the query, and to others maybe."""
    step = first_step_apart(query.link, migrations.link)
    start = (step.place.path, step.target) if step is not None else (query.place.path, "")
    by = f" that {step.target} at {context.at(step.place)} leads to" if step is not None else ""
    return CommonCause(
        (*start, migrations.place.path),
        f"{{places}} queries{by} are sent {when}: on a new or older database their tables or columns are missing."
        " Query after the migrations.",
        (query.detail,),
        f"{query.detail}() queries the database",
    )


def _early(timeline: Timeline) -> Iterator[tuple[Event, Event]]:
    """Each query with the migrations that run after it in its process, none having run before it."""
    waiting: dict[int, list[Event]] = {}
    migrated: set[int] = set()
    for event in timeline.events:
        if event.kind is EventKind.QUERY and event.process not in migrated:
            waiting.setdefault(event.process, []).append(event)
        elif event.runs_revisions:
            migrated.add(event.process)
            for query in waiting.pop(event.process, []):
                if event.may_follow(query):
                    yield query, event


def _of_result(context: Context, timeline: Timeline, query: Event) -> bool:
    """Whether it is asked of what another query gave: ``session.execute(...).scalar()``."""
    call = call_at(context, query.place)
    if call is None:
        return False
    sent = {each.place for each in timeline.of(EventKind.QUERY)}
    return any(Place(query.place.path, inner.at) in sent for inner in calls_in(call.func))


def _is_looked_up(context: Context, query: Event, migrations: Event) -> bool:
    """Whether the query is only sent where a look at the database has found tables."""
    above = {link.place for link in migrations.link or ()}
    calls = (link.place for link in query.link or () if link.kind is LinkKind.CALL and link.place not in above)
    return any(is_looked_up(context, place) for place in (query.place, *calls))


def _at_startup(query: Event) -> bool:
    return any(step.kind is LinkKind.STARTUP for step in query.link or ())


RULE = Rule(
    NAME,
    "A query is sent at import time or start-up, before migrations run in the same process.",
    Severity.WARNING,
    check,
)
