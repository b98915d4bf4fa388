"""``--write-baseline`` and ``--baseline``: old findings are kept out of the report, and no new one is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from tests.cli.conftest import TWICE, USER, Cucurbit, MakeWorkspace

FILE = "cucurbit-baseline.json"
SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "baseline.json"
REDEFINED = """
from sqlalchemy import Column, Integer, Table

from app.db import Base

Table("notes", Base.metadata, Column("id", Integer, primary_key=True))
Table("notes", Base.metadata, Column("id", Integer, primary_key=True), extend_existing=True)
"""
"""Two definitions of a table, of which the second hides that there are two."""


def setting(root: Path) -> None:
    (root / "cucurbit.toml").write_text(f'baseline = "{FILE}"\n')


def insert_above(root: Path, path: str, text: str) -> None:
    file = root / path
    file.write_text(text + file.read_text())


def test_what_is_in_the_baseline_is_not_reported(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    written = cucurbit("check", "--write-baseline", FILE)
    assert (written.code, written.out, written.err) == (0, "", f"Wrote 1 finding to {FILE}.\n")
    document = json.loads((root / FILE).read_text())
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    (known,) = document["findings"]
    assert (known["path"], known["rule"]) == ("app/legacy.py", "duplicate-table")
    ran = cucurbit("check", "--baseline", FILE)
    assert ran.code == 0
    assert "No findings" in ran.out
    assert ran.err == "cucurbit: note: 1 finding is in the baseline and not reported\n"
    # The same by a setting, for every format, and not where it is switched off.
    setting(root)
    assert json.loads(cucurbit("check", "--output-format", "json").out)["findings"] == []
    assert cucurbit("check").code == 0
    assert cucurbit("check", "--no-baseline").code == 1


def test_moved_lines_stay_in_the_baseline(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    setting(root)
    cucurbit("check", "--write-baseline", FILE)
    for path in ("app/legacy.py", "app/models.py", "app/main.py"):
        insert_above(root, path, "# moved\n\n")
    assert cucurbit("check").code == 0


def test_a_baseline_is_equal_for_equal_findings(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace({**TWICE, "app/older.py": USER, "app/main.py": TWICE["app/main.py"] + "import app.older\n"})
    cucurbit("check", "--write-baseline", FILE)
    first = (root / FILE).read_bytes()
    cucurbit("check", "--write-baseline", FILE)
    assert (root / FILE).read_bytes() == first
    findings = json.loads(first)["findings"]
    assert findings == sorted(findings, key=lambda each: (each["path"], each["rule"], each["message"]))
    assert len(findings) > 1


def _elsewhere(root: Path) -> None:
    (root / "app" / "older.py").write_text(USER)
    main = root / "app" / "main.py"
    main.write_text(main.read_text().replace("import app.legacy\n", "import app.older\nimport app.legacy\n"))


def _of_another_table(root: Path) -> None:
    """The same line defines another table twice."""
    for path in ("app/legacy.py", "app/models.py"):
        file = root / path
        file.write_text(file.read_text().replace('"users"', '"people"'))


@pytest.mark.parametrize("change", [_elsewhere, _of_another_table])
def test_new_findings_are_reported(
    workspace: MakeWorkspace, cucurbit: Cucurbit, change: Callable[[Path], None]
) -> None:
    root = workspace(TWICE)
    setting(root)
    cucurbit("check", "--write-baseline", FILE)
    assert cucurbit("check").code == 0
    change(root)
    assert cucurbit("check").code == 1


def test_what_the_cache_holds_is_of_one_baseline(
    workspace: MakeWorkspace, cucurbit: Cucurbit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUCURBIT_NO_CACHE", raising=False)
    monkeypatch.setenv("CUCURBIT_CACHE_DIR", str(tmp_path / "cache"))
    root = workspace(TWICE)
    setting(root)
    cucurbit("check", "--write-baseline", FILE)
    held = (root / FILE).read_text()
    first = cucurbit("check")
    assert (first.code, cucurbit("check")) == (0, first)
    (root / FILE).write_text('{"version": 1, "findings": []}')
    assert cucurbit("check").code == 1
    (root / FILE).unlink()
    assert cucurbit("check").code == 2
    (root / FILE).write_text(held)
    assert cucurbit("check") == first
    assert cucurbit("check", "--no-baseline").code == 1


def test_what_has_become_graver_is_reported(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    setting(root)
    main = root / "app" / "main.py"
    main.write_text(TWICE["app/main.py"].replace("import app.legacy\n", ""))
    cucurbit("check", "--write-baseline", FILE)
    (known,) = json.loads((root / FILE).read_text())["findings"]
    assert known["severity"] == "information"
    main.write_text(TWICE["app/main.py"])
    ran = cucurbit("check")
    assert (ran.code, ran.err) == (1, "")
    assert "error[duplicate-table]" in ran.out
    # What has become less grave is known.
    cucurbit("check", "--write-baseline", FILE)
    main.write_text(TWICE["app/main.py"].replace("import app.legacy\n", ""))
    assert "information" not in cucurbit("check").out


def test_what_is_gone_is_told_and_taken_out(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    setting(root)
    cucurbit("check", "--write-baseline", FILE)
    (root / "app" / "legacy.py").write_text("")
    # What was not looked for is not gone.
    assert "gone" not in cucurbit("check", "app/models.py").err
    assert "gone" not in cucurbit("check", "--ignore", "duplicate-table").err
    ran = cucurbit("check")
    assert "cucurbit: note: 1 finding of the baseline is out of date: --write-baseline removes it" in ran.err
    cucurbit("check", "--write-baseline", FILE)
    assert all(each["rule"] != "duplicate-table" for each in json.loads((root / FILE).read_text())["findings"])


def test_what_a_failing_program_hides_is_not_out_of_date(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    """Who took it out of the baseline would find it again as a new finding, once the program is mended."""
    root = workspace({**TWICE, "app/legacy.py": "", "app/main.py": TWICE["app/main.py"] + REDEFINED})
    setting(root)
    cucurbit("check", "--write-baseline", FILE)
    assert cucurbit("check").err == "cucurbit: note: 1 finding is in the baseline and not reported\n"
    (root / "app" / "legacy.py").write_text(TWICE["app/legacy.py"])
    ran = cucurbit("check", "--verbose")
    assert "error[duplicate-table]" in ran.out
    hidden = "1 finding of the baseline is not found now: a program fails, and what comes after that is not seen"
    assert ran.err == f"cucurbit: note: {hidden}\n", ran.out


def test_fixes_leave_alone_what_is_in_the_baseline(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    cucurbit("check", "--write-baseline", FILE)
    before = (root / "app" / "legacy.py").read_bytes()
    assert cucurbit("check", "--fix", "--unsafe-fixes", "--baseline", FILE).code == 0
    assert (root / "app" / "legacy.py").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "the baseline cucurbit-baseline.json cannot be read: no such file or directory"),
        ("", "the baseline cucurbit-baseline.json is no JSON: "),
        ("{", "the baseline cucurbit-baseline.json is no JSON: "),
        ("[]", "the baseline cucurbit-baseline.json is not a baseline: "),
        ('{"version": 2}', "the baseline cucurbit-baseline.json was written by a newer Cucurbit"),
        ('{"version": 1}', "is not a baseline: Object missing required field `findings`"),
        ('{"version": 1, "findings": [{"path": 3}]}', "is not a baseline: "),
        ("[" * 100_000, "is no JSON: "),
        ("\xff\x00", "is no JSON: "),
    ],
)
def test_a_baseline_that_is_none(workspace: MakeWorkspace, cucurbit: Cucurbit, text: str | None, reason: str) -> None:
    root = workspace(TWICE)
    if text is not None:
        (root / FILE).write_bytes(text.encode("latin-1"))
    ran = cucurbit("check", "--baseline", FILE)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("cucurbit: error: ")
    assert reason in ran.err
    assert len(ran.err.splitlines()) == 1
    if text is not None:
        setting(root)
        assert reason in cucurbit("check").err


def test_a_setting_without_its_file(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    setting(root)
    ran = cucurbit("check")
    expected = f"the baseline {FILE} does not exist: `cucurbit check --write-baseline {FILE}` writes it"
    assert (ran.code, ran.err) == (2, f"cucurbit: error: {expected}\n")
    assert cucurbit("check", "--write-baseline", FILE).code == 0
    assert cucurbit("check").code == 0
    (root / "cucurbit.toml").write_text('baseline = "../outside.json"\n')
    assert "is outside the workspace" in cucurbit("check").err


@pytest.mark.parametrize(
    "arguments",
    [("app",), ("--select", "duplicate-table"), ("--ignore", "duplicate-table"), ("--fix",), ("--baseline", FILE)],
)
def test_a_baseline_of_a_part_is_refused(
    workspace: MakeWorkspace, cucurbit: Cucurbit, arguments: tuple[str, ...]
) -> None:
    root = workspace(TWICE)
    assert cucurbit("check", "--write-baseline", FILE, *arguments).code == 2
    assert not (root / FILE).exists()


def test_a_baseline_that_cannot_be_written(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    (root / "taken").write_text("")
    ran = cucurbit("check", "--write-baseline", "taken/file.json")
    assert ran.code == 2
    assert ran.err.startswith("cucurbit: error: taken/file.json cannot be written: ")
