"""What a release is checked for, on copies of the files that name the version."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tools.release import ROOT, main, notes, problems, version

FILES = (
    *("server/cucurbit/__init__.py", "vscode-client/package.json", "CHANGELOG.md", "vscode-client/CHANGELOG.md"),
    "docs/ci/pre-commit.yml",
)
PYTHON, PACKAGE, CHANGES, EXTENSION_CHANGES, HOOK = FILES


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files as they are to be for a release 1.2.0."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "server/cucurbit/__init__.py").write_text('__version__ = "1.2.0"\n')
    (tmp_path / "vscode-client/package.json").write_text(json.dumps({"version": "1.2.0"}))
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## [1.2.0] - 2031-05-06\n\nNew.\n\n## [1.1.0] - 2030-01-02\n"
    )
    (tmp_path / "vscode-client/CHANGELOG.md").write_text("# Changelog\n\n## 1.2.0 (2031-05-06)\n\n- New.\n")
    (tmp_path / "docs/ci/pre-commit.yml").write_text("repos:\n  - rev: v1.2.0\n")
    return tmp_path


def test_a_release_in_order(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "v1.2.0"], copy) == 0
    assert capsys.readouterr().out == ""
    assert main(["notes"], copy) == 0
    assert capsys.readouterr().out == "New.\n"


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        (PYTHON, "1.2.0", "1.2.1", f"the tag is v1.2.0, and {PYTHON} says 1.2.1"),
        (PACKAGE, "1.2.0", "1.1.0", f"{PACKAGE} says 1.1.0: run `make docs`"),
        (HOOK, "v1.2.0", "v1.1.0", f"{HOOK} names another tag than v1.2.0: set its rev"),
        (CHANGES, "2031-05-06", "unreleased", f"{CHANGES} has no heading with 1.2.0 and a date"),
        (EXTENSION_CHANGES, "1.2.0", "1.2.00", f"{EXTENSION_CHANGES} has no heading with 1.2.0 and a date"),
    ],
)
def test_a_file_that_was_forgotten(
    copy: Path, capsys: pytest.CaptureFixture[str], name: str, before: str, after: str, told: str
) -> None:
    (copy / name).write_text((copy / name).read_text().replace(before, after))
    assert main(["check", "v1.2.0"], copy) == 1
    assert told in capsys.readouterr().out.splitlines()


def test_the_files_of_this_project_are_read() -> None:
    """Whatever else is left to do for a release, they agree on the version, and the changelog speaks of it."""
    wrong = list(problems(ROOT, f"v{version(ROOT)}"))
    assert [line for line in wrong if "CHANGELOG.md" not in line] == []
    assert notes(ROOT)


def test_the_platform_of_a_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vsix = tmp_path / "cucurbit.vsix"
    with zipfile.ZipFile(vsix, "w") as package:
        package.writestr(
            "extension.vsixmanifest", '<Identity Id="cucurbit" Version="1.2.0" TargetPlatform="linux-x64" />'
        )
    assert main(["platform", str(vsix), "linux-x64"]) == 0
    assert main(["platform", str(vsix), "win32-x64"]) == 1
    assert "is for linux-x64, not for win32-x64" in capsys.readouterr().out


def test_anything_else_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish"]) == 2
    assert "python -m tools.release check TAG" in capsys.readouterr().err
