"""What cannot be recorded is refused in clear words, with exit code 2."""

from __future__ import annotations

import json
import sys
import venv
from pathlib import Path

import pytest

from tests.record.conftest import MODELS, MakeWorkspace, Record

APP = {"app/models.py": MODELS, "app/main.py": "from app import models\n"}


def environment(folder: Path, packages: dict[str, str]) -> str:
    """A virtual environment with nothing but these modules."""
    venv.create(folder, symlinks=sys.platform != "win32", with_pip=False)
    site = next(folder.rglob("site-packages"))
    for name, text in packages.items():
        (site / name).write_text(text, encoding="utf-8")
    return str(folder)


def stub(path: Path, line: str) -> str:
    """A program that answers as an interpreter would."""
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_an_interpreter_without_sqlalchemy(tmp_path: Path, workspace: MakeWorkspace, record: Record) -> None:
    workspace(APP)
    ran = record("app.main", python=environment(tmp_path / "bare", {}))

    assert (ran.code, ran.out) == (2, "")
    assert "has no SQLAlchemy; name another with --python" in ran.err


def test_an_old_sqlalchemy(tmp_path: Path, workspace: MakeWorkspace, record: Record) -> None:
    workspace(APP)
    ran = record("app.main", python=environment(tmp_path / "old", {"sqlalchemy.py": "__version__ = '1.3.24'\n"}))

    assert (ran.code, ran.out) == (2, "")
    assert "has SQLAlchemy 1.3.24; a recording needs 1.4 or newer" in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="the stub is a shell script")
@pytest.mark.parametrize("version", ["2.7.18", "3.7.16"])
def test_an_old_python(version: str, tmp_path: Path, workspace: MakeWorkspace, record: Record) -> None:
    workspace(APP)
    answer = {"version": version, "executable": "python", "prefix": "/", "sqlalchemy": "1.4.54", "alembic": None}
    ran = record("app.main", python=stub(tmp_path / "python", f"echo '{json.dumps(answer)}'"))

    assert (ran.code, ran.out) == (2, "")
    assert f"is Python {version}; a recording needs 3.8 or newer" in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="the stub is a shell script")
def test_what_is_no_python(tmp_path: Path, workspace: MakeWorkspace, record: Record) -> None:
    workspace(APP)
    ran = record("app.main", python=stub(tmp_path / "python", "echo hello"))

    assert (ran.code, ran.out) == (2, "")
    assert "is not a Python interpreter that can be run" in ran.err


@pytest.mark.parametrize("path", ["no/such/python", ""])
def test_a_missing_interpreter(path: str, workspace: MakeWorkspace, record: Record) -> None:
    workspace(APP)
    ran = record("app.main", python=path)

    assert (ran.code, ran.out) == (2, "")
    assert f"there is no interpreter {path}" in ran.err


def test_an_environment_without_a_python(tmp_path: Path, workspace: MakeWorkspace, record: Record) -> None:
    workspace(APP)
    ran = record("app.main", python=str(tmp_path))

    assert (ran.code, ran.out) == (2, "")
    assert "there is no Python in the environment" in ran.err


def test_a_missing_target(workspace: MakeWorkspace, record: Record) -> None:
    workspace(APP)
    ran = record("app.mian")

    assert (ran.code, ran.out) == (2, "")
    assert "`app.mian` is not a module, file or configuration of this workspace" in ran.err
    assert "this runs" not in ran.err


def test_a_missing_program(workspace: MakeWorkspace, record: Record) -> None:
    workspace(APP)
    ran = record("app.main", "--", "no-such-program", "--option")

    assert (ran.code, ran.out) == (2, "")
    assert "this runs the code of the workspace: no-such-program --option" in ran.err
    assert "there is no program no-such-program that can be run" in ran.err


def test_a_command_that_runs_no_python(workspace: MakeWorkspace, record: Record) -> None:
    workspace(APP)
    ran = record("app.main", "--", "git", "--version")

    assert (ran.code, ran.out) == (2, "")
    assert "the command started no Python that can be recorded" in ran.err


def test_a_command_that_does_not_come_to_the_entry_point(workspace: MakeWorkspace, record: Record) -> None:
    workspace(APP)
    ran = record("app.main", "--", sys.executable, "-c", "import app.models")

    assert (ran.code, ran.out) == (2, "")
    assert "the command did not execute app/main.py" in ran.err


@pytest.mark.parametrize("seconds", ["0", "-1", "inf", "nan", "soon"])
def test_a_time_limit_that_is_none(seconds: str, workspace: MakeWorkspace, record: Record) -> None:
    workspace(APP)
    ran = record("app.main", "--timeout", seconds)

    assert (ran.code, ran.out) == (2, "")
    assert "--timeout" in ran.err
