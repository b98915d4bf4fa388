"""What is known of one snapshot."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cucurbit.fixes.edits import Fix
from cucurbit.ide.standing import Standings
from cucurbit.rules.baseline import Malformed, compare
from cucurbit.rules.context import Context
from cucurbit.rules.engine import analyse, findings
from cucurbit.rules.finding import Finding, Severity
from cucurbit.rules.rule import Rule
from cucurbit.session.baselines import baseline_of
from cucurbit.session.cancel import Cancelled, CancelToken
from cucurbit.session.drift import Drift
from cucurbit.session.memory import Memory
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryPoint

_LOG = logging.getLogger(__name__)

Progress = Callable[[int, int, str], None]
"""Called with the entry points done, how many there are, and the one that comes next."""


@dataclass(frozen=True)
class Buffer:
    """A file open in the editor. ``version`` is the editor's number for this text."""

    text: str
    version: int


@dataclass(frozen=True)
class Analysis:
    """One analysed snapshot.

    ``buffers`` are the files that were open. ``drifts`` are those of the buffers whose text has a syntax error, so
    that the facts are of an older text. ``simulated`` counts the entry points simulated anew for this snapshot,
    ``worked_out`` the rules, and parts of them, that ran anew.
    """

    number: int
    workspace: FolderWorkspace
    context: Context
    findings: tuple[Finding, ...]
    buffers: Mapping[str, Buffer]
    drifts: Mapping[str, Drift] = field(default_factory=dict)
    simulated: int = 0
    worked_out: int = 0
    fixes: dict[Finding, tuple[Fix, ...]] = field(default_factory=dict, compare=False, repr=False)
    """The fixes worked out so far, by whoever queries; to find them may take a simulation."""

    @cached_property
    def by_path(self) -> Mapping[str, tuple[Finding, ...]]:
        """The findings of each file that has any."""
        found: dict[str, list[Finding]] = {}
        for finding in self.findings:
            found.setdefault(finding.location.path, []).append(finding)
        return {path: tuple(each) for path, each in found.items()}

    @cached_property
    def standings(self) -> Standings:
        """How each definition of a table fares on each timeline."""
        return Standings(self.context)

    @cached_property
    def baselined(self) -> frozenset[Finding] | Malformed:
        """The findings that the baseline holds, or why it cannot be used."""
        try:
            baseline = baseline_of(self.workspace)
        except Malformed as error:
            return error
        return frozenset(compare(self.findings, self._text_of_line, baseline).known) if baseline else frozenset()

    def is_baselined(self, finding: Finding) -> bool:
        """Whether the baseline holds a finding."""
        return not isinstance(self.baselined, Malformed) and finding in self.baselined

    def severity(self, finding: Finding) -> Severity:
        """How grave a finding is shown: what the baseline holds is a hint."""
        return Severity.HINT if self.is_baselined(finding) else finding.severity

    def _text_of_line(self, path: str, line: int) -> str:
        source = self.source(path)
        if source is None:
            return ""
        # A place is one of the facts, and where a file has a syntax error these are of an older text.
        return source.line_text(self.span(path, Span(line, 0, line, 0)).line).strip()

    def source(self, path: str) -> SourceText | None:
        """The text of a file in this snapshot."""
        return self.workspace.source(path)

    def span(self, path: str, span: Span) -> Span:
        """A span of the facts of ``path`` as a span of its text."""
        drift = self.drifts.get(path)
        return span if drift is None else drift.move(span)

    def line(self, path: str, line: int) -> int | None:
        """The line of the facts of ``path`` that stands at ``line`` of its text; None where it stands in none."""
        drift = self.drifts.get(path)
        return line if drift is None else drift.back(line)


def analyse_snapshot(
    number: int,
    workspace: FolderWorkspace,
    buffers: Mapping[str, Buffer],
    good: dict[str, str],
    memory: Memory,
    token: CancelToken,
    progress: Progress,
) -> Analysis:
    """Analyse one snapshot, taking the timelines that still hold from ``memory``.

    ``good`` are the last texts without a syntax error of the buffers, brought up to date here.

    Raises:
        Cancelled: ``token`` was cancelled; what was simulated by then is remembered.
    """
    token.check()
    entries = workspace.entry_points
    done = 0

    def before_each(entry: EntryPoint) -> None:
        nonlocal done
        token.check()
        progress(done, max(done + 1, len(entries)), entry.target)
        done += 1

    simulator = memory.over(workspace, before_each)
    context = memory.settle(workspace, analyse(workspace, simulator, _report_simulation))
    token.check()
    found = findings(context, _report)
    settled = context.settled(workspace)
    drifts = _drifts(workspace, buffers, good)
    return Analysis(number, workspace, settled, found, buffers, drifts, simulator.simulated, memory.worked_out)


def _report(rule: Rule, error: Exception) -> None:
    """A rule that fails takes nothing along but its own findings."""
    _LOG.error("the rule %s failed: %r", rule.name, error, exc_info=error)


def _report_simulation(entry: EntryPoint, error: Exception) -> None:
    """A simulation that fails takes nothing along but its own timeline."""
    if isinstance(error, Cancelled):
        raise error
    _LOG.error("the simulation of %s failed: %r", entry.target, error, exc_info=error)


def _drifts(workspace: FolderWorkspace, buffers: Mapping[str, Buffer], good: dict[str, str]) -> dict[str, Drift]:
    drifts: dict[str, Drift] = {}
    for path in [path for path in good if path not in buffers]:
        del good[path]
    for path, buffer in buffers.items():
        if not workspace.is_stale(path):
            good[path] = buffer.text
        elif path in good:
            drifts[path] = Drift.between(SourceText(good[path]), SourceText(buffer.text))
    return drifts
