"""The generated files are up to date, and the check would say if they were not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cucurbit.workspace.settings.schema import DEFAULTS
from tools.docs.__main__ import ROOT, main
from tools.docs.pages import cli_page, settings_page


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the files that are generated, and of what they are generated from."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "README.md", tmp_path / "README.md")
    (tmp_path / "vscode-client").mkdir()
    shutil.copy(ROOT / "vscode-client" / "package.json", tmp_path / "vscode-client" / "package.json")
    return tmp_path


def test_the_generated_files_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_page_is_said_and_written(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "docs" / "cli.md").write_text("# Command line\n")
    (copy / "docs" / "settings.md").unlink()
    (copy / "docs" / "rules" / "duplicate-table.md").unlink()
    (copy / "README.md").write_text("<!-- rules -->\nold\n<!-- /rules -->\nkept\n")
    package = copy / "vscode-client" / "package.json"
    package.write_text(package.read_text().replace('"Show Timeline"', '"Show the Timeline"'))
    assert main(["--check"], copy) == 1
    told = capsys.readouterr().out.splitlines()
    for line in (
        "docs/cli.md is out of date",
        "docs/settings.md is missing",
        "docs/rules/duplicate-table.md is missing",
        "README.md is out of date",
        "vscode-client/package.json is out of date",
    ):
        assert line in told
    assert main([], copy) == 0
    assert main(["--check"], copy) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "docs/rules/duplicate-table.md is missing"
    assert (copy / "README.md").read_text().startswith("<!-- rules -->\n| rule |")
    assert (copy / "README.md").read_text().endswith("<!-- /rules -->\nkept\n")


def test_a_page_without_a_place_for_its_generated_part(copy: Path) -> None:
    (copy / "README.md").write_text("# Cucurbit\n")
    with pytest.raises(SystemExit, match=r"README\.md has no <!-- rules -->"):
        main(["--check"], copy)


def test_every_setting_and_command_is_described() -> None:
    page = settings_page()
    for name in DEFAULTS.__struct_encode_fields__:
        assert name in ("aggregator", "migrations") or f"## `{name}`" in page
    assert "## `aggregator.module`" in page
    assert "## `migrations.reviewed`" in page
    for command in ("check", "timeline", "models", "explain", "record", "rules", "rule", "serve", "cache"):
        assert f"## `cucurbit {command}`" in cli_page()
