"""The analysis of one snapshot of a workspace."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, TextEdit
from cucurbit.analysis.engine import findings
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.rule import Rule
from cucurbit.fixes.gate import Gate
from cucurbit.fixes.quick_fixes import fixes_for
from cucurbit.ide.table_status import TableStatuses, TimelineIndex
from cucurbit.rules.catalogue import RULES
from cucurbit.session.cancellation import Cancelled, CancelToken, Overdue, check_time
from cucurbit.session.line_shift import LineShift
from cucurbit.session.memory import Memory
from cucurbit.session.snapshot_findings import Buffer, SnapshotFindings
from cucurbit.simulate.garbage import undisturbed
from cucurbit.source.text import SourceText
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryPoint

_LOG = logging.getLogger(__name__)

Progress = Callable[[int, int, str], None]
"""Called with the number of entry points done, their total number, and the next one."""


@dataclass(frozen=True)
class Analysis(SnapshotFindings):
    """One analysed snapshot: its findings, and the timelines and facts that they are derived from.

    ``simulated`` counts the entry points that were simulated again for this snapshot, ``worked_out`` the rules, and
    parts of rules, that ran again. ``is_whole``: no rule and no simulation raised an exception.
    """

    context: Context
    timeline_index: TimelineIndex
    simulated: int = 0
    worked_out: int = 0
    is_whole: bool = True
    _fixes: dict[Finding, tuple[Fix, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)

    @cached_property
    def statuses(self) -> TableStatuses:
        """The status of each table definition on each timeline."""
        return TableStatuses(self.context, self.timeline_index)

    @cached_property
    def gate(self) -> Gate:
        """Checks the fixes for this snapshot."""
        return Gate(self.context, RULES, check=check_time)

    def fixes_of(self, finding: Finding) -> tuple[Fix, ...]:
        """The applicable fixes of a finding. They are computed once, which may need a simulation."""
        if finding not in self._fixes:
            self._fixes[finding] = tuple(fix for fix in fixes_for(self.gate, finding) if self.is_applicable(fix))
        return self._fixes[finding]

    def is_applicable(self, fix: Fix) -> bool:
        """Whether the places of a fix match the current texts; those of a file with a syntax error may not."""
        return not any(isinstance(edit, TextEdit) and self.workspace.is_stale(edit.path) for edit in fix.edits)

    def line(self, path: str, line: int) -> int | None:
        """The line in the facts of ``path`` that matches ``line`` of its text; None if that line was edited."""
        shift = self.line_shifts.get(path)
        return line if shift is None else shift.back(line)


def analyse_snapshot(
    number: int,
    workspace: FolderWorkspace,
    buffers: Mapping[str, Buffer],
    good: dict[str, str],
    memory: Memory,
    token: CancelToken,
    progress: Progress,
) -> Analysis:
    """Analyse one snapshot, reusing the timelines in ``memory`` that are still valid.

    ``good`` holds the last text without a syntax error of each buffer; it is updated here.

    Raises:
        Cancelled: ``token`` was cancelled; the timelines simulated so far are kept in ``memory``.
        Overdue: it took too long, see :func:`cucurbit.session.cancellation.limited`; the timelines are kept too.
    """
    token.check()
    entries = workspace.entry_points
    done = 0

    def before_each(entry: EntryPoint) -> None:
        nonlocal done
        token.check()
        progress(done, max(done + 1, len(entries)), entry.target)
        done += 1

    failures = _Failures()
    with undisturbed():
        try:
            context = memory.analysed(workspace, before_each, failures.of_simulation, check_time)
            token.check()
            found = findings(context, RULES, failures.of_rule)
        except Overdue:
            memory.forget_rules()
            raise
    memory.settle()
    frozen = context.frozen(workspace)
    line_shifts = _line_shifts(workspace, buffers, good)
    return Analysis(
        number,
        workspace,
        found,
        memory.grouped(found),
        buffers,
        line_shifts,
        frozen,
        memory.timeline_index(frozen),
        memory.simulated,
        memory.worked_out,
        is_whole=not failures.count,
    )


class _Failures:
    """Counts and logs the rules and simulations that raised an exception; all others go on."""

    def __init__(self) -> None:
        self.count = 0

    def of_rule(self, rule: Rule, error: Exception) -> None:
        if isinstance(error, Overdue):
            raise error
        self.count += 1
        _LOG.error("the rule %s failed: %r", rule.name, error, exc_info=error)

    def of_simulation(self, entry: EntryPoint, error: Exception) -> None:
        if isinstance(error, (Cancelled, Overdue)):
            raise error
        self.count += 1
        _LOG.error("the simulation of %s failed: %r", entry.target, error, exc_info=error)


def _line_shifts(
    workspace: FolderWorkspace, buffers: Mapping[str, Buffer], good: dict[str, str]
) -> dict[str, LineShift]:
    line_shifts: dict[str, LineShift] = {}
    for path in [path for path in good if path not in buffers]:
        del good[path]
    for path, buffer in buffers.items():
        if not workspace.is_stale(path):
            good[path] = buffer.text
        elif path in good:
            line_shifts[path] = LineShift.between(SourceText(good[path]), SourceText(buffer.text))
    return line_shifts
