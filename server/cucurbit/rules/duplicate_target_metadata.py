"""``duplicate-target-metadata``: a list of MetaData in which a table stands twice.

Fact from alembic/autogenerate/api.py (``AutogenContext.table_key_to_table``), which ``alembic check`` and
``alembic revision --autogenerate`` ask; ``alembic upgrade`` does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.wording import listed
from cucurbit.rules.shared.environments import Managed, managed, same_metadata
from cucurbit.simulate.core.timeline import EventKind, TableDefinition

NAME = "duplicate-target-metadata"

FAILURE = "Duplicate table keys across multiple MetaData objects"
"""How the message of the failure begins."""


def _check(context: Context) -> Iterator[Finding]:
    for env in context.memo(managed):
        finding = _of(context, env)
        if finding is not None:
            yield finding


def _of(context: Context, env: Managed) -> Finding | None:
    given = env.target.metadata
    if given is None or len(given) < 2:
        return None
    held = [each for id_ in given for each in env.target.registered if same_metadata(each.metadata, id_)]
    counts = Counter(each.key for each in held)
    twice = sorted(key for key, count in counts.items() if count > 1)
    if not twice:
        return None
    one = any(same_metadata(each, other) for index, each in enumerate(given) for other in given[:index])
    certain = all(_is_certain(env, each) for each in held if each.key in twice)
    why = (
        f"{given[0].label} stands twice in target_metadata"
        if one and len({each.place for each in given}) == 1
        else "One MetaData stands twice in target_metadata"
        if one
        else "Two MetaData of target_metadata hold the same tables"
    )
    tables = listed(f"'{key}'" for key in twice)
    places = {each.place: each for each in held if each.key in twice}
    return Finding(
        rule=NAME,
        severity=Severity.ERROR if certain else Severity.WARNING,
        certain=certain,
        location=context.location(env.target.place),
        message=f"{why}: `alembic revision --autogenerate` and `alembic check` raise ValueError: {FAILURE} "
        f"({tables}). Name each MetaData once; classes that derive from one base "
        "share its MetaData.",
        related=tuple(Related(context.location(place), f"defines '{each.key}'") for place, each in places.items()),
    )


def _is_certain(env: Managed, definition: TableDefinition) -> bool:
    events = env.timeline.of(EventKind.TABLE_REGISTERED)
    return any(event.certain and event.definition == definition for event in events)


RULE = Rule(
    name=NAME,
    summary="A list in target_metadata in which a table stands twice: autogenerate raises.",
    severity=Severity.ERROR,
    check=_check,
)
