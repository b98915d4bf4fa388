"""A command that takes too long ends with a message."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cucurbit.cli.time_limit import DEFAULT_LIMIT
from tests.cli.conftest import TWICE, Cucurbit, MakeWorkspace

HANGS = """\
import sys
from cucurbit.cli.main import main
from cucurbit.workspace.tree import disk

def scan(folder):
    while True:
        pass

disk.scan = scan
sys.exit(main(sys.argv[1:]))
"""
"""The command, with a defect that makes it hang."""


@pytest.mark.parametrize(
    "arguments",
    [["check"], ["check", "--watch"], ["timeline"], ["models"], ["revisions"], ["schema"], ["explain", "x"]],
)
def test_a_command_that_hangs_is_ended(workspace: MakeWorkspace, arguments: list[str]) -> None:
    workspace(TWICE)
    ran = subprocess.run(
        [sys.executable, "-c", HANGS, *arguments, "--no-cache", "--time-limit", "0.2"],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr.startswith("cucurbit: error: stopped, as it took more than 0.2 seconds; nothing is reported.")
    assert ran.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are no alarms on Windows")
def test_whoever_asks_is_shown_where(workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace(TWICE)
    monkeypatch.setenv("CUCURBIT_DEBUG", "1")
    # The time is over when it hangs, not before, however slow the machine is.
    late = HANGS.replace("    while", "    signal.setitimer(signal.ITIMER_REAL, 0.01)\n    while")
    ran = subprocess.run(
        [sys.executable, "-c", f"import signal\n{late}", "check", "--no-cache", "--time-limit", "1000"],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert ran.returncode == 2
    assert "in scan" in ran.stderr


@pytest.mark.parametrize("limit", ["0", "0.0", "1e6"])
def test_a_command_that_ends_is_not_ended(workspace: MakeWorkspace, cucurbit: Cucurbit, limit: str) -> None:
    workspace(TWICE)
    assert cucurbit("check", "--time-limit", limit).code == 1


@pytest.mark.parametrize("limit", ["-1", "nan", "inf", "x"])
def test_what_is_no_limit(workspace: MakeWorkspace, cucurbit: Cucurbit, limit: str) -> None:
    workspace(TWICE)
    ran = cucurbit("check", f"--time-limit={limit}")
    assert ran.code == 2
    assert "--time-limit" in ran.err


def test_there_is_a_limit_by_default() -> None:
    assert 0 < DEFAULT_LIMIT < float("inf")
