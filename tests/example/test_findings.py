"""What Cucurbit says of each state is what really happens there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.example.states import ALL, EARLY, copy, cucurbit, start


@dataclass(frozen=True)
class Found:
    """One finding of the JSON. ``related`` holds ``path:line``."""

    rule: str
    severity: str
    path: str
    line: int
    message: str
    related: list[str]


def line_of(project: Path, path: str, text: str) -> int:
    """The one line of a file that starts with ``text``."""
    lines = (project / path).read_text(encoding="utf-8").splitlines()
    (line,) = [number for number, line in enumerate(lines, 1) if line.startswith(text)]
    return line


def check(project: Path) -> tuple[int, list[Found]]:
    done = cucurbit(project, "check", "--output-format", "json")
    assert done.returncode in (0, 1), done.stderr
    findings = [
        Found(
            rule=finding["rule"],
            severity=finding["severity"],
            path=finding["path"],
            line=finding["range"]["start"]["line"],
            message=finding["message"],
            related=[f"{related['path']}:{related['line']}" for related in finding["related"]],
        )
        for finding in json.loads(done.stdout)["findings"]
    ]
    return done.returncode, findings


def timeline(project: Path, entry: str) -> list[dict[str, Any]]:
    done = cucurbit(project, "timeline", entry, "--output-format", "json")
    assert done.returncode == 0, done.stderr
    (only,) = json.loads(done.stdout)["timelines"]
    events: list[dict[str, Any]] = only["events"]
    return events


def of(rule: str, findings: list[Found]) -> Found:
    (only,) = [finding for finding in findings if finding.rule == rule]
    return only


def test_the_incident_is_an_error_with_both_chains(tmp_path: Path) -> None:
    project = copy("1-incident", tmp_path)
    status, findings = check(project)
    duplicate = of("duplicate-table", findings)

    assert status == 1
    assert duplicate.severity == "error"
    assert duplicate.path == "app/models_domain.py"
    assert duplicate.line == line_of(project, duplicate.path, "class EnergyEvent")
    assert "energy_events" in duplicate.message
    chain = [
        ("app/main_simple.py", "from app.routers import"),
        ("app/routers/wallet.py", "from app.services.ledger"),
        ("app/services/ledger.py", "from app.models_extra"),
        ("app/main_simple.py", "    run_migrations()"),
        ("app/run_migrations.py", "    command.upgrade"),
        ("alembic/env.py", "import app.models_domain"),
    ]
    places = [f"{path}:{line_of(project, path, text)}" for path, text in chain]
    assert [place for place in duplicate.related if place in places] == places
    legacy = line_of(project, "app/models_extra.py", "class EnergyEvent")
    assert f"app/models_extra.py:{legacy}" in duplicate.related


def test_what_led_to_the_incident(tmp_path: Path) -> None:
    project = copy("1-incident", tmp_path)
    _, findings = check(project)

    early = of("models-before-migrations", findings)
    assert (early.path, early.line) == ("app/main_simple.py", line_of(project, early.path, "from app.routers import"))
    assert "5 tables" in early.message

    hidden = of("import-failure-hidden", findings)
    assert (hidden.path, hidden.line) == ("app/models_domain.py", line_of(project, hidden.path, "class Zone"))

    reserved = of("reserved-attribute", findings)
    assert reserved.severity == "error"
    assert (reserved.path, reserved.line) == (
        "app/models_domain.py",
        line_of(project, reserved.path, "    metadata = Column(JSON)"),
    )

    swallowed = of("migration-failure-swallowed", findings)
    assert swallowed.path == "app/main_simple.py"


@pytest.mark.parametrize("state", ["1-incident", "2-one-definition", "3-aggregator"])
def test_the_timeline_registers_what_the_app_really_registers(state: str, tmp_path: Path) -> None:
    project = copy(state, tmp_path)
    events = timeline(project, "app.main_simple")
    run = start(project)

    assert sorted(event["table"] for event in events if event["event"] == "table-registered") == run.registered
    rejected = [event["table"] for event in events if event["event"] == "table-rejected"]
    assert rejected == [table for table in ["energy_events", "zones"] if f"Table '{table}' is already" in run.log]
    assert all(event["certain"] for event in events)


def test_the_incident_registers_five_tables_before_it_migrates(tmp_path: Path) -> None:
    events = timeline(copy("1-incident", tmp_path), "app.main_simple")
    names = [event["event"] for event in events]

    before = events[: names.index("migrations-started")]
    assert sorted(event["table"] for event in before if event["event"] == "table-registered") == sorted(EARLY)
    failed = events[names.index("migrations-failed")]
    assert failed["error"] == "InvalidRequestError"


def test_one_definition_is_no_duplicate(tmp_path: Path) -> None:
    project = copy("2-one-definition", tmp_path)
    _, findings = check(project)

    assert {finding.rule for finding in findings} == {"model-not-in-migrations"}
    (missed,) = findings
    assert (missed.path, missed.line) == ("app/models_extra.py", line_of(project, missed.path, "class WalletEntry("))
    assert "2 tables ('wallet_entries' and 'merchant_offers')" in missed.message


def test_the_aggregator_leaves_nothing_to_say(tmp_path: Path) -> None:
    project = copy("3-aggregator", tmp_path)
    status, findings = check(project)

    assert (status, findings) == (0, [])
    for entry in ["app.main_simple", "alembic"]:
        events = timeline(project, entry)
        assert sorted(event["table"] for event in events if event["event"] == "table-registered") == ALL
