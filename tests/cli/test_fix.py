"""``--fix`` and ``--diff``: what is written, how, and what is left alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cucurbit.cli.analysis import Defects, check_workspace
from cucurbit.cli.apply_fixes import fix_findings, write_changes
from cucurbit.cli.errors import Refused
from cucurbit.cli.target import open_target
from tests.cli.conftest import CLEAN, TWICE, Cucurbit, MakeWorkspace

SAFE = {
    **CLEAN,
    "app/models.py": CLEAN["app/models.py"].replace(
        "class User(Base):", "class User(Base):  # cucurbit: ignore[duplicate-table]"
    ),
}
"""A comment that silences nothing, which a safe fix removes."""

IGNORED = "class User(Base):  # cucurbit: ignore[duplicate-table]"


def snapshot(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_safe_fixes_are_applied_until_there_are_none(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(SAFE)
    before = snapshot(root)
    ran = cucurbit("check", "--fix")
    after = snapshot(root)
    assert ran.code == 0
    assert "No findings" in ran.out
    assert "Fixed unused-ignore at app/models.py:6" in ran.err
    assert {path for path in after if after[path] != before.get(path)} == {"app/models.py"}
    assert after["app/models.py"].decode() == CLEAN["app/models.py"]
    assert "No finding has a fix that can be applied." in cucurbit("check", "--fix").err


def test_unsafe_fixes_only_when_asked_for(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    before = snapshot(root)
    assert cucurbit("check", "--fix").code == 1
    assert snapshot(root) == before
    ran = cucurbit("check", "--fix", "--unsafe-fixes")
    assert "Fixed duplicate-table at app/legacy.py:6" in ran.err
    assert ran.code == 0
    assert sum(b"__tablename__" in text for path, text in snapshot(root).items() if path.endswith(".py")) == 1


_MODEL = """from sqlalchemy import Column, Integer

from app.db import Base


class Crate(Base):
    __tablename__ = "crates"
    id = Column(Integer, primary_key=True)
