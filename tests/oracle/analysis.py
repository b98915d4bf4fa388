"""What Cucurbit says of a case: its own entry point, and every other one that the workspace shows."""

from __future__ import annotations

from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse
from cucurbit.analysis.finding import Finding
from cucurbit.opening import open_workspace
from cucurbit.workspace.model import EntryKind, EntryPoint, Workspace
from tests.oracle.case import Case
from tests.oracle.prediction import entry_of


def opened(root: Path, sqlalchemy: str) -> Workspace:
    """The workspace of a case; its SQLAlchemy is the one that it is run with, unless it says so itself."""
    requirements = root / "requirements.txt"
    if not requirements.exists():
        requirements.write_text(f"sqlalchemy=={sqlalchemy}\n", encoding="utf-8")
    return open_workspace(root)


def context_of(case: Case, workspace: Workspace) -> Context:
    """The analysis of a workspace that is started as the case says; its timeline comes first."""
    own = entry_of(case, workspace)
    others = [entry for entry in workspace.entry_points if not _same(entry, own)]
    return analyse(workspace, entries=(own, *others))


def _same(one: EntryPoint, other: EntryPoint) -> bool:
    return (one.kind, one.path, one.startup) == (other.kind, other.path, other.startup)


def recordable(entry: EntryPoint) -> Case | None:
    """An entry point as something to record; None where it starts from another folder than the root."""
    if entry.directory or (entry.kind is EntryKind.ALEMBIC and entry.environment and entry.environment.directory):
        return None
    return Case("", entry.target, entry.kind.value, entry.target, {}, {}, "")


def finding_line(finding: Finding) -> str:
    severity = finding.severity.value + ("" if finding.certain else "?")
    return f"{severity} {finding.rule} {finding.location.path}:{finding.location.span.line}"
