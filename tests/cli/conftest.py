"""Small workspaces on disk, and the command run in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from cucurbit.cli.main import main

DB = """\
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
"""

USER = """\
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
"""

TWICE: Mapping[str, str] = {
    "cucurbit.toml": "",
    "requirements.txt": "sqlalchemy==2.0.40\n",
    "app/__init__.py": "",
    "app/db.py": DB,
    "app/models.py": USER,
    "app/legacy.py": USER,
    "app/main.py": "from fastapi import FastAPI\n\nfrom app import models\nimport app.legacy\n\napp = FastAPI()\n",
}
"""One table, two definitions, both executed by the application."""

CLEAN: Mapping[str, str] = {name: text for name, text in TWICE.items() if name != "app/legacy.py"} | {
    "app/main.py": "from fastapi import FastAPI\n\nfrom app import models\n\napp = FastAPI()\n",
}


@dataclass(frozen=True)
class Ran:
    """What one run of the command gave."""

    code: int
    out: str
    err: str


Cucurbit = Callable[..., Ran]
MakeWorkspace = Callable[[Mapping[str, str]], Path]


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dedent(text).encode())
    return root


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeWorkspace:
    """Writes files into a folder of their own and goes there."""

    def make(files: Mapping[str, str]) -> Path:
        root = write(tmp_path / "project", files)
        monkeypatch.chdir(root)
        return root

    return make


@pytest.fixture
def cucurbit(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cucurbit:
    """Runs the command in this process."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CUCURBIT_DEBUG", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        assert "Traceback (most recent call last)" not in captured.err
        return Ran(code, captured.out, captured.err)

    return run
