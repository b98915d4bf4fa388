"""Patches the timelines of a snapshot instead of simulating them, where nothing but one module can notice an edit.

See :mod:`cucurbit.simulate.replay.patch`.
"""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.session.timeline_cache import CachedTimeline, TimelineCache
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.replay.patch import Patch, may_patch, patch_between
from cucurbit.simulate.replay.repetition import FileExecution, Kept, Reached, Shared
from cucurbit.simulate.run import simulate
from cucurbit.source.facts import ModuleFacts
from cucurbit.workspace.model import Workspace
from cucurbit.workspace.questions import Question
from cucurbit.workspace.standing import Standing


@dataclass(frozen=True, eq=False)
class _New:
    """The new module run of an edited file, with the patch that puts it in the place of the one in the timelines."""

    kept: Kept
    patch: Patch


class Patching:
    """The patches of one snapshot. Each edited file is executed once for all timelines."""

    def __init__(self, workspace: Workspace, timelines: TimelineCache, shared: Shared, standing: Standing) -> None:
        self._workspace = workspace
        self._timelines = timelines
        self._shared = shared
        self._standing = standing
        self._known: dict[Kept, _New | None] = {}

    def patched(self, cached: CachedTimeline) -> Timeline | None:
        """The valid timeline of an entry point whose known one is not; None if it must be simulated."""
        if not cached.can_be_patched:
            return None
        paths = cached.changed_facts(self._standing)
        if paths is None:
            return None
        timeline, patches = cached.simulated, dict[str, Kept]()
        for path in sorted(paths):
            here = cached.execution(path)
            new = None if here is None else self._new(path, here, cached)
            if here is None or new is None or new.patch.is_noticed(cached.reading_tables):
                return None
            changed = new.patch.apply(timeline, cached.executions, here)
            if changed is None:
                return None
            timeline, patches[path] = changed, new.kept
        cached.patch(timeline, patches)
        return timeline

    def _new(self, path: str, here: FileExecution, cached: CachedTimeline) -> _New | None:
        old = here.kept
        assert old is not None
        if old not in self._known:
            self._known[old] = self._made(path, old, cached)
        return self._known[old]

    def _made(self, path: str, old: Kept, cached: CachedTimeline) -> _New | None:
        if path in self._shared.read_as_text:
            return None
        question = Question("facts", (path,))
        now = self._standing.now(question)
        then = old.recording.asked.get(question)
        if not isinstance(now, ModuleFacts) or not isinstance(then, ModuleFacts):
            return None
        if not may_patch(old.recording, old.module, then, now):
            return None
        kept = self._still(path, cached) or self._executed(path, old)
        patch = None if kept is None else patch_between(old, kept)
        return None if kept is None or patch is None else _New(kept, patch)

    def _still(self, path: str, cached: CachedTimeline) -> Kept | None:
        """The module run of an earlier patch, if it is valid."""
        kept = cached.patches.get(path)
        return kept if kept is not None and self._standing.holds(kept.recording.answered) else None

    def _executed(self, path: str, old: Kept) -> Kept | None:
        """The file executed again, in the program that reaches it first."""
        cached = min(self._timelines.executing(path, old), key=lambda each: each[1].first, default=None)
        if cached is None:
            return None
        self._shared.stop_at = path
        try:
            simulate(self._workspace, cached[0].simulated.entry, self._shared)
        except Reached:
            return self._shared.executions[-1].kept
        finally:
            self._shared.stop_at = ""
        return None
