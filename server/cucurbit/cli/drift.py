"""``cucurbit drift``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from cucurbit import __version__
from cucurbit.analysis.context import Context
from cucurbit.cli.analysis import Defects, analyse_workspace, warn_unread
from cucurbit.cli.environments import chosen_graphs
from cucurbit.cli.errors import CLEAN, FINDINGS, Refused
from cucurbit.cli.files import put
from cucurbit.cli.target import WorkspaceTarget, open_target, read_overrides, repository_of, shown_from
from cucurbit.cli.terminal import is_coloured
from cucurbit.report.as_json import drift_document
from cucurbit.report.documents import to_json
from cucurbit.report.drift_python import drift_python
from cucurbit.report.drift_sql import drift_sql
from cucurbit.report.drift_text import drift_lines
from cucurbit.report.github import github_lines
from cucurbit.report.links import rule_url
from cucurbit.report.report import Report, Reported, printable
from cucurbit.report.rule_pages import rule_pages
from cucurbit.report.sarif import sarif_report
from cucurbit.report.styled import signs_for, write
from cucurbit.rules.catalogue import RULES
from cucurbit.rules.shared.drift import Drift, drift_after, drifts
from cucurbit.rules.shared.drift_findings import MIGRATIONS, MODELS, finding_of, written
from cucurbit.rules.shared.revisions import graphs


def run(options: Namespace) -> int:
    """Show what autogenerate would write. Returns the exit code: whether something certainly differs.

    Raises:
        Refused: there is no such environment or revision, or a file cannot be read or written.
    """
    if options.revision is not None and options.write_revision is not None:
        raise Refused("--from and --write-revision exclude each other: a new revision follows the head")
    target, named = _target(options)
    defects = Defects()
    context = analyse_workspace(target.workspace, defects)
    warn_unread(context)
    found = _chosen(context, named, options.revision)
    if options.write_revision is not None:
        return defects.code(_write(context, found, options.write_revision, target))
    _show(context, found, options, target)
    differs = any(each.certain for drift in found for each in drift.comparison.differences)
    return defects.code(FINDINGS if differs else CLEAN)


def _target(options: Namespace) -> tuple[WorkspaceTarget, str | None]:
    """The workspace, and the environment in it; a folder outside of it is a workspace of its own."""
    settings, cached = read_overrides(options.config), not options.no_cache
    named = options.environment
    target = open_target(["."], settings, cached=cached)
    folder = Path(named).resolve() if named is not None else None
    if folder is None or not folder.is_dir():
        return target, named
    if not folder.is_relative_to(target.root):
        return open_target([named], settings, cached=cached), None
    return target, folder.relative_to(target.root).as_posix()


def _chosen(context: Context, named: str | None, revision: str | None) -> tuple[Drift, ...]:
    """The drift of the environments that are named.

    Raises:
        Refused: there is no such environment, or none of them has the revision.
    """
    wanted = [each.environment for each in chosen_graphs(graphs(context), named)]
    if revision is None:
        return tuple(each for each in drifts(context) if each.environment in wanted)
    found = tuple(drift_after(context, each, revision) for each in wanted)
    known = tuple(each for each in found if each is not None)
    if not known:
        raise Refused(f"--from: there is no revision `{printable(revision)}`")
    return known


def _show(context: Context, found: Sequence[Drift], options: Namespace, target: WorkspaceTarget) -> None:
    if options.output_format == "json":
        sys.stdout.write(to_json(drift_document(context, found)))
    elif options.output_format == "python":
        for drift in found:
            sys.stdout.write("".join(f"{line}\n" for line in drift_python(context, drift)))
    elif options.output_format == "sql":
        for drift in found:
            sys.stdout.write("".join(f"{line}\n" for line in drift_sql(context, drift)))
    elif options.output_format in ("github", "sarif"):
        sys.stdout.write(_findings(context, found, options.output_format, target))
    else:
        shown, signs = shown_from(target.root, Path.cwd()), signs_for(sys.stdout.encoding)
        lines = (line for drift in found for line in drift_lines(context, drift, signs, shown))
        write(lines, coloured=is_coloured(sys.stdout, refused=options.no_color))


def _findings(context: Context, found: Sequence[Drift], kind: str, target: WorkspaceTarget) -> str:
    """The differences as findings, for code hosts."""
    findings = [finding_of(context, drift, each) for drift in found for each in drift.comparison.differences]
    shown = shown_from(target.root, repository_of(target.root))
    report = Report(tuple(Reported(each) for each in findings), target.workspace.source, shown)
    if kind == "github":
        return "".join(f"{line}\n" for line in github_lines(report))
    rules = [each for each in RULES if each.name in (MODELS, MIGRATIONS)]
    return sarif_report(report, rules, rule_pages(rules), __version__, rule_url)


def _write(context: Context, found: Sequence[Drift], message: str, target: WorkspaceTarget) -> int:
    """Write one new revision for each environment that has certain differences.

    Raises:
        Refused: a file cannot be written, or an environment has several heads.
    """
    for drift in found:
        if len(drift.heads) > 1:
            raise Refused(f"{drift.environment.config} has several heads: merge them first")
        made = written(context, drift, message)
        if made is None:
            sys.stdout.write(f"{printable(drift.environment.config)}: there is nothing to write\n")
            continue
        file, body = made
        put(str(target.root / file.path), file.text, target.root)
        sys.stdout.write(f"{printable(file.path)}: read it before it runs\n")
        for each in body.left_out:
            sys.stderr.write(f"cucurbit: warning: left out, as a value is not known: {printable(each)}\n")
    return CLEAN
