"""``cucurbit check --watch``: a check after each change."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cucurbit.cli import terminal, watch
from cucurbit.session.memory import Memory
from cucurbit.workspace.index import FolderWorkspace
from tests.cli.conftest import CLEAN, TWICE, USER, Cucurbit, MakeWorkspace

SERVER = str(Path(__file__).parents[2] / "server")
Script = Callable[..., None]


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Makes changes while the command waits, one after the other, and then interrupts it."""

    def script(*steps: Callable[[], object]) -> None:
        waiting = list(steps)

        def instead(seconds: float) -> None:
            if not waiting:
                raise KeyboardInterrupt
            waiting.pop(0)()

        monkeypatch.setattr(watch, "sleep", instead)

    return script


def test_each_change_is_checked_and_the_last_code_counts(
    workspace: MakeWorkspace, cucurbit: Cucurbit, changes: Script
) -> None:
    root = workspace(TWICE)
    main = root / "app" / "main.py"
    changes(
        lambda: main.write_text(CLEAN["app/main.py"]),
        lambda: None,
        lambda: main.write_text(TWICE["app/main.py"]),
        (root / "app" / "legacy.py").unlink,
    )
    ran = cucurbit("check", "--watch", "--select", "duplicate-table", "--severity", "error")
    # Without legacy.py its import fails, which this rule does not report.
    assert ran.code == 0
    assert [
        line.split(" (")[0].removeprefix("✓ ") for line in ran.out.splitlines() if "entry point" in line and "(" in line
    ] == [
        "Found 1 error",
        "No findings",
        "Found 1 error",
        "No findings",
    ]
    assert "\x1b" not in ran.out


def test_an_interruption_before_the_first_report(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace(CLEAN)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watch, "findings", interrupt)
    assert cucurbit("check", "--watch").code == 130


def test_a_change_costs_what_it_changes(
    workspace: MakeWorkspace, cucurbit: Cucurbit, changes: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = workspace({**CLEAN, "other.py": "from flask import Flask\n\napp = Flask(__name__)\n"})
    counts: list[tuple[int, int]] = []
    """For each analysis, how many timelines were simulated, and how many patched."""
    settle = Memory.settle

    def settling(memory: Memory) -> None:
        counts.append((memory.simulated, memory.patched))
        settle(memory)

    monkeypatch.setattr(Memory, "settle", settling)
    models = root / "app" / "models.py"
    changes(
        lambda: models.write_text(USER + "\n\n# a comment\n"),
        lambda: models.write_text(USER.replace("users", "people")),
        lambda: models.write_text("import app\n" + USER),
    )
    assert cucurbit("check", "--watch").code == 0
    assert counts == [(2, 0), (0, 0), (0, 1), (1, 0)]


def test_a_terminal_is_cleared(
    workspace: MakeWorkspace, cucurbit: Cucurbit, changes: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace(CLEAN)
    changes()
    monkeypatch.setattr(terminal, "_is_terminal", lambda stream: True)
    ran = cucurbit("check", "--watch", "--no-color")
    assert ran.out.startswith("\x1b[2J")


def test_what_was_not_read_does_not_count(workspace: MakeWorkspace, changes: Script) -> None:
    from cucurbit.cli.target import open_target

    root = workspace({**CLEAN, "notes.txt": ""})
    target = open_target(["."], {}, cached=False)
    assert isinstance(target.workspace, FolderWorkspace)
    target.workspace.facts("app/models.py")
    changes(
        lambda: (root / "notes.txt").write_text("x"),
        lambda: (root / "app" / "models.py").write_text(USER + "\n"),
    )
    assert watch.wait_for_change(target.workspace) == ["app/models.py"]


# A shell starts background processes with SIGINT ignored, and they hand that on.
INTERRUPTIBLE = """\
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from cucurbit.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name != "posix", reason="only there a process can be interrupted like from its keyboard")
def test_a_real_process(workspace: MakeWorkspace) -> None:
    root = workspace(TWICE)
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "check", "--watch", "--select", "duplicate-table"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=root,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": SERVER, "PYTHONIOENCODING": "utf-8"},
    )
    assert process.stdout is not None

    def report() -> str:
        assert process.stdout is not None
        return next(line for line in process.stdout if line.startswith(("Found ", "No findings", "✓ No findings")))

    assert report().startswith("Found 1 error")
    (root / "app" / "legacy.py").unlink()
    assert "No findings" in report()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
