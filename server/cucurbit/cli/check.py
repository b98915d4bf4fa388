"""``cucurbit check``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from cucurbit import __version__
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.cli import baseline
from cucurbit.cli.analysis import CheckResult, Defects, check_workspace, warn_unread
from cucurbit.cli.apply_fixes import FixResult, applicable, count_fixes, diff_of, fix_findings, write_changes
from cucurbit.cli.baseline import with_baseline
from cucurbit.cli.cached_check import CheckCall
from cucurbit.cli.errors import CLEAN, FINDINGS, Refused
from cucurbit.cli.target import WorkspaceTarget, link_to, open_target, read_overrides, repository_of, shown_from
from cucurbit.cli.terminal import is_coloured, say_time, supports_links, width_of
from cucurbit.cli.time_limit import limited
from cucurbit.fixes.gate import Gate
from cucurbit.report.check_summary import FixCounts, summary_lines
from cucurbit.report.report import Report, Reported, counted, not_linked, printable
from cucurbit.report.styled import Line, signs_for, write
from cucurbit.rules.catalogue import RULES
from cucurbit.rules.shared.coverage import coverage
from cucurbit.session import saved_findings

if TYPE_CHECKING:
    from cucurbit.cli.since import Changes

TEXT_FORMATS = frozenset({"text", "concise", "grouped"})
"""The formats for people."""

MOST_COUNTED = 30
"""How many simulations it may take, about, to count the fixes for the summary where nobody asked for them."""

FAILING = frozenset({Severity.ERROR, Severity.WARNING})
"""The severities that make the command fail."""


def run(options: Namespace, request: CheckCall | None, began: float) -> int:
    """Check a workspace. Returns the exit code. The output is saved in the cache for ``request``.

    ``began``: when the command started, see :func:`cucurbit.cli.terminal.say_time`.

    Raises:
        Refused: wrong usage, or a file that cannot be read or written.
    """
    _refuse_combinations(options)
    settings = read_overrides(options.config, options.select, options.extend_select, options.ignore)
    # Without --watch, the whole command is limited already.
    with limited(options.time_limit if options.watch else 0):
        target = with_baseline(open_target(options.paths or ["."], settings, cached=not options.no_cache), options)
    changes: Changes | None = None
    if options.since is not None:
        from cucurbit.cli.since import changes_since, with_reviewed

        changes = changes_since(target, options.since)
        target = with_reviewed(target, changes)
    target = replace(target, least=Severity(options.severity))
    defects = Defects()
    if options.watch:
        from cucurbit.cli.watch import watch

        return watch(target, options, defects, partial(_reported_again, options, defects))
    result = _since(options, target, check_workspace(target, target.workspace, defects), changes, defects)
    warned = warn_unread(result.context)
    if options.write_baseline is not None:
        sys.stderr.write(baseline.write(options.write_baseline, result, target.root))
        return defects.code(CLEAN)
    if options.fix or options.diff:
        fixed = fix_findings(target, result, defects, unsafe=options.unsafe_fixes)
        if options.diff:
            _write_diff(diff_of(target, fixed), coloured=is_coloured(sys.stdout, refused=options.no_color))
            _say_fixes(fixed, "Would fix")
            code = FINDINGS if fixed.applied else exit_code(result.findings)
            return _code(code, defects, exit_zero=options.exit_zero)
        write_changes(target, fixed)
        _say_fixes(fixed, "Fixed")
        result = fixed.result
    text = report_text(options, target, result)
    code = _code(exit_code(result.findings), defects, exit_zero=options.exit_zero)
    sys.stdout.write(text)
    if options.output_format in TEXT_FORMATS and not options.quiet:
        say_time(began)
    noted = baseline.notes_on_baseline(target, result)
    sys.stderr.write(noted)
    if request is not None and not defects.reported and not options.fix:
        asked = target.workspace.asked()
        request.save(text, warned + noted, code, asked)
        if not options.no_cache:
            saved_findings.save(target.workspace, result.everywhere, asked)
    return code


def _refuse_combinations(options: Namespace) -> None:
    """Refuse options that contradict each other.

    Raises:
        Refused: there are such options.
    """
    for name in ("watch", "since"):
        if getattr(options, name) and (options.fix or options.diff or options.write_baseline is not None):
            raise Refused(f"--{name} cannot be combined with --fix, --diff or --write-baseline")


def _since(
    options: Namespace, target: WorkspaceTarget, result: CheckResult, changes: Changes | None, defects: Defects
) -> CheckResult:
    """The part of a result that the option ``--since`` leaves; all of it without the option."""
    if changes is None:
        return result
    from cucurbit.cli.since import only_since

    left = only_since(target, result, changes, defects)
    older = len(result.findings) - len(left.findings)
    if older:
        verb = "has" if older == 1 else "have"
        what = f"{counted(older, 'finding')} {verb} nothing to do with the changes since {printable(options.since)}"
        sys.stderr.write(f"cucurbit: note: {what} and {'is' if older == 1 else 'are'} not reported\n")
    return left


def _reported_again(
    options: Namespace, defects: Defects, target: WorkspaceTarget, result: CheckResult
) -> tuple[str, int]:
    """One report of ``--watch``, and its exit code. Writes warnings to standard error."""
    changes: Changes | None = None
    if options.since is not None:
        from cucurbit.cli.since import changes_since

        changes = changes_since(target, options.since)
    result = _since(options, target, result, changes, defects)
    warn_unread(result.context)
    text = report_text(options, target, result)
    return text, _code(exit_code(result.findings), defects, exit_zero=options.exit_zero)


def exit_code(shown: Iterable[Finding]) -> int:
    """The exit code for the findings that are reported."""
    return FINDINGS if any(finding.severity in FAILING for finding in shown) else CLEAN


def _code(code: int, defects: Defects, *, exit_zero: bool) -> int:
    return defects.code(CLEAN if exit_zero else code)


def _say_fixes(fixed: FixResult, verb: str) -> None:
    """Write a summary of the fixes to standard error, as standard output is for the report."""
    for finding, fix in fixed.applied:
        place = f"{finding.location.path}:{finding.location.span.line}"
        sys.stderr.write(printable(f"{verb} {finding.rule} at {place}: {fix.title}") + "\n")
    result = fixed.result
    remaining = (Reported(each, applicable(result.gate, each)) for each in result.findings)
    unsafe = count_fixes(remaining).unsafe
    more = f" {FixCounts(0, unsafe)}." if unsafe else ""
    if not fixed.applied:
        sys.stderr.write(f"No fix was applied.{more}\n" if more else "No finding has a fix that can be applied.\n")
    elif fixed.unfinished:
        sys.stderr.write("Some fixes remain: run the command again.\n")
    else:
        sys.stderr.write(f"{verb} {counted(len(fixed.applied), 'finding')}.{more}\n")


def _write_diff(text: str, *, coloured: bool) -> None:
    """Write a unified diff: in the usual colours on a terminal, else unchanged, as other programs apply it."""
    if not coloured and not sys.stdout.isatty():
        sys.stdout.write(text)
        return
    write([[(line, _style_of(line))] for line in text.split("\n")[:-1]], coloured=coloured)


def _style_of(line: str) -> str:
    """The style of a line of a unified diff."""
    if line.startswith(("--- ", "+++ ")):
        return "bold"
    return {"-": "red", "+": "green", "@": "cyan"}.get(line[:1], "")


def report_text(options: Namespace, target: WorkspaceTarget, result: CheckResult) -> str:
    """The report in the format that is asked for."""
    form: str = options.output_format
    workspace = result.workspace
    gate = _gate(options, result)
    reported = tuple(Reported(each, () if gate is None else applicable(gate, each)) for each in result.findings)
    base = repository_of(target.root) if form in {"sarif", "github", "gitlab", "junit"} else Path.cwd()
    linked = form in TEXT_FORMATS and supports_links(sys.stdout, refused=options.no_color)
    link = link_to(target.root) if linked else not_linked
    report = Report(reported, workspace.source, shown_from(target.root, base), link)
    if form not in TEXT_FORMATS:
        return _document(form, report, result)
    text = StringIO()
    lines = _lines(options, report, result, with_fixes=gate is not None)
    write(lines, coloured=is_coloured(sys.stdout, refused=options.no_color), stream=text)
    return text.getvalue()


def _gate(options: Namespace, result: CheckResult) -> Gate | None:
    """What lists the fixes of a report; None if it has none.

    JSON always has them, checked by a simulation with each only if they are asked for. SARIF contains the edits, which
    a viewer may apply, so it has none that was not checked. The other documents have none.
    """
    if options.output_format in TEXT_FORMATS:
        return result.gate if _with_fixes(options, result) else None
    if options.output_format == "json":
        return result.gate if options.show_fixes else result.listing
    return result.gate if options.output_format == "sarif" and options.show_fixes else None


def _with_fixes(options: Namespace, result: CheckResult) -> bool:
    """Whether a text shows or counts fixes. Each is simulated, which takes too long to count many of them."""
    if options.show_fixes or options.quiet:
        return bool(options.show_fixes)
    fixable = sum(RULES.by_name[each.rule].fixes is not None for each in result.findings)
    return fixable * max(1, len(result.workspace.entry_points)) <= MOST_COUNTED


def _lines(options: Namespace, report: Report, result: CheckResult, *, with_fixes: bool) -> Iterator[Line]:
    from cucurbit.report import check_text

    form = check_text.Form(signs_for(sys.stdout.encoding), width_of(sys.stdout), options.verbose, options.show_fixes)
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
        fixes = count_fixes(report.findings) if with_fixes else None
        yield from summary_lines(report, len(result.workspace.entry_points), seen, form, fixes)


def _document(form: str, report: Report, result: CheckResult) -> str:
    if form == "json":
        from cucurbit.report.as_json import check_document
        from cucurbit.report.documents import to_json

        entries = len(result.workspace.entry_points)
        return to_json(check_document(report, entries, result.context.memo(coverage)))
    if form == "sarif":
        from cucurbit.report.links import rule_url
        from cucurbit.report.rule_pages import rule_pages
        from cucurbit.report.sarif import sarif_report

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
