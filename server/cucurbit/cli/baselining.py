"""``--baseline`` and ``--write-baseline``: a project with old findings hears of new ones only."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from cucurbit.analysis.baseline import Malformed, read_baseline, write_baseline
from cucurbit.analysis.suppression import selected
from cucurbit.cli.errors import Refused
from cucurbit.cli.looking import Looked
from cucurbit.cli.target import Target
from cucurbit.report.report import counted, printable
from cucurbit.rules.catalogue import RULES
from cucurbit.session.baselines import baseline_of
from cucurbit.workspace.tree.writing import write_whole


def with_baseline(target: Target, options: Namespace) -> Target:
    """The target that leaves out what the baseline holds: that of ``--baseline``, else that of the settings.

    Raises:
        Refused: the baseline cannot be read or is none.
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


def _check_whole(target: Target, options: Namespace) -> None:
    """Refuse what would leave findings out of the baseline, or change files besides."""
    if target.limits or options.select or options.ignore:
        raise Refused("--write-baseline is for the whole workspace and all of its rules: give neither paths nor rules")
    if options.fix or options.diff or options.baseline is not None:
        raise Refused("--write-baseline goes with none of --fix, --diff and --baseline")


def _data(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise Malformed(f"cannot be read: {reason.lower()}") from None


def write(path: str, looked: Looked) -> str:
    """Write every finding into the baseline ``path``. Returns what to say.

    Raises:
        Refused: the file cannot be written.
    """
    text = write_baseline(looked.findings, looked.line)
    try:
        write_whole(path, text.encode("ascii"))
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise Refused(f"{printable(path)} cannot be written: {reason.lower()}") from None
    return f"Wrote {counted(len(looked.findings), 'finding')} to {printable(path)}.\n"


def told(target: Target, looked: Looked) -> str:
    """What to say of the baseline: how many findings it keeps out of the report, and how many of it are gone."""
    rules = {rule.name for rule in selected(looked.workspace.settings, RULES)}
    gone = [each for each in looked.gone if each.rule in rules and target.covers(each.path)]
    notes = []
    if looked.known:
        verb = "is" if looked.known == 1 else "are"
        notes.append(f"{counted(looked.known, 'finding')} {verb} in the baseline and not reported")
    if gone:
        verb = "is" if len(gone) == 1 else "are"
        notes.append(f"{counted(len(gone), 'finding')} of the baseline {verb} gone: --write-baseline takes them out")
    return "".join(f"cucurbit: note: {note}\n" for note in notes)
