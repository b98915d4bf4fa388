"""``cucurbit check``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path

from cucurbit import __version__
from cucurbit.analysis.edits import Fix
from cucurbit.analysis.finding import Finding, Severity, stronger
from cucurbit.cli import baseline
from cucurbit.cli.analysis import CheckResult, Defects, check_workspace, warn_unread
from cucurbit.cli.apply_fixes import FixResult, applicable, diff_of, fix_findings, write_changes
from cucurbit.cli.baseline import with_baseline
from cucurbit.cli.cached_check import CheckCall
from cucurbit.cli.errors import CLEAN, FINDINGS
from cucurbit.cli.target import WorkspaceTarget, open_target, read_overrides, repository_of, shown_from
from cucurbit.cli.terminal import is_coloured, width_of
from cucurbit.report.report import Report, Reported, counted
from cucurbit.report.styled import Line, signs_for, write
from cucurbit.rules.shared.coverage import coverage
from cucurbit.session import saved_findings

TEXT_FORMATS = frozenset({"text", "concise", "grouped"})
"""The formats for people."""

FAILING = frozenset({Severity.ERROR, Severity.WARNING})
"""The severities that make the command fail."""


def run(options: Namespace, request: CheckCall | None = None) -> int:
    """Check a workspace. Returns the exit code. The output is saved in the cache for ``request``.

    Raises:
        Refused: wrong usage, or a file that cannot be read or written.
    """
    settings = read_overrides(options.config, options.select, options.extend_select, options.ignore)
    target = with_baseline(open_target(options.paths or ["."], settings, cached=not options.no_cache), options)
    defects = Defects()
    result = check_workspace(target, target.workspace, defects)
    warned = warn_unread(result.context)
    if options.write_baseline is not None:
        sys.stderr.write(baseline.write(options.write_baseline, result))
        return defects.code(CLEAN)
    code = FINDINGS if any(finding.severity in FAILING for finding in result.findings) else CLEAN
    if options.fix or options.diff:
        fixed = fix_findings(target, result, defects, unsafe=options.unsafe_fixes)
        if options.diff:
            sys.stdout.write(diff_of(target, fixed))
            _say_fixes(fixed, "Would fix")
            return _code(FINDINGS if fixed.applied else code, defects, exit_zero=options.exit_zero)
        write_changes(target, fixed)
        _say_fixes(fixed, "Fixed")
        result = fixed.result
        code = FINDINGS if any(finding.severity in FAILING for finding in result.findings) else CLEAN
    text = _report(options, target, result)
    code = _code(code, defects, exit_zero=options.exit_zero)
    sys.stdout.write(text)
    noted = baseline.notes_on_baseline(target, result)
    sys.stderr.write(noted)
    if request is not None and not defects.reported and not options.fix:
        asked = target.workspace.asked()
        request.save(text, warned + noted, code, asked)
        if not options.no_cache:
            saved_findings.save(target.workspace, result.everywhere, asked)
    return code


def _code(code: int, defects: Defects, *, exit_zero: bool) -> int:
    return defects.code(CLEAN if exit_zero else code)


def _say_fixes(fixed: FixResult, verb: str) -> None:
    """Write a summary of the fixes to standard error, as standard output is for the report."""
    for finding, fix in fixed.applied:
        sys.stderr.write(
            f"{verb} {finding.rule} at {finding.location.path}:{finding.location.span.line}: {fix.title}\n"
        )
    if not fixed.applied:
        sys.stderr.write("No finding has a fix that can be applied.\n")
    elif fixed.unfinished:
        sys.stderr.write("Some fixes remain: run the command again.\n")
    else:
        sys.stderr.write(f"{verb} {counted(len(fixed.applied), 'finding')}.\n")


def _report(options: Namespace, target: WorkspaceTarget, result: CheckResult) -> str:
    form: str = options.output_format
    workspace = result.workspace
    with_fixes = form in TEXT_FORMATS and options.show_fixes
    reported = tuple(
        Reported(finding, _fixes(finding, form, result, checked=options.show_fixes))
        for finding in result.findings
        if not stronger(Severity(options.severity), finding.severity)
    )
    base = repository_of(target.root) if form in {"sarif", "github", "gitlab", "junit"} else Path.cwd()
    report = Report(reported, workspace.source, shown_from(target.root, base))
    if form not in TEXT_FORMATS:
        return _document(form, report, result)
    text = StringIO()
    lines = _lines(options, report, result, with_fixes=with_fixes)
    write(lines, coloured=is_coloured(sys.stdout, refused=options.no_color), stream=text)
    return text.getvalue()


def _fixes(finding: Finding, form: str, result: CheckResult, *, checked: bool) -> tuple[Fix, ...]:
    """The fixes to report with a finding. ``checked``: only those that a simulation with the fix lets through.

    JSON names fixes in any case. The other formats have none that were not checked: SARIF contains the edits, which a
    viewer may apply.
    """
    if checked and form in (*TEXT_FORMATS, "json", "sarif"):
        return applicable(result.gate, finding)
    return applicable(result.listing, finding) if form == "json" else ()


def _lines(options: Namespace, report: Report, result: CheckResult, *, with_fixes: bool) -> Iterator[Line]:
    from cucurbit.report import check_text
    from cucurbit.report.check_summary import summary_lines

    form = check_text.Form(signs_for(sys.stdout.encoding), width_of(sys.stdout), options.verbose, with_fixes)
    if options.statistics:
        yield from check_text.statistics(report)
    elif options.output_format == "concise":
        yield from check_text.concise_lines(report, form)
    elif options.output_format == "grouped":
        yield from check_text.grouped_lines(report, form)
    else:
        yield from check_text.finding_lines(report, form)
    if not options.quiet:
        seen = result.context.memo(coverage)
        yield from summary_lines(report, len(result.workspace.entry_points), seen, form)


def _document(form: str, report: Report, result: CheckResult) -> str:
    if form == "json":
        from cucurbit.report.as_json import check_document
        from cucurbit.report.documents import to_json

        entries = len(result.workspace.entry_points)
        return to_json(check_document(report, entries, result.context.memo(coverage)))
    if form == "sarif":
        from cucurbit.cli.rule_pages import rule_pages
        from cucurbit.report.links import rule_url
        from cucurbit.report.sarif import sarif_report
        from cucurbit.rules.catalogue import RULES

        return sarif_report(report, RULES, rule_pages(RULES), __version__, rule_url)
    if form == "github":
        from cucurbit.report.github import github_lines

        return _joined(github_lines(report))
    if form == "gitlab":
        from cucurbit.report.gitlab import gitlab_report

        return gitlab_report(report)
    from cucurbit.report.junit import junit_report

    return junit_report(report)


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
