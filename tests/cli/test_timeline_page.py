"""``cucurbit timeline --output-format html`` and ``--output``."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CLEAN, TWICE, Cucurbit, MakeWorkspace


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'id="picture"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_page_is_written_to_standard_output(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    ran = cucurbit("timeline", "app.main", "--output-format", "html")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("<!doctype html>")
    data = data_of(ran.out)
    assert [lane["target"] for lane in data["lanes"]] == ["app.main"]
    assert [finding["rule"] for finding in data["findings"]] == ["duplicate-table"]
    main = next(file for file in data["files"] if file["path"] == "app/main.py")
    assert main["uri"] == (root / "app/main.py").as_uri()
    assert data["editor"] == ""


def test_without_an_entry_point_all_are_there(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace({**CLEAN, "run.py": "from app import models\n\nmodels.Base.metadata.create_all(None)\n"})
    data = data_of(cucurbit("timeline", "--output-format", "html").out)
    listed = json.loads(cucurbit("timeline", "--output-format", "json").out)["timelines"]
    assert [lane["target"] for lane in data["lanes"]] == [each["entry"]["target"] for each in listed]


def test_a_module_that_is_no_entry_point_by_itself(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace({**TWICE, "app/both.py": "from app import models, legacy\n", "app/main.py": ""})
    data = data_of(cucurbit("timeline", "app.both", "--output-format", "html").out)
    assert [lane["target"] for lane in data["lanes"]] == ["app.both"]
    assert [finding["rule"] for finding in data["findings"]] == ["duplicate-table"]
    assert "app.both" in data["findings"][0]["message"]


def test_paths_are_shown_from_where_one_stands(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = workspace(TWICE)
    monkeypatch.chdir(root / "app")
    data = data_of(cucurbit("timeline", "app.main", "--output-format", "html").out)
    assert "main.py" in {file["path"] for file in data["files"]}


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_a_file_holds_what_would_have_been_printed(
    workspace: MakeWorkspace, cucurbit: Cucurbit, tmp_path: Path, form: str
) -> None:
    workspace(TWICE)
    printed = cucurbit("timeline", "app.main", "--output-format", form)
    file = tmp_path / "out put" / "timeline.out"
    ran = cucurbit("timeline", "app.main", "--output-format", form, "--output", str(file))
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert file.read_text("utf-8") == printed.out
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_a_file_that_stands_is_replaced_and_keeps_its_mode(
    workspace: MakeWorkspace, cucurbit: Cucurbit, tmp_path: Path
) -> None:
    workspace(CLEAN)
    file = tmp_path / "timeline.html"
    file.write_text("old")
    file.chmod(0o600)
    assert cucurbit("timeline", "app.main", "--output-format", "html", "--output", str(file)).code == 0
    assert file.read_text("ascii").startswith("<!doctype html>")
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_refused_in_one_line(
    workspace: MakeWorkspace, cucurbit: Cucurbit, tmp_path: Path
) -> None:
    workspace(CLEAN)
    (tmp_path / "file").write_text("")
    for name in (tmp_path / "file" / "timeline.html", tmp_path):
        ran = cucurbit("timeline", "app.main", "--output-format", "html", "--output", str(name))
        assert ran.code == 2
        assert ran.err.startswith("cucurbit: error: ")
        assert "cannot be written" in ran.err
        assert ran.err.count("\n") == 1
    assert cucurbit("timeline", "app.main", "--output", "a\0b").code == 2


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="left out: no /dev/null on this system")
def test_a_device_is_written_to_and_not_replaced(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(CLEAN)
    assert cucurbit("timeline", "app.main", "--output", "/dev/null").code == 0
    assert not os.path.isfile("/dev/null")


def test_links_lead_to_the_editor_that_is_named(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(CLEAN)
    template = "vscode://file/{path}:{line}:{column}"
    ran = cucurbit("timeline", "app.main", "--output-format", "html", "--editor-url", template)
    assert data_of(ran.out)["editor"] == template


@pytest.mark.parametrize(
    "template", ["vscode://file/", "{path}", "javascript:alert('{path}')", "data:text/html,{path}"]
)
def test_a_template_that_leads_nowhere_is_refused(workspace: MakeWorkspace, cucurbit: Cucurbit, template: str) -> None:
    workspace(CLEAN)
    ran = cucurbit("timeline", "app.main", "--output-format", "html", "--editor-url", template)
    assert (ran.code, ran.out) == (2, "")
    assert "--editor-url" in ran.err
