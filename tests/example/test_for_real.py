"""Each state of the example, run for real in a child Python, does what its README tells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import __version__ as sqlalchemy_version

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "charge-party"
PROBE = Path(__file__).with_name("probe.py")
RESERVED_RAISES = sqlalchemy_version.startswith(("1.", "2.0."))

EARLY = ["drivers", "vehicles", "wallet_entries", "merchant_offers", "energy_events"]
ALL = sorted([*EARLY, "zones", "payouts"])


@dataclass(frozen=True)
class Run:
    registered: list[str]
    in_database: list[str]
    statuses: dict[str, int]
    log: str


def child(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, *command], cwd=project, env=env, capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def copy(state: str, to: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE / state, to / state, ignore=shutil.ignore_patterns("*.db", "__pycache__")))


def start(project: Path) -> Run:
    report = project.with_suffix(".json")
    done = child(project, str(PROBE), str(report))
    assert done.returncode == 0, done.stderr
    return Run(**json.loads(report.read_text(encoding="utf-8")), log=done.stderr)


def test_the_incident_starts_on_an_empty_database(tmp_path: Path) -> None:
    run = start(copy("1-incident", tmp_path))

    assert "ERROR:app.main_simple:Migrations failed, starting without them" in run.log
    assert "Table 'energy_events' is already defined for this MetaData instance" in run.log
    assert run.log.index("Table 'energy_events' is") < run.log.index("Table 'zones' is already defined")
    assert run.in_database == []
    assert run.registered == sorted([*EARLY, "zones"])
    assert run.statuses == {"/health": 200, "/drivers": 500, "/wallet/1": 500, "/parties/active": 404}


def test_the_incident_migrates_from_the_command_line_unless_metadata_is_reserved(tmp_path: Path) -> None:
    project = copy("1-incident", tmp_path)
    done = child(project, "-m", "alembic", "upgrade", "head")

    assert (done.returncode != 0) is RESERVED_RAISES
    assert ("Attribute name 'metadata' is reserved" in done.stderr) is RESERVED_RAISES
    assert "already defined" not in done.stderr


@pytest.mark.parametrize("state", ["2-one-definition", "3-aggregator"])
def test_the_repaired_states_migrate_and_answer(state: str, tmp_path: Path) -> None:
    run = start(copy(state, tmp_path))

    assert "ERROR" not in run.log
    assert run.in_database == sorted(["alembic_version", *ALL])
    assert run.registered == ALL
    assert set(run.statuses.values()) == {200}


@pytest.mark.parametrize(
    ("state", "dropped"),
    [("2-one-definition", {"merchant_offers", "wallet_entries"}), ("3-aggregator", set())],
)
def test_what_autogenerate_would_drop(state: str, dropped: set[str], tmp_path: Path) -> None:
    project = copy(state, tmp_path)
    assert child(project, "-m", "alembic", "upgrade", "head").returncode == 0

    done = child(project, "-m", "alembic", "check")
    said = done.stdout + done.stderr

    assert (done.returncode == 0) is not bool(dropped)
    assert {table for table in ALL if f"remove_table', Table('{table}'" in said} == dropped
