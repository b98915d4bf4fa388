"""Every page of workspaces: all findings are marked, and all marks are found."""

from __future__ import annotations

import re

import pytest

from cucurbit.analysis.engine import findings
from cucurbit.analysis.finding import Severity
from cucurbit.rules.catalogue import BY_NAME
from tests.rules.literate import DOCS, RULE_NAMES, Case, all_cases, differences, read_page, render

SECTIONS = ["What it does", "Why it matters", "Example", "How to fix", "Settings"]


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.id)
def test_the_findings_are_those_that_are_marked(case: Case) -> None:
    assert not differences(case), "\n".join(differences(case))


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.id)
def test_no_error_is_uncertain_and_all_have_a_place(case: Case) -> None:
    for finding in findings(case.analyse()):
        assert finding.certain or finding.severity is not Severity.ERROR, render(finding)
        assert finding.message.endswith((".", "?", ")`.")), finding.message
        for piece in finding.related:
            assert piece.message
            assert piece.location.path in case.files


@pytest.mark.parametrize("rule", RULE_NAMES)
def test_every_rule_has_a_page_of_the_same_form(rule: str) -> None:
    text = (DOCS / f"{rule}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {rule}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert BY_NAME[rule].summary.endswith(".")


@pytest.mark.parametrize("rule", RULE_NAMES)
def test_every_rule_is_seen_at_work_on_its_page(rule: str) -> None:
    examples = [case for case in read_page(DOCS / f"{rule}.md") if case.title == "Example"]
    assert [mark.rule for case in examples for mark in case.expected() if mark.rule == rule]


@pytest.mark.parametrize("rule", RULE_NAMES)
def test_every_rule_is_silent_somewhere(rule: str) -> None:
    cases = [case for case in all_cases() if rule in case.rules]
    assert any(all(mark.rule != rule for mark in case.expected()) for case in cases)
