"""The findings of a snapshot: which rules run, what the settings make of them, in which order they come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse, findings
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.rule import Rule, RuleSet
from cucurbit.opening import folder_workspace
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.source.span import Span
from cucurbit.workspace.tree.files import MemoryTree

MODELS = """\
from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
a = Table("a", metadata, Column("id", Integer))
b = Table("a", metadata, Column("id", Integer))
"""
MAIN = "from fastapi import FastAPI\n\nimport pkg.models\n\napp = FastAPI()\n"


def context(settings: str = "", models: str = MODELS) -> Context:
    files = {"pkg/__init__.py": "", "pkg/models.py": models, "main.py": MAIN, "cucurbit.toml": settings}
    return analyse(folder_workspace(MemoryTree(files), NAMES))


def said(settings: str = "", models: str = MODELS) -> list[str]:
    found = findings(context(settings, models), RULES)
    return [f"{each.location.path}:{each.location.span.line} {each.severity.value} {each.rule}" for each in found]


def test_every_rule_has_its_own_name() -> None:
    assert len(RULES.by_name) == len(RULES.rules)


def test_without_settings_every_default_rule_speaks() -> None:
    assert said() == ["pkg/models.py:5 error duplicate-table"]


@pytest.mark.parametrize(
    "settings",
    [
        'ignore = ["duplicate-table"]',
        'ignore = ["all"]',
        'select = ["circular-import"]',
        "select = []",
        '[severity]\nduplicate-table = "off"',
        '[per-file-ignores]\n"pkg/**" = ["duplicate-table"]',
        '[per-file-ignores]\n"models.py" = ["duplicate-table"]',
    ],
)
def test_a_rule_can_be_switched_off(settings: str) -> None:
    assert said(settings) == []


@pytest.mark.parametrize(
    "settings",
    [
        'select = ["duplicate-table"]',
        'select = []\nextend-select = ["duplicate-table"]',
        'ignore = ["circular-import"]',
        '[per-file-ignores]\n"other/**" = ["duplicate-table"]',
        '[per-file-ignores]\n"pkg/**" = ["circular-import"]',
    ],
)
def test_a_rule_that_is_not_switched_off_speaks(settings: str) -> None:
    assert said(settings) == ["pkg/models.py:5 error duplicate-table"]


def test_ignore_is_stronger_than_select() -> None:
    assert said('select = ["duplicate-table"]\nignore = ["duplicate-table"]') == []


def test_a_severity_of_ones_own() -> None:
    assert said('[severity]\nduplicate-table = "hint"') == ["pkg/models.py:5 hint duplicate-table"]


def test_a_comment_is_in_use_where_a_per_file_ignore_says_the_same() -> None:
    models = MODELS.rstrip() + "  # cucurbit: ignore[duplicate-table]\n"
    assert said('[per-file-ignores]\n"pkg/**" = ["duplicate-table"]', models) == []


def test_unused_names_are_pointed_at_one_by_one() -> None:
    models = MODELS.rstrip() + "  # cucurbit: ignore[circular-import, duplicate-table]\n"
    (finding,) = findings(context(models=models), RULES)
    line = models.splitlines()[4]
    start = line.index("circular-import")
    assert finding.rule == "unused-ignore"
    assert finding.location.span == Span(5, start, 5, start + len("circular-import"))


def test_an_unused_comment_is_pointed_at_as_a_whole() -> None:
    models = "x = 'é'  # cucurbit: ignore[duplicate-table]\n"
    (finding,) = findings(context(models=models), RULES)
    assert finding.location.span == Span(1, 11, 1, len(models) - 1)


def test_comments_speak_of_the_lines_of_their_statement() -> None:
    call = 'b = Table("a", metadata, Column("id", Integer))'
    spread = MODELS.replace(
        call, 'b = Table(  # cucurbit: ignore[duplicate-table]\n    "a", metadata, Column("i", Integer))'
    )
    assert said(models=spread) == []
    below = MODELS.replace(
        call, 'b = Table(\n    "a", metadata, Column("i", Integer)\n)  # cucurbit: ignore[duplicate-table]'
    )
    assert said(models=below) == []
    above = MODELS.replace(call, f"# cucurbit: ignore[duplicate-table]\n{call}")
    assert said(models=above) == ["pkg/models.py:5 hint unused-ignore", "pkg/models.py:6 error duplicate-table"]


def broken(_: Context) -> tuple[Finding, ...]:
    raise ZeroDivisionError


def test_a_rule_that_raises_is_told_and_takes_no_other_down() -> None:
    rules = RuleSet((replace(RULES.by_name["circular-import"], check=broken), *RULES.rules[:1]))
    told: list[tuple[str, type[Exception]]] = []

    def failed(rule: Rule, error: Exception) -> None:
        told.append((rule.name, type(error)))

    assert [finding.rule for finding in findings(context(), rules, failed)] == ["duplicate-table"]
    assert told == [("circular-import", ZeroDivisionError)]
    with pytest.raises(ZeroDivisionError):
        findings(context(), rules)


def test_findings_come_by_place_and_once() -> None:
    (one,) = findings(context(), RULES)

    def moved(path: str, line: int, rule: str) -> Finding:
        location = replace(one.location, path=path, span=Span(line, 0, line, 1))
        return replace(one, location=location, rule=rule)

    given = [moved("b", 1, "x"), moved("a", 2, "y"), moved("a", 2, "x"), moved("a", 1, "z"), moved("a", 2, "y")]
    rules = RuleSet((replace(RULES.rules[0], check=lambda _: given),))
    order = [(each.location.path, each.location.span.line, each.rule) for each in findings(context(), rules)]
    assert order == [("a", 1, "z"), ("a", 2, "x"), ("a", 2, "y"), ("b", 1, "x")]


def test_the_same_snapshot_says_the_same_twice() -> None:
    assert findings(context(), RULES) == findings(context(), RULES)
