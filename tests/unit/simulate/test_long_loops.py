"""Loops and calls that bring nothing new are not followed to their end; those that do are."""

from __future__ import annotations

import pytest

from cucurbit.opening import folder_workspace
from cucurbit.simulate import run
from cucurbit.simulate.core.schema import SchemaState
from cucurbit.simulate.core.timeline import EventKind, Timeline
from cucurbit.simulate.language.limits import QUIET_LIMIT
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
REPEATED = """\
import asyncio
import datetime

from sqlalchemy import MetaData, Table
from somewhere import attempt, log

last = None
repetitions = 0

while True:
    try:
        attempt()
        last = datetime.datetime.now()
        repetitions += 1
    except Exception:
        log(last)
    asyncio.sleep(60)
Table("users", MetaData())
"""
CALLED = """\
from sqlalchemy import create_engine, MetaData, Table
from somewhere import cached

engine = create_engine("sqlite://")

def setting(name):
    if cached(name):
        return cached(name)
    with engine.connect() as connection:
        return connection.execute(name)

names = [str(number) for number in range({names})]
for name in names:
    for other in names:
        if cached(name, other):
            setting(name)
Table("users", MetaData())
"""
QUEUED = """\
from sqlalchemy import MetaData, Table

metadata = MetaData()
waiting = iter([object() for _ in range(3)] + ["last"])
item = None
while True:
    item = next(waiting)
    if item == "last":
        Table("users", metadata)
        break
"""


def followed(monkeypatch: pytest.MonkeyPatch, text: str) -> tuple[int, Timeline]:
    """The steps of work, and the timeline."""
    programs: list[Simulation] = []

    def noting(workspace: Workspace, entry: EntryPoint, shared: Shared, database: SchemaState | None) -> Simulation:
        programs.append(Simulation(workspace, entry, shared, database))
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


def test_a_loop_that_only_repeats_what_may_have_happened_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    steps, timeline = followed(monkeypatch, REPEATED)
    assert steps < 500
    assert [each.key for each in timeline.tables] == ["users"]


def test_a_function_that_only_repeats_uncertain_events_is_not_followed_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps, timeline = followed(monkeypatch, CALLED.format(names=80))
    assert steps < 5 * QUIET_LIMIT
    assert [each.key for each in timeline.tables] == ["users"]


def test_a_loop_over_an_iterator_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    _, timeline = followed(monkeypatch, QUEUED)
    assert [each.key for each in timeline.tables] == ["users"]


DEEP = """\
from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()

class Maker:
    def make(self):
        {last}

def build(depth):
    if depth:
        build(depth - 1)
    else:
        Maker().make()

build(6)
Table("users", metadata, Column("id", Integer))
"""


@pytest.mark.parametrize(
    ("last", "known"),
    [
        ('Table("users", metadata, Column("id", Integer))', False),
        ("import models", False),
        ("import json", True),
        ("print(self)", True),
    ],
)
def test_what_an_unfollowed_call_may_register_is_not_certain(
    monkeypatch: pytest.MonkeyPatch, last: str, known: bool
) -> None:
    _, timeline = followed(monkeypatch, DEEP.format(last=last))
    cuts = timeline.of(EventKind.CUT)
    assert [event.cut.hides_imports for event in cuts] == ([] if known else [True])
    assert [event.certain for event in timeline.of(EventKind.TABLE_REGISTERED)] == [known]


UNDECIDED = """\
import os
from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()

def users():
    Table("users", metadata, Column("id", Integer))

{ifs}
"""


def test_a_call_in_many_undecided_branches_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    ifs = "\n".join(f"{'    ' * depth}if os.environ.get('A{depth}'):" for depth in range(14))
    _, timeline = followed(monkeypatch, UNDECIDED.format(ifs=f"{ifs}\n{'    ' * 14}users()"))
    assert [event.cut.hides_imports for event in timeline.of(EventKind.CUT)] == [True]


SPOILT = """\
from sqlalchemy import Column, Integer, MetaData, Table

names = ["users"]

def fill(depth):
    if depth:
        fill(depth - 1)
    else:
        names.clear()

fill(6)
for name in names:
    Table(name, MetaData(), Column("id", Integer))
"""


def test_what_an_unfollowed_call_may_change_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    _, timeline = followed(monkeypatch, SPOILT)
    assert not [event for event in timeline.of(EventKind.TABLE_REGISTERED) if event.certain]
