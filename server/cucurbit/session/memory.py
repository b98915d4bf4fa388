"""What stands of the snapshots before: timelines, executions of modules, results of rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import SimulationFailed, Simulator, analyse
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.remembered import Remembered
from cucurbit.ide.standing import Walk
from cucurbit.session.outcome import grouped
from cucurbit.session.timelines import Timelines
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.garbage import LongLived
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.simulate.run import simulate
from cucurbit.workspace.index import FolderWorkspace, Stamp
from cucurbit.workspace.model import EntryPoint, Workspace
from cucurbit.workspace.questions import Question, Witness
from cucurbit.workspace.standing import Standing


@dataclass(frozen=True)
class _Settled:
    """The last snapshot that was simulated to its end."""

    stamp: Stamp
    context: Context


class Memory:
    """The timelines of the last snapshots, and the results of rules on the last one. For one thread."""

    def __init__(self) -> None:
        self._timelines = Timelines()
        self._remembered = Remembered()
        self._settled: _Settled | None = None
        self._is_between = False
        """Whether the timelines are not those of the last snapshot: the one after it was not simulated to its end."""
        self._shared = Shared(answers=True)
        self._shared_of: Stamp | None = None
        self._long_lived = LongLived()
        self._grouped: tuple[tuple[Finding, ...], Mapping[str, tuple[Finding, ...]]] = ((), {})
        self._walk = Walk((), ())
        self.simulated = 0
        """How many entry points were simulated anew for the last snapshot."""

    @property
    def worked_out(self) -> int:
        """How many results of rules were worked out for the last snapshot."""
        return self._remembered.worked_out

    def analysed(
        self, workspace: FolderWorkspace, before_each: Callable[[EntryPoint], None], failed: SimulationFailed
    ) -> Context:
        """The context of a snapshot, with what holds of earlier results; all others are forgotten.

        ``before_each`` is called before each entry point that is really simulated. What it raises passes, and what was
        simulated by then is kept.
        """
        before = self._settled
        changed = None if before is None else workspace.changed_since(before.stamp)
        standing = Standing(workspace, changed)
        self._forget(workspace, standing)
        self.simulated = 0
        if before is not None and self._all_stands(workspace, standing, before):
            context = before.context.over(workspace)
        else:
            self._is_between = True
            context = analyse(workspace, self._simulator(standing, before_each), failed)
            self._timelines.keep_only(context.entries)
            self._is_between = len(self._timelines) < len(context.entries)
        if before is None or changed is None:
            self._remembered = Remembered()
        else:
            self._remembered.change(workspace, changed, context.other_inputs(before.context))
        self._settled = _Settled(workspace.stamp, context)
        witness = Witness(workspace, self._remembered.note)
        return context.over(witness, self._remembered)

    def grouped(self, findings: tuple[Finding, ...]) -> Mapping[str, tuple[Finding, ...]]:
        """The findings of each file: the very same where the findings are."""
        if findings is not self._grouped[0]:
            self._grouped = (findings, grouped(findings))
        return self._grouped[1]

    def walk(self, context: Context) -> Walk:
        """What the timelines tell of each definition: the very same where the timelines are."""
        if (context.timelines, context.isolated) != (self._walk.timelines, self._walk.isolated):
            self._walk = Walk(context.timelines, context.isolated)
        return self._walk

    def settle(self) -> None:
        """The rules have run: what is known now is going to stand for long."""
        if self.simulated:
            self._long_lived.settle()

    def _all_stands(self, workspace: FolderWorkspace, standing: Standing, before: _Settled) -> bool:
        """Whether every timeline holds, and there is no other to be simulated."""
        return (
            standing.changed is not None
            and not self._is_between
            and all(
                workspace.may_declare_tables(path) is declares
                for path, declares in before.context.behind.items()
                if path in standing.changed
            )
            and workspace.candidates() == before.context.workspace.candidates()
            and self._timelines.all_hold(standing.changed, standing)
        )

    def _forget(self, workspace: FolderWorkspace, standing: Standing) -> None:
        """Forget the executions that do not stand since a snapshot was simulated last, to its end or not."""
        of, self._shared_of = self._shared_of, workspace.stamp
        if of is not None and (self._settled is None or of is not self._settled.stamp):
            standing = Standing(workspace, workspace.changed_since(of))
        self._shared.forget(standing)

    def _simulator(self, standing: Standing, before_each: Callable[[EntryPoint], None]) -> Simulator:
        """What gives the timeline that still holds, or simulates the entry point."""

        def run(workspace: Workspace, entry: EntryPoint) -> Timeline:
            known = self._timelines.holding(entry, standing)
            if known is not None:
                return known
            before_each(entry)
            self.simulated += 1
            answers: dict[Question, object] = {}
            timeline = simulate(workspace, entry, self._shared, answers.__setitem__)
            self._timelines.keep(timeline, answers)
            return timeline

        return run
