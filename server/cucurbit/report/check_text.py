"""Findings for people: message, excerpt, chain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from cucurbit.analysis.finding import Related, Severity
from cucurbit.fixes.edits import Fix
from cucurbit.report.excerpt import excerpt
from cucurbit.report.nothing import NO_ENTRY_POINT, NO_FINDINGS
from cucurbit.report.report import Report, Reported, counted, listed
from cucurbit.report.styled import SEVERITY_STYLES, Line, Signs

ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFORMATION, Severity.HINT)
_NOUNS = {
    Severity.ERROR: ("error", "errors"),
    Severity.WARNING: ("warning", "warnings"),
    Severity.INFORMATION: ("information", "information"),
    Severity.HINT: ("hint", "hints"),
}


def check_lines(report: Report, signs: Signs, entries: int, *, with_fixes: bool) -> Iterator[Line]:
    """Every finding, the gravest first, and a summary.

    ``entries`` counts the entry points that were simulated; ``with_fixes`` says that the report lists fixes.
    """
    ranked = sorted(report.findings, key=lambda reported: ORDER.index(reported.finding.severity))
    for reported in ranked:
        yield from _finding(report, reported, signs)
        yield []
    yield _summary(report, entries, signs, with_fixes=with_fixes)


def _finding(report: Report, reported: Reported, signs: Signs) -> Iterator[Line]:
    finding = reported.finding
    style = SEVERITY_STYLES[finding.severity.value]
    path, span = finding.location.path, finding.location.span
    maybe = "" if finding.certain or finding.severity is not Severity.WARNING else " (not certain)"
    yield [(finding.severity.value, style), (f"[{finding.rule}]", style), (f"{maybe} {finding.message}", "bold")]
    gutter = " " * (len(str(span.line)) + 1)
    yield [(f"{gutter} {signs.arrow} ", "blue"), (f"{_path(report, path)}:{span.line}:{span.column + 1}", "cyan")]
    source = report.source(path)
    if source is not None:
        yield from excerpt(source, span, style, signs)
    yield from chain(report, finding.related, gutter, signs)
    for fix in mending(reported):
        kind = "safe" if fix.safe else "unsafe"
        yield [(f"{gutter} fix ({kind}): ", "green"), (fix.title, "")]


def mending(reported: Reported) -> list[Fix]:
    """The fixes that do more than to silence the finding."""
    return [fix for fix in reported.fixes if not fix.silences]


def chain(report: Report, links: Iterable[Related], gutter: str, signs: Signs) -> Iterator[Line]:
    """One line a link: its place, the source there, and what it does."""
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


def _summary(report: Report, entries: int, signs: Signs, *, with_fixes: bool) -> Line:
    looked = counted(entries, "entry point")
    if not report.findings and not entries:
        return [(NO_FINDINGS, "bold"), (NO_ENTRY_POINT, "yellow")]
    if not report.findings:
        return [(f"{signs.tick} {NO_FINDINGS}", "bold green"), (f" ({looked} simulated).", "")]
    counts = Counter(reported.finding.severity for reported in report.findings)
    parts = [counted(counts[severity], *_NOUNS[severity]) for severity in ORDER if counts[severity]]
    safe = sum(any(fix.safe for fix in mending(reported)) for reported in report.findings)
    hint = f" {safe} fixable with --fix." if safe else "" if with_fixes else " --show-fixes lists what repairs them."
    return [(f"Found {listed(parts)}", "bold"), (f" ({looked} simulated).{hint}", "")]
