"""The last lines of ``check``: how many findings there are, and what may have kept others from being found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.finding import Severity
from cucurbit.report.check_text import NOUNS, ORDER, Form, shown_path
from cucurbit.report.no_findings import NO_ENTRY_POINT, NO_FINDINGS
from cucurbit.report.report import Report, counted, listed
from cucurbit.report.styled import Line, wrapped
from cucurbit.rules.shared.coverage import Coverage

_MOST_ENDINGS = 5
_NO_TABLE = ": its env.py registers no table."


@dataclass(frozen=True)
class FixCounts:
    """How many fixes can be applied: with ``--fix``, and how many more with ``--unsafe-fixes``."""

    safe: int
    unsafe: int

    def __str__(self) -> str:
        needs = f"{'needs' if self.unsafe == 1 else 'need'} --unsafe-fixes"
        if not self.safe:
            return f"{counted(self.unsafe, 'fix', 'fixes')} {needs}" if self.unsafe else ""
        more = f", {self.unsafe} more {needs}" if self.unsafe else ""
        return f"{counted(self.safe, 'fix', 'fixes')} can be applied with --fix{more}"


def summary_lines(
    report: Report, entries: int, coverage: Coverage, form: Form, fixes: FixCounts | None
) -> Iterator[Line]:
    """Counts, then the environments and entry points of which less was seen than they do.

    ``entries`` is the number of simulated entry points. ``fixes`` is None if the fixes were not looked for.
    """
    yield from wrapped(_counts(report, entries, coverage, form, fixes), form.width, "  ")
    for line in _doubts(report, coverage, form):
        yield from wrapped(line, form.width, "    ")


def _counts(report: Report, entries: int, coverage: Coverage, form: Form, fixes: FixCounts | None) -> Line:
    looked = f"{counted(entries, 'entry point')} simulated{_tables(coverage)}{_unfollowed(coverage)}"
    if not report.findings and not entries:
        return [(NO_FINDINGS, "bold"), (NO_ENTRY_POINT, "yellow")]
    if not report.findings:
        ticked = (f"{form.signs.tick} {NO_FINDINGS}", "bold green")
        return [(NO_FINDINGS, "bold") if coverage.is_in_doubt else ticked, (f" ({looked}).", "")]
    counts = Counter(reported.finding.severity for reported in report.findings)
    parts = [counted(counts[severity], *NOUNS[severity]) for severity in ORDER if counts[severity]]
    known = "--show-fixes lists their fixes" if fixes is None else str(fixes)
    hint = f" {known}." if known else ""
    return [(f"Found {listed(parts)}", "bold"), (f" ({looked}).{hint}", "")]


def _tables(coverage: Coverage) -> str:
    """How many of the tables in the files are registered."""
    if not coverage.tables:
        return ""
    unnamed = f", {coverage.unnamed} with an unknown name" if coverage.unnamed else ""
    return f"; {coverage.registered} of {counted(coverage.tables, 'table')} registered{unnamed}"


def _unfollowed(coverage: Coverage) -> str:
    """How many imports could not be followed, whether a finding says so or not."""
    if not coverage.unfollowed:
        return ""
    return f"; {coverage.unfollowed} {'import' if coverage.unfollowed == 1 else 'imports'} not followed"


def _doubts(report: Report, coverage: Coverage, form: Form) -> Iterator[Line]:
    """The environments that register nothing, and the entry points that end early without a finding that says so."""
    cross = (f"{form.signs.cross} ", "yellow")
    for environment in coverage.empty_environments:
        yield [cross, (shown_path(report, environment.config), "bold"), (_NO_TABLE, "")]
    reported = _reported(report)
    endings = [each for each in coverage.endings if (each.location.path, each.location.span.line) not in reported]
    for ending in endings[:_MOST_ENDINGS]:
        where = f"{shown_path(report, ending.location.path)}:{ending.location.span.line}"
        verb = "ends" if ending.certain else "may end"
        yield [cross, (ending.name, "bold"), (f" {verb} at ", ""), (where, "cyan"), (f": {ending.message}", "")]
    rest = len(endings) - _MOST_ENDINGS
    if rest > 0:
        yield [cross, (f"{counted(rest, 'more entry point')} {'ends' if rest == 1 else 'end'} early.", "yellow")]


def _reported(report: Report) -> set[tuple[str, int]]:
    """The lines that findings name as the place of a failure."""
    found: set[tuple[str, int]] = set()
    for finding in (single for each in report.findings for single in each.finding.singles):
        if finding.severity in (Severity.ERROR, Severity.WARNING):
            raised = [each.location for each in finding.related if each.message.startswith("raises ")]
            found.update((each.path, each.span.line) for each in (finding.location, *raised))
    return found
