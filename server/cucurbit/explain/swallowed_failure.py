"""A module that runs twice because its first import failed and the exception was caught.

The first import fails where the program ran, as a package is missing there; no timeline shows that.
"""

from __future__ import annotations

import sys

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import guards
from cucurbit.analysis.finding import Related
from cucurbit.analysis.imports import executions, imports_of
from cucurbit.simulate.core.timeline import EventKind, ImportRecord, Timeline

_RAISES_ITSELF = frozenset({"sqlalchemy", *sys.stdlib_module_names})
"""Packages that cannot be missing: SQLAlchemy raised the exception, so it is installed."""


def retried(context: Context, path: str) -> tuple[Related, ...]:
    """Evidence that a file may have been executed twice; empty if it cannot have been.

    It may if an exception of the import that executes it is caught, if it is imported again later, and if it needs a
    package that is not part of this workspace or has an attribute that some versions of SQLAlchemy refuse.
    """
    outside = _reserved(context, path) or _outside(context, path)
    if outside is None:
        return ()
    for timeline in context.timelines:
        for record in timeline.imports:
            later = _again(timeline, record, path)
            if later is not None and _is_caught(context, record):
                return (
                    outside,
                    Related(context.location(record.place), "an exception of this import is caught"),
                    Related(context.location(later.place), "this import executes the module again"),
                )
    return ()


def _reserved(context: Context, path: str) -> Related | None:
    """The first attribute in the file that SQLAlchemy keeps for itself."""
    for timeline in context.timelines:
        for event in timeline.of(EventKind.RESERVED_ATTRIBUTE):
            if event.place.path == path:
                what = f"SQLAlchemy 1.4 and 2.0 raise here: the attribute name '{event.detail}' is reserved"
                return Related(context.location(event.place), what)
    return None


def _outside(context: Context, path: str) -> Related | None:
    """The first import of an installed package, in the file or in a module that it executes."""
    for each in (path, *sorted(context.memo(executions).closure(path) - {path})):
        for imported in imports_of(context, each):
            package = imported.module.partition(".")[0]
            if not imported.path and package and package not in _RAISES_ITSELF:
                return Related(context.location(imported.place), f"this fails if {package} is not installed")
    return None


def _again(timeline: Timeline, first: ImportRecord, path: str) -> ImportRecord | None:
    """The next import of the file after ``first``; None if ``first`` did not execute it, or if there is none."""
    executed = any(event.path == path for event in timeline.events[first.first : first.last])
    if not first.ran or not executed:
        return None
    later = (each for each in timeline.imports if each.first >= first.last)
    return next((each for each in later if each.path == path), None)


def _is_caught(context: Context, record: ImportRecord) -> bool:
    facts = context.facts(record.place.path)
    return facts is not None and bool(guards(facts, record.place.at))
