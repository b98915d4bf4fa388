"""The generated pages are up to date, and the check would say if they were not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cucurbit.cli.docs_pages import EXAMPLE, cli_page, settings_page
from cucurbit.workspace.settings.schema import DEFAULTS
from tests.cli.conftest import Cucurbit

ROOT = Path(__file__).parents[2]


def copy_of_docs(folder: Path) -> Path:
    (folder / "server" / "cucurbit").mkdir(parents=True)
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "README.md", folder / "README.md")
    return folder


def test_a_stale_page_is_said_and_written(tmp_path: Path, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch) -> None:
    root = copy_of_docs(tmp_path)
    monkeypatch.chdir(root / "docs")
    assert cucurbit("docs", "--write").code == 0
    assert cucurbit("docs", "--check").code == 0
    (root / "docs" / "cli.md").write_text("# Command line\n")
    (root / "docs" / "settings.md").unlink()
    (root / "README.md").write_text("<!-- rules -->\nold\n<!-- /rules -->\nkept\n")
    ran = cucurbit("docs", "--check")
    assert ran.code == 1
    for line in ("docs/cli.md is out of date", "docs/settings.md is missing", "README.md is out of date"):
        assert line in ran.out.splitlines()
    assert cucurbit("docs").code == 0
    assert cucurbit("docs", "--check").code == 0
    assert (root / "README.md").read_text().startswith("<!-- rules -->\n| rule |")
    assert (root / "README.md").read_text().endswith("<!-- /rules -->\nkept\n")


def test_outside_a_source_tree(tmp_path: Path, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cucurbit("docs", "--check").code == 2


def test_every_setting_and_command_is_described() -> None:
    page = settings_page()
    for name in DEFAULTS.__struct_encode_fields__:
        assert name == "aggregator" or f"## `{name}`" in page
    assert "## `aggregator.module`" in page
    for command in ("check", "timeline", "models", "explain", "rules", "rule", "serve"):
        assert f"## `cucurbit {command}`" in cli_page()


@pytest.mark.parametrize("name", ["check", "explain", "models", "rules", "settings", "timeline"])
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text()))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("check", ["check"]),
        ("timeline", ["timeline"]),
        ("models", ["models"]),
        (
            "explain",
            ["explain", "InvalidRequestError: Table 'energy_events' is already defined for this MetaData instance."],
        ),
        ("rules", ["rules"]),
    ],
)
def test_documents_are_as_their_schemas_say(
    cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch, name: str, arguments: list[str]
) -> None:
    monkeypatch.chdir(ROOT / EXAMPLE)
    document = json.loads(cucurbit(*arguments, "--output-format", "json").out)
    schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text())
    Draft202012Validator(schema).validate(document)
    assert any(isinstance(value, list) and value for value in document.values())
    document["version"] = 2
    assert not Draft202012Validator(schema).is_valid(document)
