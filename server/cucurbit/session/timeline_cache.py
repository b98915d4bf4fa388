"""Timelines that are reused while the answers that they depend on are unchanged.

While an entry point is simulated, every question that the simulator asks the workspace is recorded with its answer. A
timeline is valid for a later snapshot if the same questions have the same answers there; facts are the same if they
execute alike, on whatever lines. So no code has to know which timelines a change affects: a file that was not found, a
listed folder, a version and a setting are all questions. If only the contents of a few files can differ, only the
questions about these files are asked again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from cucurbit.simulate.core.timeline import Timeline
from cucurbit.workspace.model import EntryPoint
from cucurbit.workspace.questions import Answered, Question, by_content
from cucurbit.workspace.standing import Standing


@dataclass(frozen=True, eq=False)
class _CachedTimeline:
    timeline: Timeline
    answers: Mapping[Question, object]

    @cached_property
    def answered(self) -> Answered:
        """The answers, indexed by the files whose contents they depend on."""
        return by_content(self.answers)


class TimelineCache:
    """Timelines by entry point, with the answers that they depend on. For one thread."""

    def __init__(self) -> None:
        self._kept: dict[EntryPoint, _CachedTimeline] = {}
        self._asking: dict[str, set[_CachedTimeline]] = defaultdict(set)
        self._others: set[_CachedTimeline] = set()
        self._unlisted: dict[_CachedTimeline, None] = {}
        """Those not indexed yet in :attr:`_asking` and :attr:`_others`: often no change needs the index."""

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, timeline: Timeline, answers: Mapping[Question, object]) -> None:
        """Store a timeline with the answers that it depends on; it replaces an older one of the same entry point."""
        self._drop(timeline.entry)
        self._kept[timeline.entry] = kept = _CachedTimeline(timeline, answers)
        self._unlisted[kept] = None

    def keep_only(self, entries: Iterable[EntryPoint]) -> None:
        """Drop the timelines of all other entry points."""
        for entry in self._kept.keys() - set(entries):
            self._drop(entry)

    def holding(self, entry: EntryPoint, standing: Standing) -> Timeline | None:
        """The timeline of ``entry`` if it is valid, else None."""
        kept = self._kept.get(entry)
        return kept.timeline if kept is not None and standing.holds(kept.answered) else None

    def all_hold(self, changed: frozenset[str], standing: Standing) -> bool:
        """Whether all timelines are valid, if only the contents of the files ``changed`` can differ."""
        self._list()
        asking = self._others.union(*(self._asking[path] for path in changed if path in self._asking))
        return all(standing.holds(kept.answered) for kept in asking)

    def _list(self) -> None:
        for kept in self._unlisted:
            for path in kept.answered.by_path:
                self._asking[path].add(kept)
            if kept.answered.others:
                self._others.add(kept)
        self._unlisted = {}

    def _drop(self, entry: EntryPoint) -> None:
        kept = self._kept.pop(entry, None)
        if kept is None:
            return
        if kept in self._unlisted:
            del self._unlisted[kept]
            return
        self._others.discard(kept)
        for path in kept.answered.by_path:
            self._asking[path].discard(kept)
