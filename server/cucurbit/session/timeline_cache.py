"""Timelines that are reused while the answers that they depend on are unchanged.

While an entry point is simulated, every question that the simulator asks the workspace is recorded with its answer. A
timeline is valid for a later snapshot if the same questions have the same answers there; facts are the same if they
execute alike, on whatever lines. So no code has to know which timelines a change affects: a file that was not found, a
listed folder, a version and a setting are all questions. If only the contents of a few files can differ, only the
questions about these files are asked again.

If only the facts of a few files differ, a timeline may be patched (:mod:`cucurbit.session.patching`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.replay.patch import can_be_patched
from cucurbit.simulate.replay.repetition import FileExecution, Kept
from cucurbit.workspace.model import EntryPoint
from cucurbit.workspace.questions import Answered, Question, by_content
from cucurbit.workspace.standing import Standing


@dataclass(eq=False)
class CachedTimeline:
    """The timeline of an entry point, as simulated and as it is now, with the answers that it depends on."""

    simulated: Timeline
    answers: Mapping[Question, object]
    executions: Sequence[FileExecution] = ()
    reading_tables: Mapping[str, set[str]] = field(default_factory=dict)
    """See :attr:`cucurbit.simulate.core.cells.Clock.reading_tables`."""
    patches: Mapping[str, Kept] = field(default_factory=dict)
    """The module runs that replace those of the simulation, by file."""
    timeline: Timeline = field(init=False)

    def __post_init__(self) -> None:
        self.timeline = self.simulated

    @cached_property
    def answered(self) -> Answered:
        """The answers of the simulation, indexed by the files whose contents they depend on."""
        return by_content(self.answers)

    @cached_property
    def can_be_patched(self) -> bool:
        return can_be_patched(self.simulated)

    def holds(self, standing: Standing) -> bool:
        """Whether the timeline is valid as it is now."""
        if not self.patches:
            return standing.holds(self.answered)
        if standing.changed is None:
            return False
        return standing.hold(self._in_doubt(standing.changed))

    def _in_doubt(self, changed: Iterable[str]) -> Iterator[tuple[Question, object]]:
        runs = [self.answered, *(kept.recording.answered for kept in self.patches.values())]
        for answered in runs:
            yield from answered.others
        for path in changed:
            yield from (
                pair
                for pair in self.answered.by_path.get(path, ())
                if path not in self.patches or pair[0].name != "facts"
            )
            for answered in runs[1:]:
                yield from answered.by_path.get(path, ())

    def changed_facts(self, standing: Standing) -> frozenset[str] | None:
        """The files whose facts differ from those of the simulation; None if anything else differs."""
        if standing.changed is None or not standing.hold(self.answered.others):
            return None
        found: set[str] = set()
        for path in standing.changed | self.patches.keys():
            for question, answer in self.answered.by_path.get(path, ()):
                if not standing.hold([(question, answer)]):
                    if question.name != "facts":
                        return None
                    found.add(path)
        return frozenset(found)

    def execution(self, path: str) -> FileExecution | None:
        """The only execution of a file, if that can be repeated."""
        found = [each for each in self.executions if each.path == path]
        return found[0] if len(found) == 1 and found[0].kept is not None else None

    def patch(self, timeline: Timeline, patches: Mapping[str, Kept]) -> None:
        """From now on it is ``timeline``, in which the module runs ``patches`` replace those of the simulation."""
        self.timeline, self.patches = timeline, patches


class TimelineCache:
    """Timelines by entry point, with the answers that they depend on. For one thread."""

    def __init__(self) -> None:
        self._kept: dict[EntryPoint, CachedTimeline] = {}
        self._asking: dict[str, set[CachedTimeline]] = defaultdict(set)
        self._others: set[CachedTimeline] = set()
        self._unlisted: dict[CachedTimeline, None] = {}
        """Those not indexed yet in :attr:`_asking` and :attr:`_others`: often no change needs the index."""

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, entry: EntryPoint) -> CachedTimeline | None:
        """What is known of an entry point, valid or not."""
        return self._kept.get(entry)

    def keep(self, kept: CachedTimeline) -> None:
        """Store a timeline with the answers that it depends on; it replaces an older one of the same entry point."""
        entry = kept.simulated.entry
        self._drop(entry)
        self._kept[entry] = kept
        self._unlisted[kept] = None

    def keep_only(self, entries: Iterable[EntryPoint]) -> None:
        """Drop the timelines of all other entry points."""
        for entry in self._kept.keys() - set(entries):
            self._drop(entry)

    def holding(self, entry: EntryPoint, standing: Standing) -> Timeline | None:
        """The timeline of ``entry`` if it is valid, else None."""
        kept = self._kept.get(entry)
        return kept.timeline if kept is not None and kept.holds(standing) else None

    def executing(self, path: str, kept: Kept) -> Iterator[tuple[CachedTimeline, FileExecution]]:
        """The timelines in which a module run is the only execution of its file, with that."""
        for each in self._kept.values():
            here = each.execution(path)
            if here is not None and here.kept is kept:
                yield each, here

    def all_hold(self, changed: frozenset[str], standing: Standing) -> bool:
        """Whether all timelines are valid, if only the contents of the files ``changed`` can differ."""
        self._list()
        asking = self._others.union(*(self._asking[path] for path in changed if path in self._asking))
        # What a patch asked is not indexed.
        asking.update(kept for kept in self._kept.values() if kept.patches)
        return all(kept.holds(standing) for kept in asking)

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
