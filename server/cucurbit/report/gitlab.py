"""GitLab's code quality report: a JSON array of a subset of the Code Climate format."""

from __future__ import annotations

import json

from cucurbit.analysis.finding import Severity
from cucurbit.report.report import Report

_SEVERITIES = {
    Severity.ERROR: "critical",
    Severity.WARNING: "major",
    Severity.INFORMATION: "minor",
    Severity.HINT: "info",
}


def gitlab_report(report: Report) -> str:
    """Every finding; the fingerprints stay when lines move, so that GitLab tells old findings from new ones."""
    issues = []
    for reported, fingerprint in zip(report.findings, report.fingerprints(), strict=True):
        finding = reported.finding
        span = finding.location.span
        issues.append(
            {
                "type": "issue",
                "check_name": finding.rule,
                "description": finding.message,
                "categories": ["Bug Risk"],
                "severity": _SEVERITIES[finding.severity],
                "fingerprint": fingerprint,
                "location": {
                    "path": report.shown(finding.location.path),
                    "lines": {"begin": span.line, "end": span.end_line},
                },
            }
        )
    return json.dumps(issues, indent=2) + "\n"
