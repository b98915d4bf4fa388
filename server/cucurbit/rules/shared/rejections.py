"""Why a table was rejected: each rejection belongs to exactly one rule.

- another definition of the same key: ``duplicate-table``;
- the same code under another module name, by an import: ``module-loaded-twice``;
- the same code again after its module failed half-way: ``import-failure-hidden``;
- the same code again for any other reason (loop, call, reload, runpy): ``models-redefined``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from cucurbit.rules.shared.evidence import innermost_failure, registration
from cucurbit.simulate.core.timeline import Event, EventKind, LinkKind, Place, TableDefinition, Timeline


class Cause(Enum):
    """Which rule a rejection belongs to."""

    DUPLICATE = "duplicate-table"
    LOADED_TWICE = "module-loaded-twice"
    FAILED_BEFORE = "import-failure-hidden"
    RUN_AGAIN = "models-redefined"


@dataclass(frozen=True)
class Rejection:
    """A rejected definition on a timeline.

    ``other`` is the definition that stood, None where the table may have been reflected. ``earlier`` is the event
    that registered ``other``; ``failed`` the event by which the module failed in between.
    """

    timeline: Timeline
    index: int
    event: Event
    definition: TableDefinition
    other: TableDefinition | None
    earlier: Event | None
    cause: Cause
    failed: Event | None = None


def rejections(timeline: Timeline, *causes: Cause) -> Iterator[Rejection]:
    """The rejections of these causes, in order."""
    for index, event in enumerate(timeline.events):
        if event.kind is EventKind.TABLE_REJECTED and event.definition is not None:
            found = _rejection(timeline, index, event, event.definition)
            if found.cause in causes:
                yield found


def _rejection(timeline: Timeline, index: int, event: Event, definition: TableDefinition) -> Rejection:
    other = event.other
    standing = registration(timeline, other, index, event.process) if other is not None else None
    earlier = standing[1] if standing is not None else None
    cause = Cause.DUPLICATE
    failed: Event | None = None
    if other is not None and other.place == definition.place:
        if other.module != definition.module:
            imported = frozenset(record.place for record in timeline.imports)
            starts = [
                start_of(timeline, module, definition.place.path, index, event.process)
                for module in (other.module, definition.module)
            ]
            # To import it by the other name would not help against a run that enters none in sys.modules.
            again = any(start is not None and runs_by_path(timeline, start, imported) for start in starts)
            cause = Cause.RUN_AGAIN if again else Cause.LOADED_TWICE
        else:
            since = standing[0] if standing is not None else 0
            failure = innermost_failure(timeline, other.module, other.place.path, since, index)
            failed = failure[1] if failure is not None else None
            cause = Cause.FAILED_BEFORE if failed is not None else Cause.RUN_AGAIN
    return Rejection(timeline, index, event, definition, other, earlier, cause, failed)


def start_of(timeline: Timeline, module: str, path: str, before: int, process: int) -> Event | None:
    """The last start of a module's file before an index."""
    for event in reversed(timeline.events[:before]):
        if (
            event.kind is EventKind.MODULE_STARTED
            and (event.module, event.path) == (module, path)
            and event.process == process
        ):
            return event
    return None


def runs_by_path(timeline: Timeline, start: Event, imported: frozenset[Place]) -> bool:
    """Whether a file was started by something that is no import: Alembic, ``runpy``, a loader by path.

    ``imported`` are the places of the timeline's import records.
    """
    if start.link is None or start.module == timeline.entry.module:
        return False
    return start.link.kind is LinkKind.MIGRATION or start.link.place not in imported
