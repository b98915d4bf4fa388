"""``check --watch``: checks again whenever something changes that the last check depends on.

Earlier results are reused as the language server does (:class:`cucurbit.session.memory.Memory`): an edit costs what it
changes. The files and folders that were read are polled, as that set is known exactly and is small.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from time import sleep

from cucurbit.analysis.engine import findings
from cucurbit.cli.analysis import CheckResult, Defects, select_findings
from cucurbit.cli.baseline import with_baseline
from cucurbit.cli.target import WorkspaceTarget
from cucurbit.cli.terminal import clear_screen
from cucurbit.cli.time_limit import limited
from cucurbit.rules.catalogue import RULES
from cucurbit.session.memory import Memory
from cucurbit.simulate.garbage import undisturbed
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryPoint

INTERVAL = 0.3
"""Seconds between two looks at the disk."""

Report = Callable[[WorkspaceTarget, CheckResult], tuple[str, int]]
"""Makes a report, and its exit code."""


def watch(target: WorkspaceTarget, options: Namespace, defects: Defects, report: Report) -> int:
    """Check, report, wait for a change and start again, until the user interrupts it. Returns the last exit code.

    Raises:
        KeyboardInterrupt: it is interrupted before the first report.
        Refused: the baseline or the repository cannot be read.
    """
    memory = Memory()
    code: int | None = None
    try:
        while True:
            # The code is known before anybody can read the report, and interrupt.
            with limited(options.time_limit):
                text, code = report(target, _checked(target, memory, defects))
            clear_screen()
            sys.stdout.write(text if sys.stdout.isatty() else f"{text}\n")
            sys.stdout.flush()
            changed = wait_for_change(target.workspace)
            with limited(options.time_limit):
                target = with_baseline(
                    replace(target, workspace=target.workspace.with_changes(changed), baseline=()), options
                )
    except KeyboardInterrupt:
        if code is None:
            raise
        return code


def _checked(target: WorkspaceTarget, memory: Memory, defects: Defects) -> CheckResult:
    def before_each(_: EntryPoint) -> None:
        """Nothing stops a check."""

    workspace = target.workspace
    with undisturbed():
        context = memory.analysed(workspace, before_each, defects.of_simulation)
        found = findings(context, RULES, defects)
    memory.settle()
    return select_findings(target, workspace, context.frozen(workspace), found)


def wait_for_change(workspace: FolderWorkspace) -> list[str]:
    """Wait until something changes that was read, and return its paths."""
    before: tuple[tuple[int, int], ...] = ()
    while True:
        sleep(INTERVAL)
        now = stamp(workspace)
        # The first time, files may have changed while they were analysed.
        if now == before and before:
            continue
        before = now
        changed = workspace.tree.stale()
        if changed:
            return changed


def stamp(workspace: FolderWorkspace) -> tuple[tuple[int, int], ...]:
    """Times and sizes of the files and folders that were read; empty if they are not known."""
    return tuple(_stat(asked.base + path) for asked in workspace.asked()[:1] for path in (*asked.folders, *asked.files))


def _stat(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
