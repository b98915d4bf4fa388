"""Analyses an opened workspace, shows progress, and goes on if a rule or a simulation fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from cucurbit.analysis.baseline import KnownFinding, compare
from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse, findings, sharing
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.grouping import narrowed
from cucurbit.analysis.rule import Rule
from cucurbit.cli.errors import DEFECT
from cucurbit.cli.target import WorkspaceTarget
from cucurbit.cli.terminal import Progress
from cucurbit.fixes.gate import Gate
from cucurbit.report.links import ISSUES
from cucurbit.report.report import printable
from cucurbit.rules.catalogue import RULES
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.garbage import undisturbed
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.workspace.ahead import reading_ahead
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryPoint, Workspace
from cucurbit.workspace.tree.files import Unreadable

_MOST_WARNINGS = 5


@dataclass
class Defects:
    """Rules and simulations that raised an exception, which are bugs in Cucurbit. Each is reported once."""

    reported: set[str] = field(default_factory=set)

    def __call__(self, rule: Rule, error: Exception) -> None:
        self._report(rule.name, error)

    def of_simulation(self, entry: EntryPoint, error: Exception) -> None:
        """Report that an entry point could not be simulated."""
        self._report(f"the simulation of {entry.target}", error)

    def _report(self, where: str, error: Exception) -> None:
        if os.environ.get("CUCURBIT_DEBUG") == "1":
            raise error
        if where not in self.reported:
            self.reported.add(where)
            what = printable(f"{type(error).__name__}: {error}")
            sys.stderr.write(f"cucurbit: internal error in {printable(where)}: {what}. Please report it at {ISSUES}\n")

    def code(self, otherwise: int) -> int:
        """The exit code: ``otherwise``, unless there were defects."""
        return DEFECT if self.reported else otherwise


def analyse_workspace(workspace: FolderWorkspace, defects: Defects) -> Context:
    """The analysis of a workspace, with progress on a terminal."""
    shared = Shared()
    repeating = sharing(shared)
    with Progress() as progress:

        def simulating(workspace: Workspace, entry: EntryPoint) -> Timeline:
            progress.simulating(entry)
            return repeating(workspace, entry)

        with reading_ahead(workspace):
            context = analyse(workspace, simulating, defects.of_simulation, shared=shared)
    save_facts(workspace)
    return context


def save_facts(workspace: FolderWorkspace) -> None:
    """Save the facts of the workspace's files in the cache."""
    if workspace.shelf is not None:
        workspace.shelf.save(workspace.parsed().values())


@dataclass(frozen=True)
class CheckResult:
    """An analysed workspace and the findings to report.

    ``known`` is the number of findings left out because they are in the baseline; ``gone`` are entries of the baseline
    that no longer occur. ``everywhere`` are all findings of the workspace.
    """

    workspace: FolderWorkspace
    context: Context
    findings: tuple[Finding, ...]
    known: int = 0
    gone: tuple[KnownFinding, ...] = ()
    everywhere: tuple[Finding, ...] = ()

    @cached_property
    def gate(self) -> Gate:
        """Checks the fixes of these findings, by a simulation of the program with each."""
        return Gate(self.context, RULES)

    @cached_property
    def listing(self) -> Gate:
        """Lists the fixes of these findings without such a check."""
        return Gate(self.context, RULES, previews=False)

    def line(self, path: str, line: int) -> str:
        """The text of a line without leading and trailing white space."""
        source = self.workspace.source(path)
        return "" if source is None else source.line_text(line).strip()


def check_workspace(target: WorkspaceTarget, workspace: FolderWorkspace, defects: Defects) -> CheckResult:
    """Analyse a workspace and select the findings that ``target`` covers and that are not in its baseline."""
    with undisturbed():
        context = analyse_workspace(workspace, defects)
        found = findings(context, RULES, defects)
    return select_findings(target, workspace, context, found)


def select_findings(
    target: WorkspaceTarget, workspace: FolderWorkspace, context: Context, found: tuple[Finding, ...]
) -> CheckResult:
    """Of the findings of a workspace those that ``target`` covers and that are not in its baseline."""
    covered = narrowed(found, lambda each: target.covers(each.location.path))
    shown = tuple(each for each in covered if target.shows(each))
    result = CheckResult(workspace, context, shown, everywhere=found)
    if not target.baseline:
        return result
    compared = compare(covered, result.line, target.baseline)
    new = tuple(each for each in compared.new if target.shows(each))
    return replace(result, findings=new, known=len(compared.known), gone=compared.gone)


def warn_unread(context: Context) -> str:
    """Warn on standard error about files that could not be read, as findings in them are missing.

    Returns the warnings.
    """
    unread = [f"{path} was skipped: {reason}" for path, reason in _unread(context.workspace)]
    warnings = [
        *_warnings(unread, "files were skipped"),
        *_warnings(list(_broken(context)), "files have syntax errors"),
    ]
    text = "".join(f"cucurbit: warning: {printable(warning)}\n" for warning in warnings)
    sys.stderr.write(text)
    return text


def _warnings(warnings: Sequence[str], what: str) -> Iterator[str]:
    yield from warnings[:_MOST_WARNINGS]
    if len(warnings) > _MOST_WARNINGS:
        yield f"{len(warnings) - _MOST_WARNINGS} more {what}"


def _broken(context: Context) -> Iterator[str]:
    """The syntax errors in executed files: from there on, the timelines of their entry points are uncertain."""
    for path in sorted({path for timeline in context.timelines for path in timeline.visited}):
        facts = context.facts(path)
        if facts is not None and facts.problem is not None and facts.problem.certain:
            span = facts.problem.span
            yield f"{path}:{span.line}:{span.column + 1}: syntax error: {facts.problem.message}"


def _unread(workspace: Workspace) -> Iterator[tuple[str, str]]:
    candidates = set(workspace.candidates())
    for path in workspace.python_files():
        content = workspace.tree.read(path) if isinstance(workspace, FolderWorkspace) else None
        if isinstance(content, Unreadable):
            yield path, content.reason
        elif path in candidates and workspace.facts(path) is None:
            yield path, workspace.unreadable(path) or "it cannot be read"
