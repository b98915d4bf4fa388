"""From a snapshot to findings: simulate every entry point, run every rule, honour the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.grouping import grouped
from cucurbit.analysis.isolated import IsolatedFiles
from cucurbit.analysis.rule import Rule, RuleSet
from cucurbit.analysis.suppression import Comments, FileIgnores, commented_paths, graded
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.garbage import undisturbed
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.simulate.run import simulate, unknown
from cucurbit.workspace.model import EntryPoint, Workspace

Simulator: TypeAlias = Callable[[Workspace, EntryPoint], Timeline]
"""From an entry point to its timeline: :func:`simulate`, or a function that reuses timelines which still hold."""

RuleFailed: TypeAlias = Callable[[Rule, Exception], None]
"""Called for a rule that raised: a defect of this program, never of the workspace."""

SimulationFailed: TypeAlias = Callable[[EntryPoint, Exception], None]
"""Called for an entry point whose simulation raised: a defect of this program too."""


def analyse(
    workspace: Workspace,
    simulate: Simulator | None = None,
    failed: SimulationFailed | None = None,
    entries: Iterable[EntryPoint] | None = None,
    shared: Shared | None = None,
) -> Context:
    """Simulate every entry point, then the files that may define tables and that none of them executes.

    ``entries`` replace the entry points of the workspace, where they are given. Tests, examples and documentation are
    not simulated unless an entry point imports them. When a simulation raises, ``failed`` is called, its timeline is
    unknown, and the others go on; without ``failed`` the exception propagates, and so does one that ``failed`` raises.
    ``shared`` are the module runs that ``simulate`` shares, for the simulations that rules ask for.
    """
    if simulate is None:
        shared = shared or Shared()
        simulate = sharing(shared)
    if failed is not None:
        simulate = surviving(simulate, failed)
    with undisturbed():
        return _analysed(workspace, simulate, workspace.entry_points if entries is None else entries, shared)


def _analysed(
    workspace: Workspace, simulate: Simulator, entries: Iterable[EntryPoint], shared: Shared | None
) -> Context:
    timelines = tuple(simulate(workspace, entry) for entry in entries)
    isolated = IsolatedFiles(workspace, timelines)
    isolated.simulate(simulate)
    return Context(workspace, timelines, tuple(isolated.timelines), isolated.hidden, shared=shared)


def sharing(shared: Shared) -> Simulator:
    """A simulator that repeats the effects of modules from earlier simulations of the same workspace."""
    return lambda workspace, entry: simulate(workspace, entry, shared)


def surviving(simulate: Simulator, failed: SimulationFailed) -> Simulator:
    """A simulator that calls ``failed`` with what ``simulate`` raises, instead of raising it."""

    def run(workspace: Workspace, entry: EntryPoint) -> Timeline:
        try:
            return simulate(workspace, entry)
        except Exception as error:  # noqa: BLE001 - whatever it is, one entry point must not take the others along
            failed(entry, error)
            return unknown(entry, "an internal error of Cucurbit")

    return run


def findings(context: Context, rules: RuleSet, failed: RuleFailed | None = None) -> tuple[Finding, ...]:
    """The findings of the rules that the settings select, without the suppressed ones, in the order of their places.

    Findings of one cause are grouped into one.

    When a rule raises, ``failed`` is called and the others go on; without ``failed`` the exception propagates.
    """
    try:
        return context.memo_for(_findings, rules)
    except Exception:
        if failed is None:
            raise
    # What a failing rule read is not recorded, so this result is not memoised.
    return _findings(context, rules, failed)


def _findings(context: Context, rules: RuleSet, failed: RuleFailed | None = None) -> tuple[Finding, ...]:
    settings = context.workspace.settings
    active = rules.selected(settings)
    ignores = FileIgnores(settings)
    comments = Comments(context)
    kept = [
        graded(settings, finding)
        for finding in _of_checks(context, active, failed)
        # Comments first: one counts as used even where a per-file ignore covers the finding too.
        if not comments.cover(finding) and not ignores.covers(finding)
    ]
    unused = _of_unused_comments(context, rules, active, comments)
    kept += [graded(settings, finding) for finding in unused if not ignores.covers(finding)]
    return grouped(kept)


def _of_checks(context: Context, active: Iterable[Rule], failed: RuleFailed | None) -> list[Finding]:
    found: list[Finding] = []
    for rule in active:
        try:
            found += findings_of(context, rule)
        except Exception as error:
            if failed is None:
                raise
            failed(rule, error)
    return found


def _of_unused_comments(
    context: Context, rules: RuleSet, active: Sequence[Rule], comments: Comments
) -> Iterator[Finding]:
    judges = [rule.judge_unused for rule in active if rule.judge_unused is not None]
    if judges:
        checked = {rule.name for rule in active if rule.judge_unused is None}
        for unused in comments.unused(commented_paths(context, comments.paths()), checked, rules.names):
            yield from (judge(context, unused) for judge in judges)


def findings_of(context: Context, rule: Rule) -> tuple[Finding, ...]:
    """The findings of one rule, one for each place, whatever settings and comments say."""
    return context.memo_for(_findings_of, rule)


def _findings_of(context: Context, rule: Rule) -> tuple[Finding, ...]:
    return tuple(rule.check(context))
