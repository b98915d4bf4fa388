"""From an opened workspace to its findings, with progress and without one defect taking the rest along."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from cucurbit.analysis.baseline import KnownFinding, compare
from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse, findings, sharing
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.rule import Rule
from cucurbit.cli.errors import DEFECT
from cucurbit.cli.target import Target
from cucurbit.cli.terminal import Progress
from cucurbit.report.links import ISSUES
from cucurbit.report.report import printable
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.garbage import undisturbed
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.workspace.ahead import reading_ahead
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryPoint, Workspace
from cucurbit.workspace.tree.files import Unreadable

_MOST_SAID = 5


@dataclass
class Defects:
    """Rules and simulations that raised: a defect of this program. Each is said once, and the others go on."""

    said: set[str] = field(default_factory=set)

    def __call__(self, rule: Rule, error: Exception) -> None:
        self._say(rule.name, error)

    def of_simulation(self, entry: EntryPoint, error: Exception) -> None:
        """Say that an entry point could not be simulated."""
        self._say(f"the simulation of {entry.target}", error)

    def _say(self, where: str, error: Exception) -> None:
        if os.environ.get("CUCURBIT_DEBUG") == "1":
            raise error
        if where not in self.said:
            self.said.add(where)
            what = printable(f"{type(error).__name__}: {error}")
            sys.stderr.write(f"cucurbit: internal error in {printable(where)}: {what}. Please report it at {ISSUES}\n")

    def code(self, otherwise: int) -> int:
        """The exit code of a command that would end with ``otherwise``."""
        return DEFECT if self.said else otherwise


def analysed(workspace: FolderWorkspace, defects: Defects) -> Context:
    """The analysis of a workspace, with progress on a terminal."""
    repeating = sharing(Shared())
    with Progress() as progress:

        def simulating(workspace: Workspace, entry: EntryPoint) -> Timeline:
            progress.simulating(entry)
            return repeating(workspace, entry)

        with reading_ahead(workspace):
            context = analyse(workspace, simulating, defects.of_simulation)
    remember(workspace)
    return context


def remember(workspace: FolderWorkspace) -> None:
    """Have the cache keep what was worked out of the files of ``workspace``."""
    if workspace.shelf is not None:
        workspace.shelf.save(workspace.parsed().values())


@dataclass(frozen=True)
class Looked:
    """An analysed workspace and its findings where they are wanted.

    Of the baseline ``known`` findings were left out, and ``gone`` are those that it holds besides. ``everywhere`` are
    all findings, wanted or not.
    """

    workspace: FolderWorkspace
    context: Context
    findings: tuple[Finding, ...]
    known: int = 0
    gone: tuple[KnownFinding, ...] = ()
    everywhere: tuple[Finding, ...] = ()

    def line(self, path: str, line: int) -> str:
        """The text of a line, without the white space around it."""
        source = self.workspace.source(path)
        return "" if source is None else source.line_text(line).strip()


def look(target: Target, workspace: FolderWorkspace, defects: Defects) -> Looked:
    """Analyse a workspace and keep the findings that ``target`` covers and its baseline does not hold."""
    with undisturbed():
        context = analysed(workspace, defects)
        found = findings(context, defects)
    covered = tuple(each for each in found if target.covers(each.location.path))
    looked = Looked(workspace, context, covered, everywhere=found)
    if not target.baseline:
        return looked
    compared = compare(covered, looked.line, target.baseline)
    return replace(looked, findings=compared.new, known=len(compared.known), gone=compared.gone)


def warn_unread(context: Context) -> str:
    """Say on standard error which files could not be read: what they hold is missing from the report.

    Returns what was said.
    """
    unread = [f"{path} was left out: {reason}" for path, reason in _unread(context.workspace)]
    warnings = [
        *_warnings(unread, "files were left out"),
        *_warnings(list(_broken(context)), "files have syntax errors"),
    ]
    text = "".join(f"cucurbit: warning: {printable(warning)}\n" for warning in warnings)
    sys.stderr.write(text)
    return text


def _warnings(warnings: Sequence[str], what: str) -> Iterator[str]:
    yield from warnings[:_MOST_SAID]
    if len(warnings) > _MOST_SAID:
        yield f"{len(warnings) - _MOST_SAID} more {what}"


def _broken(context: Context) -> Iterator[str]:
    """The syntax errors in files that are executed: what their entry points do from there on is not certain."""
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
