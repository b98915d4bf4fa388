"""Timelines of entry points that a person named and that no analysis contains."""

from __future__ import annotations

from collections.abc import Callable

from cucurbit.session.timeline_cache import CachedTimeline, TimelineCache
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.core.work import Work, no_check
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.simulate.run import simulate
from cucurbit.workspace.model import EntryPoint, Workspace
from cucurbit.workspace.questions import Question
from cucurbit.workspace.standing import Standing

LIMIT = 16
"""How many of these timelines are kept: the ones that were asked for last."""


class RequestedTimelines:
    """Simulates an entry point when its timeline is asked for, and keeps the timeline while it is valid.

    For one thread at a time.
    """

    def __init__(self) -> None:
        self._cache = TimelineCache()
        self._recent: dict[EntryPoint, None] = {}

    def timeline(self, workspace: Workspace, entry: EntryPoint, check: Callable[[], None] = no_check) -> Timeline:
        """The timeline of ``entry`` in this snapshot of the workspace. ``check`` is called regularly.

        Raises:
            Exception: whatever ``check`` raises.
        """
        self._recent.pop(entry, None)
        self._recent[entry] = None
        known = self._cache.holding(entry, Standing(workspace, changed=None))
        if known is not None:
            return known
        answers: dict[Question, object] = {}
        shared = Shared(answers=True)
        shared.work = Work(check)
        timeline = simulate(workspace, entry, shared, answers.__setitem__)
        self._cache.keep(CachedTimeline(timeline, answers))
        self._recent = dict.fromkeys(list(self._recent)[-LIMIT:])
        self._cache.keep_only(self._recent)
        return timeline
