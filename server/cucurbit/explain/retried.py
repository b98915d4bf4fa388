"""A first failure that this tree cannot show: a package that is missing where the code ran, swallowed and retried."""

from __future__ import annotations

import sys

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import guards
from cucurbit.analysis.finding import Related
from cucurbit.rules.shared.imports import executions, imports_of
from cucurbit.simulate.core.timeline import ImportRecord, Timeline

_RAISES_ITSELF = frozenset({"sqlalchemy", *sys.stdlib_module_names})
"""Packages that are there, whatever else is missing: what was raised comes out of SQLAlchemy."""


def retried(context: Context, path: str) -> tuple[Related, ...]:
    """How a file may have been executed twice all the same; empty where that is out of the question.

    It is executed by an import whose failure something catches, it is imported again later, and it needs a package
    that is not part of this workspace.
    """
    outside = _outside(context, path)
    if outside is None:
        return ()
    for timeline in context.timelines:
        for record in timeline.imports:
            later = _again(timeline, record, path)
            if later is not None and _is_caught(context, record):
                return (
                    outside,
                    Related(context.location(record.place), "the failure of this import is caught"),
                    Related(context.location(later.place), "this import executes the module again"),
                )
    return ()


def _outside(context: Context, path: str) -> Related | None:
    """The first import of a package from elsewhere, in the file or in what it executes."""
    for each in (path, *sorted(context.once(executions).closure(path) - {path})):
        for imported in imports_of(context, each):
            package = imported.module.partition(".")[0]
            if not imported.path and package and package not in _RAISES_ITSELF:
                return Related(context.location(imported.place), f"this fails where {package} is not installed")
    return None


def _again(timeline: Timeline, first: ImportRecord, path: str) -> ImportRecord | None:
    """The next import of the file after the one that executed it; None where ``first`` did not."""
    executed = any(event.path == path for event in timeline.events[first.first : first.last])
    if not first.ran or not executed:
        return None
    later = (each for each in timeline.imports if each.first >= first.last)
    return next((each for each in later if each.path == path), None)


def _is_caught(context: Context, record: ImportRecord) -> bool:
    facts = context.facts(record.place.path)
    return facts is not None and bool(guards(facts, record.place.at))
