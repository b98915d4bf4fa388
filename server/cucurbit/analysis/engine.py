"""From a snapshot to findings: simulate every entry point, run every rule, honour the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.isolated import Alone
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.suppression import UNUSED, Comments, FileIgnores, commented_paths, graded, selected
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.garbage import undisturbed
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.simulate.run import simulate, unknown
from cucurbit.workspace.model import EntryPoint, Workspace

Simulator: TypeAlias = Callable[[Workspace, EntryPoint], Timeline]
"""From an entry point to its timeline: :func:`simulate`, or what remembers timelines that still hold."""

RuleFailed: TypeAlias = Callable[[Rule, Exception], None]
"""What is told of a rule that raised: a defect of this program, never of the workspace."""

SimulationFailed: TypeAlias = Callable[[EntryPoint, Exception], None]
"""What is told of an entry point whose simulation raised: a defect of this program too."""


def analyse(
    workspace: Workspace,
    simulate: Simulator | None = None,
    failed: SimulationFailed | None = None,
    entries: Iterable[EntryPoint] | None = None,
) -> Context:
    """Simulate every entry point, then the files that may define tables and that none of them executes.

    ``entries`` stand for the entry points of the workspace, where they are given.
    What stands among tests, examples and documentation is looked at only where an entry point leads there. A
    simulation that raises is told to ``failed``, its timeline is unknown, and the others go on; without ``failed`` the
    exception passes, and so does what ``failed`` raises.
    """
    if simulate is None:
        simulate = sharing(Shared())
    if failed is not None:
        simulate = surviving(simulate, failed)
    with undisturbed():
        return _analysed(workspace, simulate, workspace.entry_points if entries is None else entries)


def _analysed(workspace: Workspace, simulate: Simulator, entries: Iterable[EntryPoint]) -> Context:
    timelines = tuple(simulate(workspace, entry) for entry in entries)
    alone = Alone(workspace, timelines)
    alone.look(simulate)
    return Context(workspace, timelines, tuple(alone.timelines), alone.behind)


def sharing(shared: Shared) -> Simulator:
    """The simulator that repeats what modules did in earlier simulations of the same workspace."""
    return lambda workspace, entry: simulate(workspace, entry, shared)


def surviving(simulate: Simulator, failed: SimulationFailed) -> Simulator:
    """The simulator that tells ``failed`` what ``simulate`` raises."""

    def run(workspace: Workspace, entry: EntryPoint) -> Timeline:
        try:
            return simulate(workspace, entry)
        except Exception as error:  # noqa: BLE001 - whatever it is, one entry point must not take the others along
            failed(entry, error)
            return unknown(entry, "an internal error of Cucurbit")

    return run


def findings(context: Context, failed: RuleFailed | None = None) -> tuple[Finding, ...]:
    """Everything that the selected rules say and that nobody asked not to hear, by place.

    A rule that raises is told to ``failed`` and the others go on; without ``failed`` the exception passes.
    """
    try:
        return context.once(_judged)
    except Exception:
        if failed is None:
            raise
    # What a failure rests on is not written down, so nothing is remembered of this.
    return _judged(context, failed)


def _judged(context: Context, failed: RuleFailed | None = None) -> tuple[Finding, ...]:
    settings = context.workspace.settings
    rules = selected(settings, RULES)
    ignores = FileIgnores(settings)
    comments = Comments(context)
    kept = [
        graded(settings, finding)
        for finding in _raw(context, rules, failed)
        # Comments first: one is in use even where a per-file ignore says the same.
        if not comments.cover(finding) and not ignores.covers(finding)
    ]
    active = {rule.name for rule in rules}
    if UNUSED in active:
        unused = comments.unused(commented_paths(context, comments.paths()), active, NAMES)
        kept += [graded(settings, finding) for finding in unused if not ignores.covers(finding)]
    return _in_order(kept)


def _raw(context: Context, rules: Sequence[Rule], failed: RuleFailed | None) -> list[Finding]:
    found: list[Finding] = []
    for rule in rules:
        try:
            found += said(context, rule)
        except Exception as error:
            if failed is None:
                raise
            failed(rule, error)
    return found


def said(context: Context, rule: Rule) -> tuple[Finding, ...]:
    """What a rule says, whatever the settings and comments say of it."""
    return context.once_for(_said, rule)


def _said(context: Context, rule: Rule) -> tuple[Finding, ...]:
    return tuple(rule.check(context))


def _in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """By place, then rule; a finding that says the same twice is said once."""
    distinct = {(finding.rule, finding.location, finding.message): finding for finding in reversed(list(found))}
    return tuple(
        sorted(distinct.values(), key=lambda f: (f.location.path, f.location.span, f.rule, f.message)),
    )
