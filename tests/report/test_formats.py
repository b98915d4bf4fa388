"""The formats for CI services: their structure, their escapes, and names that stay when lines move."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from cucurbit.analysis.edits import Fix, FixKind, NewFile, TextEdit
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.report.github import github_lines
from cucurbit.report.gitlab import gitlab_report
from cucurbit.report.junit import junit_report
from cucurbit.report.report import Report, Reported
from cucurbit.report.sarif import sarif_report
from cucurbit.rules.catalogue import RULES
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText
from cucurbit.workspace.model import Location

TEXT = "import a\n\nclass Üser(Base):\n    pass\n"
NAME = "app/mo dels,%:é.py"


def finding(line: int = 3, severity: Severity = Severity.ERROR, path: str = NAME) -> Finding:
    return Finding(
        "duplicate-table",
        severity,
        True,
        Location(path, Span(line, 0, line, 11)),
        "Table 'users' is defined twice:\n100% <certain> & \"sure\".",
        (Related(Location("app/main.py", Span(1, 0, 1, 8)), "imports app.models"),),
    )


FIXES = (
    Fix("Rename", False, FixKind.QUICKFIX, (TextEdit(NAME, Span(3, 6, 3, 10), "Person"),)),
    Fix("Create", True, FixKind.QUICKFIX, (NewFile("app/new.py", ""),)),
    Fix("Ignore", True, FixKind.QUICKFIX, (TextEdit(NAME, Span(3, 17, 3, 17), "  # ignore"),), silences=True),
)


def report(*findings: Finding, text: str = TEXT) -> Report:
    reported = tuple(Reported(each, FIXES) for each in findings)
    return Report(reported, lambda path: SourceText(text), lambda path: f"backend/{path}")


# ------------------------------------------------------------------------ sarif


def sarif(*findings: Finding, text: str = TEXT) -> dict[str, Any]:
    url = "https://example.org/{}".format
    document = json.loads(
        sarif_report(report(*findings, text=text), RULES, {"duplicate-table": "# Page"}, "1.2.3", url)
    )
    assert document["version"] == "2.1.0"
    assert document["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = document["runs"]
    found: dict[str, Any] = run
    return found


def test_sarif_describes_the_rules() -> None:
    driver = sarif()["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("cucurbit", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == [rule.name for rule in RULES]
    rule = driver["rules"][0]
    assert rule["help"]["markdown"] == "# Page"
    assert rule["helpUri"] == "https://example.org/duplicate-table"
    assert rule["defaultConfiguration"]["level"] == "error"


def test_a_sarif_result() -> None:
    run = sarif(finding())
    (result,) = run["results"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "duplicate-table"
    assert (result["level"], result["message"]["text"]) == ("error", finding().message)
    place = result["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 12}
    uri = place["artifactLocation"]["uri"]
    assert uri.isascii()
    assert " " not in uri
    assert unquote(uri) == f"backend/{NAME}"
    assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]


def test_a_sarif_chain_ends_at_the_finding() -> None:
    (result,) = sarif(finding())["results"]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    lines = [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps]
    assert lines == [1, 3]
    assert result["relatedLocations"][0]["message"]["text"] == "imports app.models"


def test_sarif_fixes_are_those_it_can_express() -> None:
    (result,) = sarif(finding())["results"]
    (fix,) = result["fixes"]
    assert fix["description"]["text"] == "Rename (unsafe)"
    (change,) = fix["artifactChanges"]
    (replacement,) = change["replacements"]
    assert replacement["deletedRegion"] == {"startLine": 3, "startColumn": 7, "endLine": 3, "endColumn": 11}
    assert replacement["insertedContent"] == {"text": "Person"}


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFORMATION, "note"), (Severity.HINT, "note")],
)
def test_sarif_levels(severity: Severity, level: str) -> None:
    assert sarif(finding(severity=severity))["results"][0]["level"] == level


# ----------------------------------------------------------------- fingerprints


def test_fingerprints_stay_when_lines_move_and_differ_otherwise() -> None:
    def prints(*findings: Finding, text: str = TEXT) -> list[str]:
        return [result["partialFingerprints"]["cucurbit/v1"] for result in sarif(*findings, text=text)["results"]]

    before = prints(finding(3), finding(3), finding(1), finding(3, path="app/other.py"))
    assert len(set(before)) == 4
    after = prints(finding(4), finding(4), finding(2), finding(4, path="app/other.py"), text=f"# new\n{TEXT}")
    assert after == before
    assert prints(finding(3), text=TEXT.replace("Üser", "Other")) != before[:1]
    assert [issue["fingerprint"] for issue in json.loads(gitlab_report(report(finding(3))))] == before[:1]


# ----------------------------------------------------------------------- github


def test_a_github_annotation_is_escaped() -> None:
    (line,) = github_lines(report(finding()))
    head, _, message = line.removeprefix("::").partition("::")
    assert head == (
        "error file=backend/app/mo dels%2C%25%3Aé.py,line=3,endLine=3,col=1,endColumn=11,"
        "title=cucurbit%3A duplicate-table"
    )
    assert message == (
        "Table 'users' is defined twice:\\n100%25 <certain> & \"sure\".%0Abackend/app/main.py:1 imports app.models"
    )


def test_github_commands() -> None:
    lines = list(github_lines(report(*(finding(severity=severity) for severity in Severity))))
    assert [line.split()[0] for line in lines] == ["::error", "::warning", "::notice", "::notice"]


# ----------------------------------------------------------------------- gitlab


def test_gitlab() -> None:
    (issue,) = json.loads(gitlab_report(report(finding(severity=Severity.WARNING))))
    assert issue["check_name"] == "duplicate-table"
    assert issue["severity"] == "major"
    assert issue["location"] == {"path": f"backend/{NAME}", "lines": {"begin": 3, "end": 3}}
    assert issue["description"] == finding().message
    assert json.loads(gitlab_report(report())) == []


# ------------------------------------------------------------------------ junit


def test_junit() -> None:
    text = junit_report(report(finding(), finding(severity=Severity.HINT)))
    suites = ET.fromstring(text)
    (suite,) = suites
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    first, second = suite
    failure = first.find("failure")
    assert failure is not None
    assert '100% <certain> & "sure".' in (failure.get("message") or "")
    assert "backend/app/main.py:1 imports app.models" in (failure.text or "")
    assert second.find("failure") is None
    assert "hint: Table 'users'" in (second.findtext("system-out") or "")


def test_junit_without_findings_passes() -> None:
    (suite,) = ET.fromstring(junit_report(report()))
    assert (suite.get("tests"), suite.get("failures"), len(suite)) == ("1", "0", 1)


def test_characters_that_xml_does_not_have() -> None:
    odd = Finding("duplicate-table", Severity.ERROR, True, Location("a\x01\udc80.py", Span(1, 0, 1, 1)), "\x00\ufffe")
    (suite,) = ET.fromstring(junit_report(report(odd)))
    assert suite[0].get("file") == "backend/a\\x01\\udc80.py"
    assert json.loads(gitlab_report(report(odd)))
    assert sarif(odd)["results"]


def test_ci_services_know_paths_by_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cucurbit.cli.target import repository_of

    (tmp_path / ".git").mkdir()
    inner = tmp_path / "backend"
    inner.mkdir()
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)
    assert repository_of(inner) == tmp_path
    monkeypatch.setenv("CI_PROJECT_DIR", str(inner))
    assert repository_of(inner) == inner
    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path / "elsewhere"))
    assert repository_of(inner) == tmp_path
