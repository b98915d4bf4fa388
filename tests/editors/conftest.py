"""What every editor under test is given: a project to open, a home of its own, and ``cucurbit`` on its PATH."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIGURATIONS = REPOSITORY / "docs" / "editors"
SCRIPTS = Path(__file__).resolve().parent
INCIDENT = REPOSITORY / "docs" / "examples" / "charge-party" / "1-incident"

PATIENCE = 90.0
"""Seconds after which an editor that has not ended will not end."""


@dataclass(frozen=True)
class Desk:
    """Where an editor is used: a project on a path that is hard to spell, and an environment of its own."""

    project: Path
    home: Path
    environment: Mapping[str, str]

    def run(self, command: Sequence[str | Path], **more: str) -> str:
        """Run an editor to its end, in the project, with a keyboard on which nobody types. Returns what it printed.

        Raises:
            AssertionError: it failed; or it did not end, and what it had printed so far is told.
        """
        keyboard, terminal = pty.openpty()
        try:
            done = subprocess.run(
                [str(part) for part in command],
                cwd=self.project,
                env={**self.environment, **more},
                stdin=terminal,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"it never ended:\n{(error.stdout or b'').decode(errors='replace')}") from None
        finally:
            os.close(keyboard)
            os.close(terminal)
        text = done.stdout.decode(errors="replace")
        assert done.returncode == 0, text
        return text

    def read(self, path: str) -> str:
        """A file of the project as it stands on disk."""
        return (self.project / path).read_text(encoding="utf-8")

    def findings(self) -> dict[str, set[str]]:
        """The rules that the command line reports for what stands on disk, by file."""
        command = [sys.executable, "-m", "cucurbit", "check", "--exit-zero", "--output-format", "json"]
        done = subprocess.run(command, cwd=self.project, env=self.environment, capture_output=True, check=True)
        found: dict[str, set[str]] = {}
        for each in json.loads(done.stdout)["findings"]:
            found.setdefault(each["path"], set()).add(each["rule"])
        return found

    def has_aggregator(self) -> bool:
        """Whether the aggregator stands on disk, env.py imports it and no other models, and the findings are gone."""
        env = self.read("alembic/env.py")
        assert "app.models_extra" in self.read("app/models_all.py")
        assert "app.models_all" in env
        assert "app.models_domain" not in env
        assert "model-not-in-migrations" not in self.findings().get("app/models_extra.py", set())
        return True


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """The example's incident below a folder with a space, a percent sign and letters beyond ASCII in its name.

    A test that cannot do with such a name gives another by ``indirect``.
    """
    folder: str = getattr(request, "param", "Büro 100%25 née")
    project = tmp_path / folder / "charge party"
    shutil.copytree(INCIDENT, project, ignore=shutil.ignore_patterns("__pycache__"))
    home, programs = tmp_path / "home", tmp_path / "programs"
    home.mkdir()
    programs.mkdir()
    cucurbit = programs / "cucurbit"
    cucurbit.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cucurbit "$@"\n')
    cucurbit.chmod(0o755)
    environment = {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": str(REPOSITORY / "server"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TERM": "xterm-256color",
        "TMPDIR": str(tmp_path),
        **{f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "CACHE", "DATA", "STATE")},
    }
    return Desk(project, home, environment)


def program(*names: str) -> str:
    """The path of the first of these programs that is installed, beside this Python or on the PATH.

    Without any the test is left out, with the name of what is missing; in CI it fails.
    """
    beside = [str(Path(sys.executable).parent), str(Path(sys.prefix) / "helix")]
    for name in names:
        found = shutil.which(name, path=os.pathsep.join([*beside, os.environ.get("PATH", os.defpath)]))
        if found is not None:
            return found
    return missing(f"{names[0]} is not installed")


def missing(what: str) -> str:
    """Leave the test out for want of something; in CI nothing is left out."""
    text = f"{what}: `make test-editors` says how to come by it"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)
