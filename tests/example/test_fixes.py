"""The fixes, applied to the incident, lead to a project that starts, migrates and registers what state 3 does."""

from __future__ import annotations

from pathlib import Path

import pytest

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix
from cucurbit.analysis.engine import analyse, findings
from cucurbit.fixes.apply import merge
from cucurbit.fixes.gate import Gate
from cucurbit.fixes.quick_fixes import fixes_for
from cucurbit.opening import open_workspace
from cucurbit.rules.catalogue import NAMES, RULES
from tests.example.states import ALL, child, copy, start

REMOVE = "Remove class EnergyEvent from app/models_extra.py and use the one in app/models_domain.py"
RESERVED = "Rename Payout.metadata to metadata_ and keep the column 'metadata'"
ROUTE = "Create app/models_all.py importing 3 model modules and route alembic/env.py through it"


def analysed(project: Path) -> Context:
    return analyse(open_workspace(project, known_rules=NAMES))


def chosen(context: Context, title: str) -> Fix:
    gate = Gate(context, RULES)
    fixes = [fix for finding in findings(context, RULES) for fix in fixes_for(gate, finding) if fix.title == title]
    assert fixes, f"not offered: {title}"
    assert len(set(fixes)) == 1
    return fixes[0]


def write(project: Path, fixes: list[Fix]) -> None:
    paths = {edit.path for fix in fixes for edit in fix.edits}
    texts = {path: (project / path).read_bytes().decode() for path in paths if (project / path).exists()}
    done = merge(texts, fixes)
    assert not done.left_out
    for path, text in done.texts.items():
        assert text is not None
        (project / path).write_bytes(text.encode())


@pytest.mark.parametrize("together", [True, False], ids=["at once", "one by one"])
def test_the_incident_is_repaired(together: bool, tmp_path: Path) -> None:
    project = copy("1-incident", tmp_path)
    (tmp_path / "3").mkdir()
    model = copy("3-aggregator", tmp_path / "3")
    if together:
        context = analysed(project)
        write(project, [chosen(context, title) for title in (REMOVE, RESERVED, ROUTE)])
    else:
        for title in (REMOVE, RESERVED, ROUTE):
            write(project, [chosen(analysed(project), title)])

    for path in ("app/models_extra.py", "alembic/env.py"):
        assert (project / path).read_bytes() == (model / path).read_bytes()
    repaired, expected = start(project), start(model)
    assert repaired.registered == expected.registered == ALL
    assert repaired.in_database == expected.in_database == sorted(["alembic_version", *ALL])
    assert repaired.statuses == expected.statuses
    assert set(repaired.statuses.values()) == {200}
    assert "ERROR" not in repaired.log
    assert child(project, "-m", "alembic", "check").returncode == 0


def test_no_fix_brings_the_two_definitions_together_where_nothing_fails(tmp_path: Path) -> None:
    project = copy("1-incident", tmp_path)
    write(project, [chosen(analysed(project), RESERVED)])
    context = analysed(project)

    # The alembic command works now; with both modules in the aggregator it would not.
    gate = Gate(context, RULES)
    titles = {fix.title for finding in findings(context, RULES) for fix in fixes_for(gate, finding)}
    assert REMOVE in titles
    assert ROUTE not in titles


def test_nothing_is_left_that_fails(tmp_path: Path) -> None:
    project = copy("1-incident", tmp_path)
    write(project, [chosen(analysed(project), title) for title in (REMOVE, RESERVED, ROUTE)])
    context = analysed(project)

    assert {finding.rule for finding in findings(context, RULES)} <= {
        "models-before-migrations",
        "migration-failure-swallowed",
    }
    gate = Gate(context, RULES)
    for finding in findings(context, RULES):
        assert finding.severity.value != "error"
        assert all(fix.title not in (REMOVE, RESERVED, ROUTE) for fix in fixes_for(gate, finding))
