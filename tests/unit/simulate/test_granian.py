"""Granian as an object: its processes import the application. Facts from granian 2.8, granian/server/common.py."""

from __future__ import annotations

import pytest

from cucurbit.opening import folder_workspace
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.simulate.run import simulate
from cucurbit.workspace.model import EntryPoint
from cucurbit.workspace.tree.files import MemoryTree

_MAIN = """\
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import MetaData, create_engine

metadata = MetaData()


@asynccontextmanager
async def lifespan(app):
    metadata.create_all(create_engine("sqlite://"))
    yield


app = FastAPI(lifespan=lifespan)


def make():
    return FastAPI(lifespan=lifespan)
"""


@pytest.mark.parametrize(
    "call",
    [
        'Granian("main:app", workers=2).serve()',
        'Granian(target="main:app", interface="asgi").serve()',
        'server = Granian("main:make", factory=True)\nserver.serve()',
        'Granian("main").serve()',
    ],
)
def test_its_processes_import_and_start_the_application(call: str) -> None:
    files = {"main.py": _MAIN, "run.py": f"from granian import Granian\n\n{call}\n"}
    workspace = folder_workspace(MemoryTree(files))
    entry = workspace.resolve_entry("run.py")
    assert isinstance(entry, EntryPoint)
    timeline = simulate(workspace, entry)
    created = list(timeline.of(EventKind.CREATE_ALL))
    assert [(event.certain, event.process > 0) for event in created] == [(True, True)]


def test_what_it_serves_may_be_unknown() -> None:
    files = {
        "main.py": _MAIN,
        "run.py": "import os\nfrom granian import Granian\nGranian(**dict(os.environ)).serve()\n",
    }
    workspace = folder_workspace(MemoryTree(files))
    entry = workspace.resolve_entry("run.py")
    assert isinstance(entry, EntryPoint)
    timeline = simulate(workspace, entry)
    assert not list(timeline.of(EventKind.CREATE_ALL))
    assert [event.detail for event in timeline.of(EventKind.CUT)] == ["an application to serve that is not known"]
