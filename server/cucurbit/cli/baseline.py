"""``--baseline`` and ``--write-baseline``: report only findings that are not in the baseline."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from cucurbit.analysis.baseline import Malformed, read_baseline, write_baseline
from cucurbit.cli.analysis import CheckResult
from cucurbit.cli.errors import Refused
from cucurbit.cli.files import put, reason_of
from cucurbit.cli.target import WorkspaceTarget
from cucurbit.report.report import counted, printable
from cucurbit.rules.catalogue import RULES
from cucurbit.rules.shared.coverage import coverage
from cucurbit.session.baseline_file import baseline_of


def with_baseline(target: WorkspaceTarget, options: Namespace) -> WorkspaceTarget:
    """The target with the baseline of ``--baseline``, or else of the settings.

    Raises:
        Refused: the file cannot be read, or is not a baseline.
    """
    if options.write_baseline is not None:
        _check_whole(target, options)
    if options.write_baseline is not None or options.no_baseline:
        return target
    try:
        if options.baseline is None:
            return replace(target, baseline=baseline_of(target.workspace))
        return replace(target, baseline=read_baseline(_data(options.baseline)))
    except Malformed as error:
        file = f"{options.baseline} " if options.baseline is not None else ""
        raise Refused(f"the baseline {printable(f'{file}{error}')}") from None


def _check_whole(target: WorkspaceTarget, options: Namespace) -> None:
    """Refuse options that would leave findings out of the baseline or change other files."""
    if target.limits or options.select or options.ignore or options.severity != "hint":
        raise Refused("--write-baseline covers the whole workspace and all rules: give no paths, rules or severity")
    if options.fix or options.diff or options.baseline is not None:
        raise Refused("--write-baseline cannot be combined with --fix, --diff or --baseline")


def _data(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise Malformed(f"cannot be read: {reason_of(error)}") from None


def write(path: str, result: CheckResult, root: Path) -> str:
    """Write all findings to the baseline file ``path``. Returns a message for the user.

    Raises:
        Refused: the file cannot be written.
    """
    put(path, write_baseline(result.findings, result.line), root)
    return f"Wrote {counted(len(result.findings), 'finding')} to {printable(path)}.\n"


def _why_gone(result: CheckResult, number: int) -> str:
    """What to do about findings that are not found now: what comes after a failure is not seen, and is no less true."""
    one = number == 1
    if result.context.memo(coverage).endings:
        return f"{'is' if one else 'are'} not found now: a program fails, and what comes after that is not seen"
    return f"{'is' if one else 'are'} out of date: --write-baseline removes {'it' if one else 'them'}"


def notes_on_baseline(target: WorkspaceTarget, result: CheckResult) -> str:
    """Notes for the user: how many findings the baseline hides, and how many of its entries no longer occur."""
    rules = {rule.name for rule in RULES.selected(result.workspace.settings)}
    gone = [each for each in result.gone if each.rule in rules and target.covers(each.path)]
    notes = []
    if result.known:
        verb = "is" if result.known == 1 else "are"
        notes.append(f"{counted(result.known, 'finding')} {verb} in the baseline and not reported")
    if gone:
        notes.append(f"{counted(len(gone), 'finding')} of the baseline {_why_gone(result, len(gone))}")
    return "".join(f"cucurbit: note: {note}\n" for note in notes)
