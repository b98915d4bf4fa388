"""``cucurbit schema``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import CLEAN, Cucurbit, MakeWorkspace

MARKED = "# Shop\n\n<!-- cucurbit:schema -->\n<!-- /cucurbit:schema -->\n"


@pytest.fixture
def root(workspace: MakeWorkspace) -> Path:
    return workspace({**CLEAN, "README.md": MARKED})


def test_a_brief_list(root: Path, cucurbit: Cucurbit) -> None:
    ran = cucurbit("schema", "app.main")
    assert (ran.code, ran.err) == (0, "")
    assert "users  class User, app/models.py:6" in ran.out
    assert "1 column, key: id Integer" in ran.out
    assert ran.out.endswith("1 table, 0 foreign keys.\n")


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("mermaid", "erDiagram\n"),
        ("dbml", "Table "),
        ("dot", "digraph "),
        ("plantuml", "@startuml\n"),
        ("sql", "CREATE TABLE"),
    ],
)
def test_a_format_goes_to_standard_output_or_to_a_file(root: Path, cucurbit: Cucurbit, name: str, start: str) -> None:
    ran = cucurbit("schema", "app.main", "--output-format", name)
    assert ran.code == 0
    assert ran.out.startswith(start)
    assert cucurbit("schema", "app.main", "--output-format", name, "--output", "out.txt").out == ""
    assert (root / "out.txt").read_text("utf-8") == ran.out


def test_tables_are_chosen_by_a_pattern(root: Path, cucurbit: Cucurbit) -> None:
    document = json.loads(cucurbit("schema", "app.main", "--tables", "u*", "--output-format", "json").out)
    assert [table["id"] for table in document["tables"]] == ["users"]
    assert "No tables stand there." in cucurbit("schema", "app.main", "--tables", "x*").out


def test_the_page_holds_the_document(root: Path, cucurbit: Cucurbit, page_library: None) -> None:
    ran = cucurbit("schema", "app.main", "--output-format", "html", "--editor-url", "x://{path}")
    assert ran.out.startswith("<!doctype html>")
    assert ran.out.isascii()
    found = re.search(r'id="data"[^>]*>(.*?)</script>', ran.out, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    assert data["editor"] == "x://{path}"
    assert data["uris"] == {"app/models.py": (root / "app/models.py").as_uri()}
    assert data["schema"]["tables"][0]["id"] == "users"


def test_a_diagram_is_kept_up_to_date(root: Path, cucurbit: Cucurbit) -> None:
    readme = root / "README.md"
    stale = cucurbit("schema", "app.main", "--inject", "README.md", "--check")
    assert (stale.code, stale.out) == (1, "README.md is out of date: run the command without --check\n")
    assert readme.read_text("utf-8") == MARKED
    written = cucurbit("schema", "app.main", "--inject", "README.md")
    assert (written.code, written.out) == (0, "")
    assert '```mermaid\nerDiagram\n    "users" {\n        Integer id PK\n    }\n```\n' in readme.read_text("utf-8")
    fresh = cucurbit("schema", "app.main", "--inject", "README.md", "--check")
    assert (fresh.code, fresh.out) == (0, "README.md is up to date\n")


def test_a_written_file_can_be_checked(root: Path, cucurbit: Cucurbit) -> None:
    arguments = ("schema", "app.main", "--output-format", "dbml", "--output", "schema.dbml")
    assert cucurbit(*arguments, "--check").code == 1
    assert not (root / "schema.dbml").exists()
    assert cucurbit(*arguments).code == 0
    assert cucurbit(*arguments, "--check").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--check"], "--check: name the file with --inject or --output"),
        (["--inject", "README.md", "--output", "x"], "--inject and --output exclude each other"),
        (["--inject", "README.md", "--output-format", "sql"], "--inject: only a Mermaid diagram"),
        (["--inject", "nowhere.md"], "nowhere.md cannot be read: no such file or directory"),
        (["--inject", "app/models.py"], "app/models.py has no lines `<!-- cucurbit:schema -->`"),
        (["--editor-url", "javascript:{path}"], "--editor-url: give a URL"),
        (["nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_done_is_said(root: Path, cucurbit: Cucurbit, arguments: list[str], message: str) -> None:
    ran = cucurbit("schema", *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert (root / "README.md").read_text("utf-8") == MARKED


def test_without_an_entry_point_it_says_so(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace({"pyproject.toml": ""})
    ran = cucurbit("schema")
    assert ran.code == 0
    assert ran.out.startswith("No entry point was found here.")
