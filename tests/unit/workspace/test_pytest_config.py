"""What pytest's configuration says about imports."""

from __future__ import annotations

import pytest

from cucurbit.analysis.pytest_entry import pytest_entry
from cucurbit.opening import folder_workspace
from cucurbit.workspace.settings.pytest_config import PytestConfig, pytest_config
from cucurbit.workspace.tree.files import MemoryTree


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, PytestConfig("", (), "prepend")),
        ({"pytest.ini": "[pytest]\npythonpath = src lib\n"}, PytestConfig("", ("src", "lib"), "prepend")),
        ({"pytest.ini": '[pytest]\npythonpath =\n  .\n  "my code"\n'}, PytestConfig("", ("", "my code"), "prepend")),
        ({"pytest.ini": "# pythonpath = src\n[pytest]\n[other]\npythonpath = src\n"}, PytestConfig("", (), "prepend")),
        ({"pytest.toml": '[pytest]\npythonpath = ["src"]\n'}, PytestConfig("", ("src",), "prepend")),
        (
            {
                "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['src']\n"
                "addopts = '--import-mode=importlib'\n"
            },
            PytestConfig("", ("src",), "importlib"),
        ),
        ({"pyproject.toml": '[tool.pytest]\naddopts = ["--import-mode", "append"]\n'}, PytestConfig("", (), "append")),
        (
            {"tox.ini": "[pytest]\npythonpath = a\n", "setup.cfg": "[tool:pytest]\npythonpath = b\n"},
            PytestConfig("", ("a",), "prepend"),
        ),
        ({"setup.cfg": "[tool:pytest]\naddopts = --import-mode=append\n"}, PytestConfig("", (), "append")),
        (
            {"pytest.ini": "", "tests/pytest.ini": "", "tox.ini": "[pytest]\npythonpath = a\n"},
            PytestConfig("tests", (), "prepend"),
        ),
        (
            {"tests/tox.ini": "[testenv]\n", "setup.cfg": "[tool:pytest]\npythonpath = ../out b\n"},
            PytestConfig("", ("b",), "prepend"),
        ),
        ({"pytest.ini": "[pytest\n"}, PytestConfig("", (), "prepend")),
    ],
)
def test_the_nearest_configuration_counts(files: dict[str, str], expected: PytestConfig) -> None:
    assert pytest_config(files.get, "tests/unit") == expected


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("prepend", ("tests", "", "src")),
        ("append", ("src", "", "tests")),
        ("importlib", ("src",)),
    ],
)
def test_the_import_mode_decides_about_sys_path(mode: str, expected: tuple[str, ...]) -> None:
    """As recorded with pytest 9.2: ``sys.path`` when the test is imported."""
    files = {
        "pytest.ini": f"[pytest]\npythonpath = src\naddopts = --import-mode={mode}\n",
        "conftest.py": "",
        "tests/unit/__init__.py": "",
        "tests/unit/test_a.py": "",
        "src/shop.py": "",
    }
    entry = pytest_entry(folder_workspace(MemoryTree(files)), "tests/unit/test_a.py")
    assert (entry.sys_path, entry.module) == (expected, "unit.test_a")
