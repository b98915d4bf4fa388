"""GitHub Actions workflow commands: annotations on the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.finding import Severity
from cucurbit.report.report import Report, Reported, printable

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "notice",
    Severity.HINT: "notice",
}


def github_lines(report: Report) -> Iterator[str]:
    """One command for each finding."""
    return (_command(report, reported) for reported in report.findings)


def _command(report: Report, reported: Reported) -> str:
    finding = reported.finding
    span = finding.location.span
    properties = {
        "file": report.shown(finding.location.path),
        "line": str(span.line),
        "endLine": str(span.end_line),
    }
    if span.line == span.end_line:
        # GitHub ignores columns of several lines; its last column is inclusive.
        properties |= {"col": str(span.column + 1), "endColumn": str(max(span.end_column, span.column + 1))}
    properties["title"] = f"cucurbit: {finding.rule}"
    lines = [
        finding.message,
        *(f"{report.shown(link.location.path)}:{link.location.span.line} {link.text}" for link in finding.related),
    ]
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {written}::{_data(chr(10).join(map(printable, lines)))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
