"""Workspaces with a cache of their own, and commands that use it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from cucurbit.cli.main import main
from tests.cli.conftest import TWICE

SERVER = str(Path(__file__).parents[2] / "server")

FILES: Mapping[str, str] = {**TWICE, "tools/unrelated.py": "import os\n\nprint(os.name)\n"}
"""One table, two definitions, both executed by the application."""


@dataclass(frozen=True)
class Ran:
    """What one run of the command gave."""

    code: int
    out: str
    err: str


Check = Callable[..., Ran]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the cache, which is switched on."""
    folder = tmp_path / "cache"
    for name in ("NO_COLOR", "FORCE_COLOR", "CUCURBIT_DEBUG", "VIRTUAL_ENV", "CUCURBIT_NO_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CUCURBIT_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def project(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, where the test stands."""
    root = tmp_path / "project"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs a command in this process."""

    def command(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Ran(code, captured.out, captured.err)

    return command


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "cucurbit", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": SERVER, "PYTHONIOENCODING": "utf-8", **environment},
    )
