"""A loop over known items in which nothing happens is not followed to its end."""

from __future__ import annotations

import pytest

from cucurbit.opening import folder_workspace
from cucurbit.simulate import run
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.language.statements import STANDING_LIMIT
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.simulate.simulation import Simulation
from cucurbit.workspace.model import EntryPoint, Workspace
from cucurbit.workspace.tree.files import MemoryTree

NESTED = """\
import os
from sqlalchemy import MetaData, Table

metadata = MetaData()

def report(pages, services):
    found = []
    for page in pages:
        for service in services:
            for other in services:
                if service in os.environ:
                    found.append(page)
    return found

report([str(number) for number in range({pages})], [str(number) for number in range(10)])
Table("users", metadata)
"""
TABLES = """\
from sqlalchemy import MetaData, Table

metadata = MetaData()
for name in [str(number) for number in range(40)]:
    Table(name, metadata)
    for number in range(600):
        pass
"""


def followed(monkeypatch: pytest.MonkeyPatch, text: str) -> tuple[int, Timeline]:
    """The steps of work, and the timeline."""
    programs: list[Simulation] = []

    def noting(workspace: Workspace, entry: EntryPoint, shared: Shared) -> Simulation:
        programs.append(Simulation(workspace, entry, shared))
        return programs[-1]

    monkeypatch.setattr(run, "Simulation", noting)
    workspace = folder_workspace(MemoryTree({"main.py": text}))
    entry = workspace.resolve_entry("main.py")
    assert isinstance(entry, EntryPoint)
    timeline = run.simulate(workspace, entry)
    return programs[-1].spent, timeline


def test_nested_loops_without_events_end_early(monkeypatch: pytest.MonkeyPatch) -> None:
    few, _ = followed(monkeypatch, NESTED.format(pages=10))
    assert few < STANDING_LIMIT
    many, timeline = followed(monkeypatch, NESTED.format(pages=500))
    assert STANDING_LIMIT < many < 2 * STANDING_LIMIT
    assert [(event.definition.key, event.certain) for event in timeline.events if event.definition] == [("users", True)]


def test_a_loop_with_events_is_followed_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    steps, timeline = followed(monkeypatch, TABLES)
    assert steps > STANDING_LIMIT
    assert [each.key for each in timeline.tables] == [str(number) for number in range(40)]
