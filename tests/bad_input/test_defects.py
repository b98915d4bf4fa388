"""A defect of this program itself: one line says so, and everything else goes on."""

from __future__ import annotations

import pytest

from cucurbit.analysis import engine
from cucurbit.opening import folder_workspace
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.simulate import run
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.workspace.model import EntryPoint
from cucurbit.workspace.tree.files import MemoryTree
from tests.bad_input.conftest import MODEL, Cucurbit, MakeWorkspace, twice

OTHER = "from fastapi import FastAPI\n\napp = FastAPI()\n"


@pytest.fixture
def defective(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulation of ``other`` raises."""
    real = run._run

    def broken(program: Program) -> None:
        if program.entry.path == "other.py":
            raise ZeroDivisionError("a\ndefect")
        real(program)

    monkeypatch.setattr(run, "_run", broken)


@pytest.mark.usefixtures("defective")
def test_the_others_go_on() -> None:
    opened = folder_workspace(MemoryTree({**twice(MODEL), "other.py": OTHER}), NAMES)
    with pytest.raises(ZeroDivisionError):
        engine.analyse(opened)
    said: list[tuple[str, Exception]] = []

    def failed(entry: EntryPoint, error: Exception) -> None:
        said.append((entry.path, error))

    context = engine.analyse(opened, failed=failed)
    assert [(path, type(error)) for path, error in said] == [("other.py", ZeroDivisionError)]
    assert [finding.rule for finding in engine.findings(context, RULES)] == ["duplicate-table"]
    (unknown,) = (each for each in context.timelines if each.entry.path == "other.py")
    assert [event.kind for event in unknown.events] == [EventKind.CUT]


@pytest.mark.usefixtures("defective")
@pytest.mark.parametrize("command", [["check"], ["timeline"], ["models"], ["explain", "ValueError: no"]])
def test_the_command_says_it(workspace: MakeWorkspace, cucurbit: Cucurbit, command: list[str]) -> None:
    workspace({**{name: str(text) for name, text in twice(MODEL).items()}, "other.py": OTHER})
    ran = cucurbit(*command)
    assert ran.code == 3
    (line,) = ran.err.splitlines()
    assert line.startswith("cucurbit: internal error in the simulation of other:app: ZeroDivisionError: a")
    assert "users" in ran.out or command[0] == "explain"


@pytest.mark.usefixtures("defective")
def test_a_developer_sees_it(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cucurbit.cli.main import main

    workspace({**{name: str(text) for name, text in twice(MODEL).items()}, "other.py": OTHER})
    monkeypatch.setenv("CUCURBIT_DEBUG", "1")
    assert main(["check"]) == 3
    assert "in broken" in capsys.readouterr().err
