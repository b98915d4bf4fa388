"""Imports that fail: the exceptions and messages of Python, and the handlers that hide such a failure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import GuardsByPlace, may_end, type_names
from cucurbit.analysis.imports import ResolvedImport, imports_of
from cucurbit.simulate.core.timeline import Event, EventKind, Place, Timeline
from cucurbit.source.facts import At, Handler, Try

IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError"})
PARTIAL = "partially initialized module"
"""In the message of an import from a module that is still being executed."""
RELATIVE = "attempted relative import"
"""At the start of the message of a relative import that leaves its package."""

_CATCHES = IMPORT_ERRORS | {"Exception", "BaseException"}


def hidden_imports(context: Context, path: str) -> Iterator[tuple[ResolvedImport, Place]]:
    """The imports of a file whose failure a handler hides, each with the place of the handler."""
    facts = context.facts(path)
    if facts is None:
        return
    guards = GuardsByPlace(facts)
    for each in imports_of(context, path):
        handler = _handler(guards, each.place.at) if each.optional else None
        if handler is not None:
            yield each, Place(path, handler.at)


def _handler(guards: GuardsByPlace, at: At) -> Handler | None:
    """The innermost handler that catches a failed import; None where it may raise again or end the process."""
    for guard in reversed(guards.around(at)):
        for handler in guard.step.handlers if isinstance(guard.step, Try) else ():
            if not _CATCHES.isdisjoint(type_names(handler.types)):
                return None if may_end(handler.body) else handler
    return None


def hidden_failure(timelines: Iterable[Timeline], handler: Place) -> Event | None:
    """The failure that a handler catches on one of the timelines, a certain one first."""
    found = (
        event for timeline in timelines for event in timeline.of(EventKind.FAILURE_SWALLOWED) if event.place == handler
    )
    return min(found, key=lambda event: not event.certain, default=None)


def fails(failed: Event) -> str:
    """The verb for a failure: it is certain, or only possible."""
    return "fails" if failed.certain else "may fail"
