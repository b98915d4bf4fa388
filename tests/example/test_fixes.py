"""The fixes of the tool turn the incident into a project that works."""

from __future__ import annotations

import json
from pathlib import Path

from tests.example.states import ALL, child, copy, cucurbit, start


def test_the_fixes_repair_the_incident(tmp_path: Path) -> None:
    project = copy("1-incident", tmp_path)
    done = cucurbit(project, "check", "--fix", "--unsafe-fixes", "--output-format", "json")
    assert {finding["severity"] for finding in json.loads(done.stdout)["findings"]} <= {"information", "hint"}

    run = start(project)
    assert "ERROR" not in run.log
    assert run.registered == ALL
    assert run.in_database == sorted(["alembic_version", *ALL])
    assert set(run.statuses.values()) == {200}
    assert child(project, "-m", "alembic", "check").returncode == 0


def test_nothing_is_changed_without_being_asked(tmp_path: Path) -> None:
    project = copy("1-incident", tmp_path)
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    shown = cucurbit(project, "check", "--diff", "--unsafe-fixes")

    assert "+++ b/alembic/env.py" in shown.stdout
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before
