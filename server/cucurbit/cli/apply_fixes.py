"""``--fix`` and ``--diff``: applies fixes in memory until none is left, then writes all changed files or none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind
from cucurbit.analysis.finding import Finding
from cucurbit.cli.analysis import CheckResult, Defects, check_workspace
from cucurbit.cli.errors import Refused
from cucurbit.cli.removed_files import Without
from cucurbit.cli.target import WorkspaceTarget
from cucurbit.fixes.apply import merge
from cucurbit.fixes.gate import Gate
from cucurbit.fixes.quick_fixes import fixes_for
from cucurbit.report.check_summary import FixCounts
from cucurbit.report.report import Reported, printable
from cucurbit.source.text import SourceText
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.tree.files import Overlay
from cucurbit.workspace.tree.writing import Change, Unwritable, write_files

ROUNDS = 20
"""Applied fixes may make others possible; after this many rounds the rest is left for another run."""

_LINES = re.compile(r"[^\n]*\n|[^\n]+")

Texts: TypeAlias = "Mapping[str, str | None]"
"""Changed files, by path; None for a deleted one."""


@dataclass(frozen=True)
class FixResult:
    """The outcome of fixing. ``texts`` are the changed files, ``result`` is the check of the changed workspace.

    ``unfinished``: there were more fixes to apply after the last round.
    """

    texts: Texts
    applied: tuple[tuple[Finding, Fix], ...]
    result: CheckResult
    unfinished: bool


def applicable(gate: Gate, finding: Finding) -> tuple[Fix, ...]:
    """The quick fixes of a finding that ``gate`` lets through, the preferred one first."""
    return tuple(fix for fix in fixes_for(gate, finding) if fix.kind is FixKind.QUICKFIX)


def fix_findings(target: WorkspaceTarget, result: CheckResult, defects: Defects, *, unsafe: bool) -> FixResult:
    """Apply fixes in memory until nothing changes. Nothing is written to disk."""
    texts: dict[str, str | None] = {}
    applied: list[tuple[Finding, Fix]] = []
    for _ in range(ROUNDS):
        chosen = _chosen(result, unsafe=unsafe)
        before = _texts(result.context, (fix for _, fix in chosen))
        merged = merge(before, (fix for _, fix in chosen))
        changed = {path: text for path, text in merged.texts.items() if before.get(path) != text}
        if not changed:
            return FixResult(texts, tuple(applied), result, unfinished=False)
        applied += [(finding, fix) for finding, fix in chosen if fix in merged.applied]
        texts.update(changed)
        result = check_workspace(target, _changed(target, texts), defects)
    return FixResult(texts, tuple(applied), result, unfinished=bool(_chosen(result, unsafe=unsafe)))


def _chosen(result: CheckResult, *, unsafe: bool) -> list[tuple[Finding, Fix]]:
    """For each finding the first fix that may be applied automatically; a fix for several findings is chosen once."""
    chosen: dict[tuple[str, object], tuple[Finding, Fix]] = {}
    for finding in result.findings:
        fix = next((fix for fix in applicable(result.gate, finding) if may_apply(fix, unsafe=unsafe)), None)
        if fix is not None:
            chosen.setdefault((fix.title, fix.edits), (finding, fix))
    return list(chosen.values())


def may_apply(fix: Fix, *, unsafe: bool) -> bool:
    """Whether ``--fix`` applies ``fix``."""
    return not (fix.silences or fix.is_choice) and (fix.safe or unsafe)


def count_fixes(reported: Iterable[Reported]) -> FixCounts:
    """How many fixes ``--fix`` would apply in its first round, and how many more need ``--unsafe-fixes``."""
    safe: set[tuple[str, object]] = set()
    unsafe: set[tuple[str, object]] = set()
    for each in reported:
        fixes = [fix for fix in each.fixes if may_apply(fix, unsafe=True)]
        fix = next((fix for fix in fixes if fix.safe), fixes[0] if fixes else None)
        if fix is not None:
            (safe if fix.safe else unsafe).add((fix.title, fix.edits))
    return FixCounts(len(safe), len(unsafe))


def _texts(context: Context, fixes: Iterable[Fix]) -> dict[str, str]:
    paths = {edit.path for fix in fixes for edit in fix.edits}
    found = {path: context.workspace.text(path) for path in paths if context.workspace.is_file(path)}
    return {path: text for path, text in found.items() if text is not None}


def _changed(target: WorkspaceTarget, texts: Texts) -> FolderWorkspace:
    present = {path: text for path, text in texts.items() if text is not None}
    deleted = frozenset(texts).difference(present)
    if not deleted:
        return target.workspace.overlaid(present)
    return target.over(Without(Overlay(target.workspace.tree, present), deleted))


# -------------------------------------------------------------------------- diff


def diff_of(target: WorkspaceTarget, fixed: FixResult) -> str:
    """The changes as a unified diff for ``patch -p1`` or ``git apply`` in the root of the workspace."""
    parts: list[str] = []
    for path in sorted(fixed.texts):
        before, after = target.workspace.text(path), fixed.texts[path]
        lines = difflib.unified_diff(
            _LINES.findall(before or ""),
            _LINES.findall(after or ""),
            _quoted(f"a/{path}") if before is not None else "/dev/null",
            _quoted(f"b/{path}") if after is not None else "/dev/null",
        )
        parts += (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return "".join(parts)


def _quoted(path: str) -> str:
    """A path as git quotes it: in quotes and octal where a character of it cannot be shown."""
    if path.isprintable() and not set(path) & {'"', "\\"}:
        return path
    data = path.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(b) if 0x20 <= b < 0x7F and b not in b'"\\' else f"\\{b:03o}" for b in data) + '"'


# ------------------------------------------------------------------------- write


def write_changes(target: WorkspaceTarget, fixed: FixResult) -> None:
    """Write the changed files. Mode, encoding, byte order mark and line endings are preserved.

    Raises:
        Refused: a file cannot be written, or changed since it was read. No file is changed then.
    """
    try:
        write_files(target.root, {path: _change(target, path, text) for path, text in sorted(fixed.texts.items())})
    except Unwritable as error:
        raise Refused(f"{printable(str(error))}{': run it again' if error.is_changed else ''}") from None


def _change(target: WorkspaceTarget, path: str, text: str | None) -> Change:
    known = target.workspace.tree.read(path)
    before = known if isinstance(known, bytes) else None
    if text is None:
        return Change(before, None)
    source = target.workspace.source(path)
    if source is not None and source.problem is not None:
        raise Refused(f"{printable(path)} cannot be fixed: {source.problem}")
    changed = SourceText(text) if source is None else replace(source, text=text, raw=None)
    try:
        return Change(before, changed.encode())
    except UnicodeEncodeError as error:
        raise Refused(f"{printable(path)} cannot be fixed: its encoding cannot represent {error.object!r}") from None
