"""Timelines, and what rules made of them, that stand for as long as everything they were made of does.

While an entry point is simulated, every question that the simulator asks of the workspace is written down with its
answer. A timeline holds for a later snapshot if the same questions have the same answers there; facts count as the
same when they execute alike, wherever they stand. So nothing has to be known of what a change may touch: a file looked
up and missed, a folder listed, a version and a setting are all questions. Where it is known that the contents of a few
files are all that may differ, only the questions about those are asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from cucurbit.rules.context import Context
from cucurbit.rules.remembered import Remembered
from cucurbit.simulate.garbage import LongLived
from cucurbit.simulate.repetition import Shared
from cucurbit.simulate.run import simulate
from cucurbit.simulate.timeline import Timeline
from cucurbit.workspace.index import FolderWorkspace, Stamp
from cucurbit.workspace.model import EntryPoint, Workspace
from cucurbit.workspace.questions import Answered, Question, Witness, by_content
from cucurbit.workspace.standing import Standing


@dataclass(frozen=True)
class _Kept:
    timeline: Timeline
    answers: Mapping[Question, object]

    @cached_property
    def answered(self) -> Answered:
        """The answers that a change of contents may change."""
        return by_content(self.answers)


class Memory:
    """The timelines of the last snapshots, and the results of rules on the last one. For one thread."""

    def __init__(self) -> None:
        self._kept: dict[EntryPoint, _Kept] = {}
        self._remembered = Remembered()
        self._before: Context | None = None
        self._of: Stamp | None = None
        self._shared = Shared(answers=True)
        self._shared_of: Stamp | None = None
        self.long_lived = LongLived()

    def over(self, workspace: FolderWorkspace, before_each: Callable[[EntryPoint], None]) -> Simulator:
        """The simulator of one snapshot. ``before_each`` is called before each entry point that is really simulated."""
        standing = Standing(workspace, None if self._of is None else workspace.changed_since(self._of))
        since = standing if self._shared_of == self._of else Standing(workspace, self._changed(workspace))
        self._shared.forget(since)
        self._shared_of = workspace.stamp
        return Simulator(self._kept, standing, self._shared, before_each)

    def _changed(self, workspace: FolderWorkspace) -> frozenset[str] | None:
        """What may differ from the last snapshot that was simulated, to its end or not."""
        return None if self._shared_of is None else workspace.changed_since(self._shared_of)

    def settle(self, workspace: FolderWorkspace, context: Context) -> Context:
        """The context of a snapshot, with what holds of earlier results; the timelines of all others are forgotten."""
        changed = None if self._of is None else workspace.changed_since(self._of)
        if changed is None or self._before is None:
            self._remembered = Remembered()
        else:
            self._remembered.change(workspace, changed, context.other_inputs(self._before))
        entries = {timeline.entry for timeline in (*context.timelines, *context.isolated)}
        self._kept = {entry: kept for entry, kept in self._kept.items() if entry in entries}
        self._before, self._of = context, workspace.stamp
        witness = Witness(workspace, self._remembered.note)
        return Context(witness, context.timelines, context.isolated, self._remembered)

    @property
    def worked_out(self) -> int:
        """How many results of rules were worked out for the last snapshot."""
        return self._remembered.worked_out


class Simulator:
    """Simulates entry points over one snapshot, or gives the timeline that still holds."""

    def __init__(
        self,
        kept: dict[EntryPoint, _Kept],
        standing: Standing,
        shared: Shared,
        before_each: Callable[[EntryPoint], None],
    ) -> None:
        self._kept = kept
        self._standing = standing
        self._shared = shared
        self._before_each = before_each
        self.simulated = 0
        """How many entry points no timeline was kept for."""

    def __call__(self, workspace: Workspace, entry: EntryPoint) -> Timeline:
        """The timeline of ``entry``. ``workspace`` must be the snapshot that this simulator was made for."""
        kept = self._kept.get(entry)
        if kept is not None and self._standing.holds(kept.answered):
            return kept.timeline
        self._before_each(entry)
        self.simulated += 1
        answers: dict[Question, object] = {}
        timeline = simulate(workspace, entry, self._shared, answers.__setitem__)
        self._kept[entry] = _Kept(timeline, answers)
        return timeline
