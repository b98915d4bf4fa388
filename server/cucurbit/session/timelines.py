"""Timelines that stand for as long as everything they were made of does.

While an entry point is simulated, every question that the simulator asks of the workspace is written down with its
answer. A timeline holds for a later snapshot if the same questions have the same answers there; facts count as the
same when they execute alike, wherever they stand. So nothing has to be known of what a change may touch: a file looked
up and missed, a folder listed, a version and a setting are all questions. Where it is known that the contents of a few
files are all that may differ, only the questions about those are asked again, and those who asked them are known.
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
class _Kept:
    timeline: Timeline
    answers: Mapping[Question, object]

    @cached_property
    def answered(self) -> Answered:
        """The answers that a change of contents may change."""
        return by_content(self.answers)


class Timelines:
    """The timelines of the last snapshots, by entry point. For one thread."""

    def __init__(self) -> None:
        self._kept: dict[EntryPoint, _Kept] = {}
        self._asking: dict[str, set[_Kept]] = defaultdict(set)
        self._others: set[_Kept] = set()
        self._unlisted: dict[_Kept, None] = {}
        """Those that :attr:`_asking` and :attr:`_others` do not have yet: there may be no change after the first."""

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, timeline: Timeline, answers: Mapping[Question, object]) -> None:
        """Keep a timeline, with all that it was made of, instead of an older one of the same entry point."""
        self._drop(timeline.entry)
        self._kept[timeline.entry] = kept = _Kept(timeline, answers)
        self._unlisted[kept] = None

    def keep_only(self, entries: Iterable[EntryPoint]) -> None:
        """Forget the timelines of all other entry points."""
        for entry in self._kept.keys() - set(entries):
            self._drop(entry)

    def holding(self, entry: EntryPoint, standing: Standing) -> Timeline | None:
        """The timeline of ``entry``, where it holds."""
        kept = self._kept.get(entry)
        return kept.timeline if kept is not None and standing.holds(kept.answered) else None

    def all_hold(self, changed: frozenset[str], standing: Standing) -> bool:
        """Whether all timelines hold, where the contents of ``changed`` are all that may differ."""
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
