"""From a snapshot to findings: simulate every entry point, run every rule, honour the settings."""

from __future__ import annotations

from cucurbit.rules.context import Context
from cucurbit.simulate.run import simulate
from cucurbit.workspace.entry_points import entry_for_module
from cucurbit.workspace.model import Workspace


def analyse(workspace: Workspace) -> Context:
    """Simulate every entry point, then every file that may define tables and that none of them executes."""
    timelines = tuple(simulate(workspace, entry) for entry in workspace.entry_points)
    visited = {path for timeline in timelines for path in timeline.visited}
    isolated = []
    for path in workspace.candidates():
        if path not in visited:
            timeline = simulate(workspace, entry_for_module(workspace, path))
            visited |= timeline.visited
            isolated.append(timeline)
    return Context(workspace, timelines, tuple(isolated))
