"""Which events of a timeline are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from cucurbit.simulate.core.timeline import Event, EventKind, Timeline

_OPENING = frozenset({EventKind.MODULE_STARTED, EventKind.MIGRATIONS_STARTED})
_CLOSING = frozenset(
    {
        EventKind.MODULE_FINISHED,
        EventKind.MODULE_FAILED,
        EventKind.MIGRATIONS_FINISHED,
        EventKind.MIGRATIONS_FAILED,
    }
)
_TABLES = frozenset(
    {
        EventKind.TABLE_REGISTERED,
        EventKind.TABLE_REJECTED,
        EventKind.TABLE_REUSED,
        EventKind.METADATA_CLEARED,
        EventKind.CREATE_ALL,
        EventKind.MIGRATIONS_STARTED,
        EventKind.MIGRATIONS_FINISHED,
        EventKind.MIGRATIONS_FAILED,
        EventKind.ENTRY_FAILED,
    }
)


@dataclass(frozen=True)
class TimelineFilter:
    """What of a timeline is shown; by default everything.

    ``depth`` is the largest number of nested modules and migrations around an event, itself included. ``tables``: only
    tables, migrations, and the failure of the entry point. ``module`` is a pattern of module names, as of
    :mod:`fnmatch`: an event is shown if a module runs that the pattern or a package of that name contains.
    """

    depth: int | None = None
    tables: bool = False
    module: str | None = None

    @property
    def shows_all(self) -> bool:
        """Whether nothing is left out."""
        return self == TimelineFilter()

    def shown(self, timeline: Timeline) -> tuple[Event, ...]:
        """The events that are shown. Of a start and its end, either both are or none."""
        return tuple(self._shown(timeline)) if not self.shows_all else tuple(timeline.events)

    def _shown(self, timeline: Timeline) -> Iterator[Event]:
        running: list[str] = []
        for event in timeline.events:
            if event.kind in _OPENING:
                running.append(event.module if event.kind is EventKind.MODULE_STARTED else "")
            inside = [*running, event.module] if event.kind not in _OPENING and event.module else running
            depth = len(running) + (event.kind not in _OPENING and event.kind not in _CLOSING)
            if self._keeps(event, depth, inside):
                yield event
            if event.kind in _CLOSING and running:
                running.pop()

    def _keeps(self, event: Event, depth: int, inside: list[str]) -> bool:
        if self.depth is not None and depth > self.depth:
            return False
        if self.tables and event.kind not in _TABLES:
            return False
        return self.module is None or any(_matches(name, self.module) for name in inside)


def _matches(name: str, pattern: str) -> bool:
    """Whether a module or a package that it is in matches the pattern."""
    parts = name.split(".")
    return any(fnmatchcase(".".join(parts[:count]), pattern) for count in range(1, len(parts) + 1))
