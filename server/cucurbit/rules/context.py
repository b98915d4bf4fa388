"""What a rule may look at: timelines and facts of one snapshot, and the helpers that turn them into evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar, cast

from cucurbit.rules.finding import Related
from cucurbit.simulate.timeline import EventKind, Link, LinkKind, Place, TableDefinition, Timeline
from cucurbit.source.facts import WHOLE_FILE, ModuleFacts
from cucurbit.source.span import START, Span
from cucurbit.workspace.model import EntryKind, Location, Workspace

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """One analysed snapshot.

    ``timelines`` are those of the entry points. ``isolated`` are those of files which may define tables and which no
    entry point executes: each imported alone, so that what they declare is known; nothing in them happens for real.
    """

    workspace: Workspace
    timelines: tuple[Timeline, ...]
    isolated: tuple[Timeline, ...]
    _derived: dict[object, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, make: Callable[[Context], T]) -> T:
        """What ``make`` works out of this snapshot, worked out at most once; ``make`` is its own key."""
        if make not in self._derived:
            self._derived[make] = make(self)
        return cast(T, self._derived[make])

    # ------------------------------------------------------------------- places

    def facts(self, path: str) -> ModuleFacts | None:
        return self.workspace.facts(path)

    def span(self, place: Place) -> Span:
        """The span of a place; the start of the file where it has none."""
        facts = self.workspace.facts(place.path)
        return START if facts is None else facts.span(place.at)

    def location(self, place: Place) -> Location:
        return Location(place.path, self.span(place))

    def at(self, place: Place) -> str:
        """``path:line``, for messages."""
        return f"{place.path}:{self.span(place).line}"

    # ----------------------------------------------------------------- evidence

    def chain(self, link: Link | None) -> tuple[Related, ...]:
        """A chain as evidence: one piece a link, from the entry point inwards."""
        return tuple(
            # The start of the entry point is no place in the source that says so.
            Related(self.location(step.place), describe(step))
            for step in link or ()
            if step.place.at != WHOLE_FILE
        )

    # -------------------------------------------------------------------- models

    @cached_property
    def definitions(self) -> Mapping[Place, TableDefinition]:
        """Every definition of a table that stands on some timeline, isolated ones included, by its place."""
        found: dict[Place, TableDefinition] = {}
        for timeline in (*self.timelines, *self.isolated):
            for event in timeline.of(EventKind.TABLE_REGISTERED, EventKind.TABLE_REJECTED, EventKind.TABLE_REUSED):
                if event.definition is not None:
                    found.setdefault(event.definition.place, event.definition)
        return found

    @cached_property
    def model_modules(self) -> Mapping[str, tuple[TableDefinition, ...]]:
        """The files that define tables, with their tables in the order of the file."""
        found: dict[str, list[TableDefinition]] = {}
        for place, definition in self.definitions.items():
            found.setdefault(place.path, []).append(definition)
        return {path: tuple(sorted(found[path], key=lambda d: d.place.at)) for path in sorted(found)}

    def alembic_timelines(self) -> Iterator[Timeline]:
        """The timelines of the alembic command, one for each environment."""
        return (timeline for timeline in self.timelines if timeline.entry.kind is EntryKind.ALEMBIC)


def describe(link: Link) -> str:
    """One link of a chain in words."""
    if link.kind is LinkKind.IMPORT:
        return f"imports {link.target}"
    if link.kind is LinkKind.MIGRATION:
        return f"runs {link.target} for the migrations"
    if link.kind is LinkKind.STARTUP:
        return f"start-up runs {link.target}()"
    return f"calls {link.target}()"
