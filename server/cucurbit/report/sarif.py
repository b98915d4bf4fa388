"""SARIF 2.1.0, as code scanning services read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias
from urllib.parse import quote

from cucurbit.analysis.edits import Fix, TextEdit
from cucurbit.analysis.finding import Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.report.links import PROJECT
from cucurbit.report.report import Report, Reported
from cucurbit.source.span import Span
from cucurbit.workspace.model import Location

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "note",
    Severity.HINT: "note",
}
_Object: TypeAlias = dict[str, object]


def sarif_report(
    report: Report, rules: Iterable[Rule], pages: Mapping[str, str], version: str, rule_url: Callable[[str], str]
) -> str:
    """A SARIF log with one run. ``rules`` are described in it; ``pages`` is their documentation by name."""
    described = list(rules)
    index = {rule.name: i for i, rule in enumerate(described)}
    driver: _Object = {
        "name": "cucurbit",
        "semanticVersion": version,
        "informationUri": PROJECT,
        "rules": [_rule(rule, pages.get(rule.name, ""), rule_url(rule.name)) for rule in described],
    }
    results = [
        _result(report, reported, fingerprint, index)
        for reported, fingerprint in zip(report.findings, report.fingerprints(), strict=True)
    ]
    run: _Object = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The root of the repository."}}},
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule, page: str, url: str) -> _Object:
    described: _Object = {
        "id": rule.name,
        # A name that differs from the id only in case adds nothing.
        **({"name": "".join(part.capitalize() for part in rule.name.split("-"))} if "-" in rule.name else {}),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "defaultConfiguration": {"level": _LEVELS[rule.severity], "enabled": rule.default},
        "properties": {"tags": ["sqlalchemy", "alembic"]},
    }
    if page:
        described["help"] = {"text": page, "markdown": page}
    if url:
        described["helpUri"] = url
    return described


def _result(report: Report, reported: Reported, fingerprint: str, index: Mapping[str, int]) -> _Object:
    finding = reported.finding
    result: _Object = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [_location(report, finding.location)],
        "partialFingerprints": {"cucurbit/v1": fingerprint},
        "properties": {
            "severity": finding.severity.value,
            "certainty": "certain" if finding.certain else "uncertain",
        },
    }
    if finding.rule in index:
        result["ruleIndex"] = index[finding.rule]
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **_location(report, related.location, related.text)}
            for number, related in enumerate(finding.related, 1)
        ]
        result["codeFlows"] = [_code_flow(report, reported)]
    fixes = [_fix(report, fix) for fix in reported.fixes if _is_expressible(fix)]
    if fixes:
        result["fixes"] = fixes
    return result


def _code_flow(report: Report, reported: Reported) -> _Object:
    """The evidence in order, and at its end the place of the finding."""
    finding = reported.finding
    steps = [*finding.related, Related(finding.location, finding.message)]
    locations = [
        {"location": _location(report, step.location, step.text), "executionOrder": number}
        for number, step in enumerate(steps, 1)
    ]
    return {"threadFlows": [{"locations": locations}]}


def _location(report: Report, location: Location, message: str = "") -> _Object:
    found: _Object = {
        "physicalLocation": {"artifactLocation": _artifact(report, location.path), "region": _region(location.span)}
    }
    if message:
        found["message"] = {"text": message}
    return found


def _artifact(report: Report, path: str) -> _Object:
    uri = quote(report.shown(path).encode("utf-8", "surrogateescape"))
    return {"uri": uri, "uriBaseId": "SRCROOT"}


def _region(span: Span) -> _Object:
    return {
        "startLine": span.line,
        "startColumn": span.column + 1,
        "endLine": span.end_line,
        "endColumn": span.end_column + 1,
    }


def _is_expressible(fix: Fix) -> bool:
    """Whether SARIF can express a fix: it only edits existing files, and it repairs the code."""
    return bool(fix.edits) and not fix.silences and all(isinstance(edit, TextEdit) for edit in fix.edits)


def _fix(report: Report, fix: Fix) -> _Object:
    changes: dict[str, list[_Object]] = {}
    for edit in fix.edits:
        if isinstance(edit, TextEdit):
            changes.setdefault(edit.path, []).append(
                {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
            )
    return {
        "description": {"text": f"{fix.title} ({'safe' if fix.safe else 'unsafe'})"},
        "artifactChanges": [
            {"artifactLocation": _artifact(report, path), "replacements": replacements}
            for path, replacements in changes.items()
        ],
    }
