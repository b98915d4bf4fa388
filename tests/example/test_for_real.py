"""Each state of the example, run for real in a child Python, does what its README tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import __version__ as sqlalchemy_version

from tests.example.states import ALL, EARLY, child, copy, start

RESERVED_RAISES = sqlalchemy_version.startswith(("1.", "2.0."))


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
