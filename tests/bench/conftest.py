"""Generated workspaces, and counting."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.counted import Work, counting
from tests.bench.workspaces import Workspace, write


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Counts from now on."""
    return counting(monkeypatch)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace of 160 files. Who changes it puts it back."""
    return write("160", tmp_path_factory.mktemp("generated") / "workspace")


@pytest.fixture
def copy(tmp_path: Path) -> Workspace:
    """The same, to change it."""
    return write("160", tmp_path / "workspace")
