"""Findings as text: message, source excerpt, evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from cucurbit.analysis.edits import Fix
from cucurbit.analysis.finding import Related, Severity
from cucurbit.report.excerpt import excerpt
from cucurbit.report.no_findings import NO_ENTRY_POINT, NO_FINDINGS
from cucurbit.report.report import Report, Reported, counted, listed
from cucurbit.report.styled import SEVERITY_STYLES, Line, Signs
from cucurbit.rules.shared.coverage import Coverage

ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFORMATION, Severity.HINT)
_MOST_ENDINGS = 5
_NO_TABLE = ": its env.py registers no table."
_NOUNS = {
    Severity.ERROR: ("error", "errors"),
    Severity.WARNING: ("warning", "warnings"),
    Severity.INFORMATION: ("information", "information"),
    Severity.HINT: ("hint", "hints"),
}


def check_lines(report: Report, signs: Signs, entries: int, coverage: Coverage, *, with_fixes: bool) -> Iterator[Line]:
    """Every finding, the most severe first, a summary, and what may have kept findings from being found.

    ``entries`` is the number of simulated entry points; ``with_fixes``: the report lists fixes.
    """
    ranked = sorted(report.findings, key=lambda reported: ORDER.index(reported.finding.severity))
    for reported in ranked:
        yield from _finding(report, reported, signs)
        yield []
    yield _summary(report, entries, coverage, signs, with_fixes=with_fixes)
    yield from _doubts(report, coverage, signs)


def _finding(report: Report, reported: Reported, signs: Signs) -> Iterator[Line]:
    finding = reported.finding
    style = SEVERITY_STYLES[finding.severity.value]
    path, span = finding.location.path, finding.location.span
    maybe = "" if finding.certain or finding.severity is not Severity.WARNING else " (uncertain)"
    yield [(finding.severity.value, style), (f"[{finding.rule}]", style), (f"{maybe} {finding.message}", "bold")]
    gutter = " " * (len(str(span.line)) + 1)
    yield [(f"{gutter} {signs.arrow} ", "blue"), (f"{_path(report, path)}:{span.line}:{span.column + 1}", "cyan")]
    source = report.source(path)
    if source is not None:
        yield from excerpt(source, span, style, signs)
    yield from chain(report, finding.related, gutter, signs)
    for fix in repairing_fixes(reported):
        kind = "safe" if fix.safe else "unsafe"
        yield [(f"{gutter} fix ({kind}): ", "green"), (fix.title, "")]


def repairing_fixes(reported: Reported) -> list[Fix]:
    """The fixes that repair the code, and do not only silence the finding."""
    return [fix for fix in reported.fixes if not fix.silences]


def chain(report: Report, links: Iterable[Related], gutter: str, signs: Signs) -> Iterator[Line]:
    """One line for each piece of evidence: its place, the source line there, and what happens there."""
    rows = [
        (f"{_path(report, link.location.path)}:{link.location.span.line}", link.location, link.message)
        for link in links
    ]
    width = max((len(place) for place, _, _ in rows), default=0)
    for place, location, message in rows:
        text = report.line(location.path, location.span.line)
        yield [
            (f"{gutter} {signs.bar} ", "blue"),
            (place.ljust(width), "cyan"),
            (f"  {text}" if text else "", ""),
            (f"  {signs.dash} {message}", "dim"),
        ]


def _path(report: Report, path: str) -> str:
    return report.shown(path) if path else "(settings)"


def _summary(report: Report, entries: int, coverage: Coverage, signs: Signs, *, with_fixes: bool) -> Line:
    looked = f"{counted(entries, 'entry point')} simulated{_tables(coverage)}"
    if not report.findings and not entries:
        return [(NO_FINDINGS, "bold"), (NO_ENTRY_POINT, "yellow")]
    if not report.findings:
        shown = (NO_FINDINGS, "bold") if coverage.is_in_doubt else (f"{signs.tick} {NO_FINDINGS}", "bold green")
        return [shown, (f" ({looked}).", "")]
    counts = Counter(reported.finding.severity for reported in report.findings)
    parts = [counted(counts[severity], *_NOUNS[severity]) for severity in ORDER if counts[severity]]
    safe = sum(any(fix.safe for fix in repairing_fixes(reported)) for reported in report.findings)
    hint = f" {safe} fixable with --fix." if safe else "" if with_fixes else " --show-fixes lists their fixes."
    return [(f"Found {listed(parts)}", "bold"), (f" ({looked}).{hint}", "")]


def _tables(coverage: Coverage) -> str:
    """How many of the tables that stand in the files were seen."""
    if not coverage.tables:
        return ""
    unnamed = f", {coverage.unnamed} of a name that is not known" if coverage.unnamed else ""
    return f"; {coverage.registered} of {counted(coverage.tables, 'table')} registered{unnamed}"


def _doubts(report: Report, coverage: Coverage, signs: Signs) -> Iterator[Line]:
    """The environments that register nothing, and the entry points that end early where no error says so."""
    for environment in coverage.empty_environments:
        yield [(f"{signs.cross} ", "yellow"), (_path(report, environment.config), "bold"), (_NO_TABLE, "")]
    reported = {
        (each.finding.location.path, each.finding.location.span.line)
        for each in report.findings
        if each.finding.severity is Severity.ERROR
    }
    endings = [each for each in coverage.endings if (each.location.path, each.location.span.line) not in reported]
    for ending in endings[:_MOST_ENDINGS]:
        where = f"{_path(report, ending.location.path)}:{ending.location.span.line}"
        verb = "ends" if ending.certain else "may end"
        yield [
            (f"{signs.cross} ", "yellow"),
            (ending.name, "bold"),
            (f" {verb} at ", ""),
            (where, "cyan"),
            (f": {ending.message}", ""),
        ]
    rest = len(endings) - _MOST_ENDINGS
    if rest > 0:
        yield [(f"{signs.cross} {counted(rest, 'more entry point')} {'ends' if rest == 1 else 'end'} early.", "yellow")]
