"""Findings as text: message, source excerpt, evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cucurbit.analysis.edits import Fix
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.report.evidence import Evidence, Shown
from cucurbit.report.excerpt import excerpt
from cucurbit.report.report import Report, Reported
from cucurbit.report.styled import SEVERITY_STYLES, Line, Segment, Signs, wrapped
from cucurbit.workspace.model import Location

ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFORMATION, Severity.HINT)
MOST_LINES = 12
"""How many lines an error or a warning takes at most, about, unless all of it is asked for."""

MOST_LINES_OF_NOTES = 9
"""The same for a finding that is only worth knowing."""

_CONSEQUENCES = frozenset({"migration-failure-swallowed", "import-failure-hidden"})
"""The rules about what happens to a failure that another finding explains."""

NOUNS = {
    Severity.ERROR: ("error", "errors"),
    Severity.WARNING: ("warning", "warnings"),
    Severity.INFORMATION: ("information", "information"),
    Severity.HINT: ("hint", "hints"),
}


@dataclass(frozen=True)
class Form:
    """How findings are written: ``width`` in columns; ``verbose`` shows all evidence, with its lines of source."""

    signs: Signs
    width: int
    verbose: bool = False
    with_fixes: bool = False


def finding_lines(report: Report, form: Form) -> Iterator[Line]:
    """Every finding with its evidence, the most severe first."""
    for reported in _ranked(report):
        yield from _finding(report, reported, form)
        yield []


def concise_lines(report: Report, form: Form) -> Iterator[Line]:
    """One line for each finding: ``path:line:column: severity[rule] message``, which other programs read easily."""
    for reported in _ranked(report):
        yield [_start(report, reported.finding), (": ", "cyan"), *_what(reported.finding)]
        yield from _titles(reported, form, "    ")


def grouped_lines(report: Report, form: Form) -> Iterator[Line]:
    """The findings file by file, each on one line, in the order of the file."""
    files: dict[str, list[Reported]] = {}
    for reported in report.findings:
        files.setdefault(reported.finding.location.path, []).append(reported)
    for path, inside in sorted(files.items()):
        yield [(shown_path(report, path), "bold cyan")]
        for reported in sorted(inside, key=lambda each: each.finding.location.span):
            span = reported.finding.location.span
            start = f"{span.line}:{span.column + 1}"
            at = _clickable(report, reported.finding.location, start)
            head: Line = [("  ", ""), at, ("  ", ""), *_what(reported.finding)]
            yield from wrapped(head, form.width, "      ")
            yield from _titles(reported, form, "    ")
        yield []


def statistics(report: Report) -> Iterator[Line]:
    """How many findings each rule has, most first."""
    counts = Counter((each.finding.rule, each.finding.severity) for each in report.findings)
    width = len(str(max(counts.values(), default=0)))
    for (rule, severity), number in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        yield [(f"{number:>{width}}  ", "bold"), (f"{severity.value}[{rule}]", SEVERITY_STYLES[severity.value])]


def _ranked(report: Report) -> list[Reported]:
    """The most severe first; of one severity what fails before what hides the failure."""
    return sorted(
        report.findings,
        key=lambda each: (ORDER.index(each.finding.severity), each.finding.rule in _CONSEQUENCES),
    )


def _start(report: Report, finding: Finding) -> Segment:
    span = finding.location.span
    text = f"{shown_path(report, finding.location.path)}:{span.line}:{span.column + 1}"
    return _clickable(report, finding.location, text)


def _clickable(report: Report, location: Location, text: str) -> Segment:
    """A place, which is a link if the terminal supports links."""
    url = report.link(location.path, location.span.line, location.span.column + 1) if location.path else ""
    return (text, f"cyan link {url}" if url else "cyan")


def _what(finding: Finding, style: str = "") -> Line:
    """The severity, the rule and the message, which has ``style``."""
    severity = SEVERITY_STYLES[finding.severity.value]
    maybe = "" if finding.certain or finding.severity is not Severity.WARNING else " (uncertain)"
    return [
        (finding.severity.value, severity),
        (f"[{finding.rule}]", severity),
        (f"{maybe} {finding.message}", style),
    ]


def _titles(reported: Reported, form: Form, indent: str) -> Iterator[Line]:
    """The titles of the fixes, each after ``indent``."""
    for fix in repairing_fixes(reported) if form.with_fixes else ():
        kind = "safe" if fix.safe else "unsafe"
        yield from wrapped([(f"{indent}fix ({kind}): ", "green"), (fix.title, "")], form.width, f"{indent}  ")


def _finding(report: Report, reported: Reported, form: Form) -> Iterator[Line]:
    finding, signs = reported.finding, form.signs
    path, span = finding.location.path, finding.location.span
    gutter = " " * (len(str(span.line)) + 1)
    lines = list(wrapped(_what(finding, "bold"), form.width, "    "))
    lines.append([(f"{gutter} {signs.arrow} ", "blue"), _start(report, finding)])
    source = report.source(path)
    if source is not None:
        lines += excerpt(source, span, SEVERITY_STYLES[finding.severity.value], signs, form.width)
    yield from lines
    is_note = finding.severity in (Severity.INFORMATION, Severity.HINT)
    most = (MOST_LINES_OF_NOTES if is_note else MOST_LINES) - len(lines)
    yield from evidence(report, finding.related, gutter, form, max(most, 4))
    yield from _titles(reported, form, f"{gutter} ")


def repairing_fixes(reported: Reported) -> list[Fix]:
    """The fixes that repair the code, and do not only silence the finding."""
    return [fix for fix in reported.fixes if not fix.silences]


def evidence(report: Report, related: Sequence[Related], gutter: str, form: Form, most: int) -> Iterator[Line]:
    """The evidence as a tree, each piece with its place; about ``most`` lines of it, or all of it."""
    known = Evidence(related)
    if form.verbose:
        yield from _pieces(report, known.whole, gutter, form)
        return
    lines: list[Line] = []
    for room in range(most, 1, -1):
        lines = list(_pieces(report, known.shortened(room), gutter, form))
        if len(lines) <= most:
            break
    yield from lines


def _pieces(report: Report, shown: Iterable[Shown], gutter: str, form: Form) -> Iterator[Line]:
    """One line for each piece: its place, and what happens there; with ``verbose`` the line of source below."""
    bar: Segment = (f"{gutter} {form.signs.bar} ", "blue")
    rows = list(shown)
    places = [_place(report, each.piece.location) if each.piece is not None else "" for each in rows]
    column = max((len(place) + 2 * each.depth for place, each in zip(places, rows, strict=True)), default=0)
    column = min(column, form.width // 2)
    for place, each in zip(places, rows, strict=True):
        indent = "  " * each.depth
        if each.piece is None:
            more: Line = [bar, (indent, ""), (f"{form.signs.more} {each.text}", "dim")]
            yield from wrapped(more, form.width, f"{gutter} {form.signs.bar} {indent}    ", "blue")
            continue
        padding = " " * (column - len(indent) - len(place))
        head: Line = [bar, (indent, ""), _clickable(report, each.piece.location, place), (padding, "")]
        yield from wrapped(
            [*head, (f"  {each.text}", "")], form.width, f"{gutter} {form.signs.bar} {indent}    ", "blue"
        )
        text = report.line(each.piece.location.path, each.piece.location.span.line) if form.verbose else ""
        if text:
            yield [bar, (f"{indent}    {text}", "dim")]


def _place(report: Report, location: Location) -> str:
    return f"{shown_path(report, location.path)}:{location.span.line}"


def shown_path(report: Report, path: str) -> str:
    """A path for the reader; findings about the settings have none."""
    return report.shown(path) if path else "(settings)"
