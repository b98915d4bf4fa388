"""What is known of one snapshot."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import findings
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.rule import Rule
from cucurbit.fixes.edits import Fix
from cucurbit.ide.standing import Standings, Walk
from cucurbit.session.cancel import Cancelled, CancelToken
from cucurbit.session.drift import Drift
from cucurbit.session.memory import Memory
from cucurbit.session.outcome import Buffer, Outcome
from cucurbit.simulate.garbage import undisturbed
from cucurbit.source.text import SourceText
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryPoint

_LOG = logging.getLogger(__name__)

Progress = Callable[[int, int, str], None]
"""Called with the entry points done, how many there are, and the one that comes next."""


@dataclass(frozen=True)
class Analysis(Outcome):
    """One analysed snapshot: its findings, and all that they rest on.

    ``simulated`` counts the entry points simulated anew for this snapshot, ``worked_out`` the rules, and parts of
    them, that ran anew. ``is_whole``: no rule and no simulation failed.
    """

    context: Context
    walk: Walk
    simulated: int = 0
    worked_out: int = 0
    is_whole: bool = True
    fixes: dict[Finding, tuple[Fix, ...]] = field(default_factory=dict, compare=False, repr=False)
    """The fixes worked out so far, by whoever queries; to find them may take a simulation."""

    @cached_property
    def standings(self) -> Standings:
        """How each definition of a table fares on each timeline."""
        return Standings(self.context, self.walk)

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

    failures = _Failures()
    with undisturbed():
        context = memory.analysed(workspace, before_each, failures.of_simulation)
        token.check()
        found = findings(context, failures.of_rule)
    memory.settle()
    settled = context.settled(workspace)
    drifts = _drifts(workspace, buffers, good)
    return Analysis(
        number,
        workspace,
        found,
        memory.grouped(found),
        buffers,
        drifts,
        settled,
        memory.walk(settled),
        memory.simulated,
        memory.worked_out,
        is_whole=not failures.count,
    )


class _Failures:
    """Counts what failed: it takes nothing along but its own findings, or its own timeline."""

    def __init__(self) -> None:
        self.count = 0

    def of_rule(self, rule: Rule, error: Exception) -> None:
        self.count += 1
        _LOG.error("the rule %s failed: %r", rule.name, error, exc_info=error)

    def of_simulation(self, entry: EntryPoint, error: Exception) -> None:
        if isinstance(error, Cancelled):
            raise error
        self.count += 1
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