"""


@pytest.mark.parametrize(("prototype_has", "applied"), [("", True), ("    colour = Column(Integer)\n", False)])
def test_the_definition_that_the_revisions_create_is_kept(
    workspace: MakeWorkspace, cucurbit: Cucurbit, prototype_has: str, applied: bool
) -> None:
    """Where the other one has columns that would be lost, only a person chooses, although both ways are offered."""
    root = workspace(
        {
            "app/__init__.py": "",
            "app/db.py": "from sqlalchemy.orm import declarative_base\n\nBase = declarative_base()\n",
            "app/crates.py": _MODEL + prototype_has,
            "app/old_models.py": _MODEL + "    weight = Column(Integer)\n",
            "app/main.py": "from fastapi import FastAPI\nimport app.crates\nimport app.old_models\napp = FastAPI()\n",
            "alembic.ini": "[alembic]\nscript_location = migrations\nprepend_sys_path = .\n",
            "migrations/env.py": "from alembic import context\n\nfrom app.db import Base\n\n"
            "context.configure(url='sqlite://', target_metadata=Base.metadata)\ncontext.run_migrations()\n",
            "migrations/versions/a1_start.py": "import sqlalchemy as sa\nfrom alembic import op\n\nrevision = 'a1'\n"
            "down_revision = None\n\n\ndef upgrade():\n    op.create_table('crates', sa.Column('id', sa.Integer()),"
            " sa.Column('weight', sa.Integer()))\n",
        }
    )
    shown = cucurbit("check", "--select", "duplicate-table", "--show-fixes").out
    assert shown.index("Remove class Crate from app/crates.py") < shown.index(
        "Remove class Crate from app/old_models.py"
    )
    ran = cucurbit("check", "--select", "duplicate-table", "--fix", "--unsafe-fixes")
    assert ("Fixed duplicate-table" in ran.err) is applied
    assert ("class Crate" in (root / "app/crates.py").read_text(encoding="utf-8")) is not applied


def test_silencing_is_no_fix(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    cucurbit("check", "--fix", "--unsafe-fixes")
    assert not any(b"cucurbit: ignore" in text for text in snapshot(root).values())


def test_diff_changes_nothing(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(SAFE)
    before = snapshot(root)
    ran = cucurbit("check", "--diff")
    assert ran.code == 1
    assert snapshot(root) == before
    assert ran.out.splitlines()[:2] == ["--- a/app/models.py", "+++ b/app/models.py"]
    assert f"-{IGNORED}\n+class User(Base):\n" in ran.out


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_the_form_of_a_file_stays(workspace: MakeWorkspace, cucurbit: Cucurbit, newline: str, bom: bytes) -> None:
    root = workspace(SAFE)
    path = root / "app" / "models.py"
    path.write_bytes(bom + SAFE["app/models.py"].replace("\n", newline).encode())
    path.chmod(0o640)
    cucurbit("check", "--fix")
    assert path.read_bytes() == bom + CLEAN["app/models.py"].replace("\n", newline).encode()
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert not [each for each in path.parent.iterdir() if each.name.startswith(".cucurbit-")]


def test_an_encoding_stays(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(SAFE)
    path = root / "app" / "models.py"
    head = "# -*- coding: latin-1 -*-\n# Déjà vu\n"
    path.write_bytes((head + SAFE["app/models.py"]).encode("latin-1"))
    cucurbit("check", "--fix")
    assert path.read_bytes() == (head + CLEAN["app/models.py"]).encode("latin-1")


def test_a_file_that_changed_meanwhile_is_left_alone(workspace: MakeWorkspace) -> None:
    root = workspace(SAFE)
    target = open_target(["."], {})
    fixed = fix_findings(target, check_workspace(target, target.workspace, Defects()), Defects(), unsafe=False)
    assert fixed.applied
    (root / "app" / "models.py").write_text("mine = 1\n")
    with pytest.raises(Refused, match="changed while it was being fixed"):
        write_changes(target, fixed)
    assert (root / "app" / "models.py").read_text() == "mine = 1\n"


def test_a_failed_write_changes_nothing(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = workspace(SAFE)
    before = snapshot(root)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "app/models.py")

    monkeypatch.setattr("cucurbit.workspace.tree.writing.os.replace", refuse)
    ran = cucurbit("check", "--fix")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        2,
        "cucurbit: error: app/models.py cannot be written: permission denied",
    )
    assert snapshot(root) == before


def test_the_example_can_be_fixed_to_its_end(
    tmp_path: Path, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = Path(__file__).parents[2] / "docs" / "examples" / "charge-party" / "1-incident"
    for path in example.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = tmp_path / path.relative_to(example)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    ran = cucurbit("check", "--fix", "--unsafe-fixes")
    assert ran.code == 0
    assert "error[" not in ran.out
    assert "warning[" not in ran.out
    assert (tmp_path / "app" / "models_all.py").is_file()


def test_unsafe_fixes_are_said(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    assert cucurbit("check", "--fix").err == "No fix was applied. 1 fix needs --unsafe-fixes.\n"
    ran = cucurbit("check", "--diff")
    assert (ran.out, ran.err) == ("", "No fix was applied. 1 fix needs --unsafe-fixes.\n")


def test_a_diff_is_coloured_on_a_terminal_and_unchanged_elsewhere(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace({**SAFE, "app/models.py": SAFE["app/models.py"] + "    # \x1b[7m"})
    bare = cucurbit("check", "--diff").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = cucurbit("check", "--diff").out
    assert f"\x1b[31m-{IGNORED}" in coloured
    assert "\x1b[32m+class User(Base):" in coloured
    assert "\x1b[7m" not in coloured
    assert f"-{IGNORED}\n+class User(Base):\n" in bare


def test_severity_limits_the_fixes(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(SAFE)
    before = snapshot(root)
    assert cucurbit("check", "--fix", "--severity", "error").code == 0
    assert snapshot(root) == before
