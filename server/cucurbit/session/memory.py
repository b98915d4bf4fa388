"""Results of earlier snapshots that are reused: timelines, executions of modules, results of rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import SimulationFailed, Simulator, analyse
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.remembered import Remembered
from cucurbit.ide.table_status import TimelineIndex
from cucurbit.session.patching import Patching
from cucurbit.session.snapshot_findings import grouped
from cucurbit.session.timeline_cache import CachedTimeline, TimelineCache
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.core.work import Work, no_check
from cucurbit.simulate.garbage import LongLived
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.simulate.run import simulate
from cucurbit.workspace.index import FolderWorkspace, Stamp
from cucurbit.workspace.model import EntryPoint, Workspace
from cucurbit.workspace.questions import Question, Witness
from cucurbit.workspace.standing import Standing


@dataclass(frozen=True)
class _Settled:
    """The last snapshot whose simulation was completed."""

    stamp: Stamp
    context: Context


class Memory:
    """The timelines of the last snapshots, and the results of rules for the last one. For one thread."""

    def __init__(self) -> None:
        self._timelines = TimelineCache()
        self._remembered = Remembered()
        self._settled: _Settled | None = None
        self._is_between = False
        """Whether a later simulation was cancelled, so that the timelines are not those of the last snapshot."""
        self._shared = Shared(answers=True)
        self._shared_of: Stamp | None = None
        self._long_lived = LongLived()
        self._grouped: tuple[tuple[Finding, ...], Mapping[str, tuple[Finding, ...]]] = ((), {})
        self._timeline_index = TimelineIndex((), ())
        self.simulated = 0
        """How many entry points were simulated again for the last snapshot."""
        self.patched = 0
        """How many timelines were patched for it."""

    @property
    def worked_out(self) -> int:
        """How many results of rules were computed for the last snapshot."""
        return self._remembered.worked_out

    def analysed(
        self,
        workspace: FolderWorkspace,
        before_each: Callable[[EntryPoint], None],
        failed: SimulationFailed,
        check: Callable[[], None] = no_check,
    ) -> Context:
        """The context of a snapshot, with the earlier results that are still valid; all others are dropped.

        ``before_each`` is called before each entry point that is simulated. An exception that it raises is passed on,
        and the timelines simulated so far are kept. ``check`` is called regularly during simulations, and at each
        question that a rule asks the workspace. If it raises, :meth:`forget_rules` must be called.
        """
        self._shared.work = Work(check)
        before = self._settled
        changed = None if before is None else workspace.changed_since(before.stamp)
        standing = Standing(workspace, changed)
        self._forget(workspace, standing)
        self.simulated = self.patched = 0
        if before is not None and self._all_stands(workspace, standing, before):
            context = before.context.with_workspace(workspace)
        else:
            self._is_between = True
            context = analyse(workspace, self._simulator(standing, before_each), failed)
            self._timelines.keep_only(context.entries)
            self._is_between = len(self._timelines) < len(context.entries)
        if before is None or changed is None or self._remembered.is_outgrown:
            self._remembered = Remembered()
        else:
            self._remembered.change(workspace, changed, context.other_inputs(before.context))
        self._settled = _Settled(workspace.stamp, context)
        remembered = self._remembered

        def note(question: Question, answer: object) -> None:
            check()
            remembered.note(question, answer)

        witness = Witness(workspace, note)
        return context.with_workspace(witness, self._remembered, self._shared)

    def forget_rules(self) -> None:
        """The rules were stopped: drop their results, of which some may be incomplete."""
        self._remembered = Remembered()

    def grouped(self, findings: tuple[Finding, ...]) -> Mapping[str, tuple[Finding, ...]]:
        """The findings of each file; the same object as before if ``findings`` is."""
        if findings is not self._grouped[0]:
            self._grouped = (findings, grouped(findings))
        return self._grouped[1]

    def timeline_index(self, context: Context) -> TimelineIndex:
        """The index of the timelines; the same object as before if the timelines are."""
        if (context.timelines, context.isolated) != (self._timeline_index.timelines, self._timeline_index.isolated):
            self._timeline_index = TimelineIndex(context.timelines, context.isolated)
        return self._timeline_index

    def settle(self) -> None:
        """The rules have run: exclude the long-lived objects from garbage collection."""
        self._remembered.settle()
        if self.simulated:
            self._long_lived.settle()

    def rest(self) -> None:
        """Nothing has changed for a while: free what is no longer known."""
        self._long_lived.rest()

    def _all_stands(self, workspace: FolderWorkspace, standing: Standing, before: _Settled) -> bool:
        """Whether every timeline is still valid, and no other entry point needs a simulation."""
        return (
            standing.changed is not None
            and not self._is_between
            and all(
                workspace.may_declare_tables(path) is declares
                for path, declares in before.context.hidden.items()
                if path in standing.changed
            )
            and workspace.candidates() == before.context.workspace.candidates()
            and self._timelines.all_hold(standing.changed, standing)
        )

    def _forget(self, workspace: FolderWorkspace, standing: Standing) -> None:
        """Drop the executions of modules that changed since the last simulation, completed or cancelled."""
        of = self._shared_of
        if of is not None and (self._settled is None or of is not self._settled.stamp):
            standing = Standing(workspace, workspace.changed_since(of))
        self._shared.forget(standing)
        self._shared_of = workspace.stamp

    def _simulator(self, standing: Standing, before_each: Callable[[EntryPoint], None]) -> Simulator:
        """A simulator that returns the known timeline if it is still valid, and else simulates the entry point."""

        patching: Patching | None = None

        def run(workspace: Workspace, entry: EntryPoint) -> Timeline:
            nonlocal patching
            known = self._timelines.holding(entry, standing)
            if known is not None:
                return known
            before = self._timelines.get(entry)
            if before is not None:
                patching = patching or Patching(workspace, self._timelines, self._shared, standing)
                patched = patching.patched(before)
                if patched is not None:
                    self.patched += 1
                    return patched
            before_each(entry)
            self.simulated += 1
            answers: dict[Question, object] = {}
            timeline = simulate(workspace, entry, self._shared, answers.__setitem__)
            executions, tables = tuple(self._shared.executions), self._shared.clock.reading_tables
            self._timelines.keep(CachedTimeline(timeline, answers, executions, tables))
            return timeline

        return run
