"""``cucurbit drift``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.cli.analysis import Defects, analyse_workspace, warn_unread
from cucurbit.cli.environments import chosen_graphs
from cucurbit.cli.errors import CLEAN, FINDINGS, Refused
from cucurbit.cli.target import WorkspaceTarget, open_target, read_overrides, shown_from
from cucurbit.cli.terminal import is_coloured
from cucurbit.report.as_json import drift_document
from cucurbit.report.documents import to_json
from cucurbit.report.drift_text import drift_lines
from cucurbit.report.report import printable
from cucurbit.report.styled import signs_for, write
from cucurbit.rules.shared.drift import Drift, drift_after, drifts
from cucurbit.rules.shared.revisions import graphs


def run(options: Namespace) -> int:
    """Show what autogenerate would write. Returns the exit code: whether something certainly differs.

    Raises:
        Refused: there is no such environment or revision, or a file cannot be read or written.
    """
    target, named = _target(options)
    defects = Defects()
    context = analyse_workspace(target.workspace, defects)
    warn_unread(context)
    found = _chosen(context, named, options.revision)
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
        return
    shown, signs = shown_from(target.root, Path.cwd()), signs_for(sys.stdout.encoding)
    lines = (line for drift in found for line in drift_lines(context, drift, signs, shown))
    write(lines, coloured=is_coloured(sys.stdout, refused=options.no_color))
