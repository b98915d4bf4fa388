"""The graph of revisions of each environment, as rules, the editor and the command line read it."""

from __future__ import annotations

from cucurbit.analysis.context import Context
from cucurbit.workspace.alembic.graph import RevisionGraph
from cucurbit.workspace.alembic.script import RevisionScript, ScriptName, ScriptNames, read_names
from cucurbit.workspace.model import MigrationEnvironment, Workspace

_UNREAD = ScriptNames(*(ScriptName(known=False),) * 4, parses=False)


def graphs(context: Context) -> tuple[RevisionGraph, ...]:
    """The graph of each environment, in their order."""
    return context.memo(_graphs)


def graph_of(workspace: Workspace, environment: MigrationEnvironment) -> RevisionGraph:
    """The graph of one environment, from the facts of its files."""
    scripts = tuple(
        RevisionScript(path, workspace.about(path, read_names) or _UNREAD)
        for path in workspace.revision_files(environment)
    )
    return RevisionGraph(environment, scripts, tuple(_unseen(environment)))


def _graphs(context: Context) -> tuple[RevisionGraph, ...]:
    return tuple(graph_of(context.workspace, each) for each in context.workspace.environments)


def _unseen(environment: MigrationEnvironment) -> list[str]:
    found = []
    if environment.sourceless:
        found.append("`sourceless` is set, and revisions without a source file are not seen")
    if environment.outside:
        found.append("a folder in `version_locations` is outside of the workspace")
    return found
