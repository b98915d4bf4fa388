"""Timelines, and what rules made of them, that stand for as long as everything they were made of does.

While an entry point is simulated, every question that the simulator asks of the workspace is written down with its
answer. A timeline holds for a later snapshot if the same questions have the same answers there; facts count as the
same when they execute alike, wherever they stand. So nothing has to be known of what a change may touch: a file looked
up and missed, a folder listed, a version and a setting are all questions. Where it is known that the contents of a few
files are all that may differ, only the questions about those are asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from cucurbit.rules.context import Context
from cucurbit.rules.remembered import Remembered
from cucurbit.simulate.run import simulate
from cucurbit.simulate.timeline import Timeline
from cucurbit.source.facts import ModuleFacts, Step
from cucurbit.source.fingerprint import imports_alike, steps_alike
from cucurbit.workspace.index import FolderWorkspace, Stamp
from cucurbit.workspace.model import EntryPoint, Workspace
from cucurbit.workspace.questions import Answered, Question, Witness, by_content


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
        self._timelines: tuple[Timeline, ...] = ()
        self._of: Stamp | None = None

    def over(self, workspace: FolderWorkspace, before_each: Callable[[EntryPoint], None]) -> Simulator:
        """The simulator of one snapshot. ``before_each`` is called before each entry point that is really simulated."""
        changed = None if self._of is None else workspace.changed_since(self._of)
        return Simulator(workspace, self._kept, changed, before_each)

    def settle(self, workspace: FolderWorkspace, context: Context) -> Context:
        """The context of a snapshot, with what holds of earlier results; the timelines of all others are forgotten."""
        timelines = (*context.timelines, *context.isolated)
        changed = None if self._of is None else workspace.changed_since(self._of)
        same = len(timelines) == len(self._timelines) and all(map(_is, timelines, self._timelines))
        if changed is None or not same:
            self._remembered = Remembered()
        else:
            self._remembered.change(workspace, changed)
        entries = {timeline.entry for timeline in timelines}
        self._kept = {entry: kept for entry, kept in self._kept.items() if entry in entries}
        self._timelines, self._of = timelines, workspace.stamp
        witness = Witness(workspace, self._remembered.note)
        return Context(witness, context.timelines, context.isolated, self._remembered)

    @property
    def worked_out(self) -> int:
        """How many results of rules were worked out for the last snapshot."""
        return self._remembered.worked_out


def _is(one: object, other: object) -> bool:
    return one is other


class Simulator:
    """Simulates entry points over one snapshot, or gives the timeline that still holds."""

    def __init__(
        self,
        workspace: Workspace,
        kept: dict[EntryPoint, _Kept],
        changed: Iterable[str] | None,
        before_each: Callable[[EntryPoint], None],
    ) -> None:
        self._workspace = workspace
        self._kept = kept
        self._changed = None if changed is None else frozenset(changed)
        self._before_each = before_each
        self._now: dict[Question, object] = {}
        self._alike: dict[tuple[int, int], bool] = {}
        self.simulated = 0
        """How many entry points no timeline was kept for."""

    def __call__(self, workspace: Workspace, entry: EntryPoint) -> Timeline:
        """The timeline of ``entry``. ``workspace`` must be the snapshot that this simulator was made for."""
        kept = self._kept.get(entry)
        if kept is not None and all(self._holds(question, answer) for question, answer in self._in_doubt(kept)):
            return kept.timeline
        self._before_each(entry)
        self.simulated += 1
        answers: dict[Question, object] = {}
        timeline = simulate(Witness(workspace, answers.__setitem__), entry)
        self._kept[entry] = _Kept(timeline, answers)
        return timeline

    def _in_doubt(self, kept: _Kept) -> Iterable[tuple[Question, object]]:
        if self._changed is None:
            return kept.answers.items()
        by_path = kept.answered.by_path
        return [*kept.answered.others, *(pair for path in self._changed for pair in by_path.get(path, ()))]

    def _holds(self, question: Question, answer: object) -> bool:
        if question in self._now:
            now = self._now[question]
        else:
            now = question.ask(self._workspace)
            self._now[question] = now
        if now is answer:
            return True
        if isinstance(now, ModuleFacts) and isinstance(answer, ModuleFacts):
            return self._import_alike(now, answer)
        if question.name == "body":
            return steps_alike(cast("tuple[Step, ...]", now), cast("tuple[Step, ...]", answer))
        return now == answer

    def _import_alike(self, now: ModuleFacts, then: ModuleFacts) -> bool:
        key = (id(now), id(then))
        if key not in self._alike:
            self._alike[key] = imports_alike(now, then)
        return self._alike[key]
