"""JUnit XML: each finding is a test case; errors and warnings are failed test cases."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from cucurbit.analysis.finding import Severity
from cucurbit.report.report import Report, Reported, printable

_FAILING = {Severity.ERROR, Severity.WARNING}


def junit_report(report: Report) -> str:
    """One suite; a workspace without findings is one test case that passes."""
    failing = sum(reported.finding.severity in _FAILING for reported in report.findings)
    counts = {
        "name": "cucurbit",
        "tests": str(max(1, len(report.findings))),
        "failures": str(failing),
        "errors": "0",
        "skipped": "0",
    }
    suites = ET.Element("testsuites", {name: value for name, value in counts.items() if name != "skipped"})
    suite = ET.SubElement(suites, "testsuite", counts)
    for reported in report.findings:
        _case(suite, report, reported)
    if not report.findings:
        ET.SubElement(suite, "testcase", {"name": "no findings", "classname": "cucurbit"})
    ET.indent(suites)
    data: bytes = ET.tostring(suites, encoding="us-ascii", xml_declaration=True)
    return data.decode("ascii") + "\n"


def _case(suite: ET.Element, report: Report, reported: Reported) -> None:
    finding = reported.finding
    path = printable(report.shown(finding.location.path))
    line = str(finding.location.span.line)
    attributes = {"name": f"{finding.rule} at {path}:{line}", "classname": path, "file": path, "line": line}
    case = ET.SubElement(suite, "testcase", attributes)
    text = "\n".join(
        [
            f"{path}:{line}",
            *(
                printable(f"{report.shown(link.location.path)}:{link.location.span.line} {link.text}")
                for link in finding.related
            ),
        ]
    )
    message = printable(finding.message)
    if finding.severity in _FAILING:
        failure = {"message": message, "type": f"{finding.severity.value}: {finding.rule}"}
        ET.SubElement(case, "failure", failure).text = text
    else:
        ET.SubElement(case, "system-out").text = f"{finding.severity.value}: {message}\n{text}"
