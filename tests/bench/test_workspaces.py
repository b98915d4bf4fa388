"""The generated workspaces are programs, are the same at every run, and look like real projects."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.workspaces import Workspace, generate, write
from tests.bench.written import Written


def files_of(name: str) -> dict[str, str]:
    return {each.path: each.text for each in generate(name) if isinstance(each, Written)}


@pytest.mark.parametrize("name", ["300", "models"])
def test_a_workspace_is_the_same_every_time_and_every_file_compiles(name: str) -> None:
    texts = files_of(name)
    assert texts == files_of(name)
    for path, text in texts.items():
        if path.endswith(".py"):
            compile(text, path, "exec", dont_inherit=True)


def test_there_are_as_many_files_as_were_asked_for() -> None:
    assert sum(path.endswith(".py") for path in files_of("300")) == 300


def test_files_are_as_long_as_in_real_projects() -> None:
    lines = sorted(text.count("\n") for path, text in files_of("300").items() if path.endswith(".py"))
    assert 40 <= statistics.median(lines) <= 140
    assert 300 <= lines[len(lines) * 9 // 10] <= 700
    shares = [("sqlalchemy" in text) for path, text in files_of("300").items() if path.endswith(".py")]
    assert 0.2 <= statistics.mean(shares) <= 0.6


def test_one_file_has_two_hundred_tables() -> None:
    text = files_of("models")["app/models.py"]
    assert text.count("__tablename__") == 200
    assert 5000 <= text.count("\n") <= 7000


def run(workspace: Workspace, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=workspace.root, capture_output=True, text=True, check=True, timeout=110
    )
    return done.stdout


@pytest.mark.parametrize("name", ["160", "models"])
def test_main_really_imports_and_the_second_definition_really_fails(name: str, tmp_path: Path) -> None:
    workspace = write(name, tmp_path / "workspace")
    said = run(workspace, "import main; print(main.legacy_tables, len(main.app.routes) > 0)")
    assert said.split() == ["None", "True"]


def test_main_imports_every_file_of_the_reachable_kind(tmp_path: Path) -> None:
    from tests.bench.application import REACHABLE, Application

    root = tmp_path / "workspace"
    plan = Application("seed", "app", "", 150, REACHABLE)
    modules = set()
    for each in plan.files():
        path = root / each.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(each.text, encoding="utf-8")
        if each.path.endswith(".py") and not each.path.startswith("alembic/"):
            modules.add(each.path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    workspace = Workspace("reachable", root, 0, (), plan.places(""))
    imported = set(run(workspace, "import main, sys; print(*sys.modules)").split())
    # The module whose second definition is refused does not stay.
    assert modules - imported == {"app.legacy.tables"}


def test_there_is_a_place_for_every_kind_of_edit(generated: Workspace) -> None:
    found = generated.kinds
    assert len(found) == 6
    for kind in found:
        text = (generated.root / kind.place.path).read_text(encoding="utf-8")
        after = text.index(kind.place.after)
        assert kind.place.text in text[after:]
        assert kind.variant(1, kind.place.text) != kind.variant(2, kind.place.text)
