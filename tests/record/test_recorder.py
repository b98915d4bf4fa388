"""The recorder stays out of the way of the program, and runs wherever that does."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cucurbit.record import run_command
from tests.record.conftest import MODELS, MakeWorkspace, Record

INSIDE = sorted(run_command.INSIDE.glob("*.py"))
LOADED_AT_START = {"sys", "os", "_thread", "_frozen_importlib", "_frozen_importlib_external", "__future__"}


@pytest.mark.parametrize("path", INSIDE, ids=lambda path: path.name)
def test_it_is_written_for_python_38(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("path", INSIDE, ids=lambda path: path.name)
def test_it_loads_nothing_before_the_program(path: Path) -> None:
    ours = {each.stem for each in INSIDE}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= LOADED_AT_START | ours
        elif isinstance(node, ast.ImportFrom):
            assert node.module in LOADED_AT_START
    for each in ast.walk(tree):
        if isinstance(each, ast.ImportFrom) and str(each.module).startswith("cucurbit."):
            assert path.name != "sitecustomize.py"
            assert each.module == "cucurbit.record.inside.cucurbit_recorder", "for the type checker alone"


def test_modules_of_the_workspace_hide_those_of_the_standard_library(workspace: MakeWorkspace, record: Record) -> None:
    wanted = ("json", "threading", "subprocess", "ast", "inspect", "functools")
    # Files with the ending .pth in site-packages may load some before any program runs.
    plain = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, check=True)
    names = [name for name in wanted if name not in plain.stdout.decode().split()]
    assert "json" in names
    script = "import sys\nassert not {name for name in NAMES if name in sys.modules}\nimport sub\n"
    workspace({"run.py": script.replace("NAMES", repr(names)), "sub.py": "import json\n", "json.py": ""})
    ran = record("run.py", "--", sys.executable, "run.py")

    assert ran.code == 0, ran.err
    assert ran.events[:3] == ["module-started __main__", "module-started sub", "module-started json"]


def test_the_sitecustomize_of_the_program_is_loaded(
    tmp_path: Path, workspace: MakeWorkspace, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text("print('the other sitecustomize')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(other))
    workspace({"run.py": "import sys\nassert not [path for path in sys.path if 'inside' in path]\n"})
    ran = record("run.py", "--", sys.executable, "run.py")

    assert ran.code == 0, ran.err
    assert "the other sitecustomize" in ran.err


def test_an_environment_in_the_workspace_is_not_the_workspace(workspace: MakeWorkspace, record: Record) -> None:
    root = workspace({"app/models.py": MODELS, "app/main.py": "import tool\nfrom app import models\n"})
    packages = root / ".venv" / "lib" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "tool.py").write_text(MODELS.replace("users", "of_a_package"), encoding="utf-8")
    (root / "app" / "__init__.py").write_text(f"import sys\nsys.path.append({str(packages)!r})\n", encoding="utf-8")
    ran = record("app.main")

    assert "table-registered users" in ran.events
    assert not [event for event in ran.events if "tool" in event or "of_a_package" in event]


def test_interpreter_options_are_kept(workspace: MakeWorkspace, record: Record) -> None:
    workspace({"run.py": "import sys\nprint('options', sys.flags.optimize, sys.warnoptions, sys.argv)\n"})
    ran = record("run.py", "--", sys.executable, "-O", "-W", "error", "run.py", "--option")

    assert ran.code == 0, ran.err
    assert "options 1 ['error'] ['run.py', '--option']" in ran.err


def test_the_environment_of_the_interpreter_is_active(workspace: MakeWorkspace, record: Record) -> None:
    workspace({"run.py": "import os, sys\nprint('at', os.environ['PATH'].split(os.pathsep)[0])\n"})
    ran = record("run.py", "--", "python", "run.py")

    assert ran.code == 0, ran.err
    assert f"at {os.path.join(sys.prefix, 'Scripts' if os.name == 'nt' else 'bin')}" in ran.err


def test_tables_of_packages_are_none_of_the_workspace(workspace: MakeWorkspace, record: Record) -> None:
    workspace(
        {"app/models.py": MODELS, "app/main.py": "from sqlalchemy.dialects import postgresql\nimport app.models\n"}
    )
    ran = record("app.main")

    assert ran.code == 0, ran.out
    assert [event for event in ran.events if event.startswith("table")] == ["table-registered users"]
