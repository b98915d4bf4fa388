"""``--fix`` and ``--diff``: fixes applied over and over in memory, then written, each file whole or not at all."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding
from cucurbit.cli.errors import Refused
from cucurbit.cli.looking import Defects, Looked, look
from cucurbit.cli.target import Target
from cucurbit.fixes.apply import merge
from cucurbit.fixes.catalogue import fixes_for
from cucurbit.fixes.edits import Fix, FixKind
from cucurbit.report.report import printable
from cucurbit.source.text import SourceText
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.tree.files import Content, Entry, FileTree, Overlay
from cucurbit.workspace.tree.writing import Change, Unwritable, write_files

ROUNDS = 20
"""Fixes may make room for others; what is not at rest by then is left for another run."""

_LINES = re.compile(r"[^\n]*\n|[^\n]+")

Texts: TypeAlias = "Mapping[str, str | None]"
"""Changed files, by path; None for a deleted one."""


@dataclass(frozen=True)
class Fixed:
    """``texts`` are the changed files, ``looked`` is the analysis of the workspace with the changes.

    ``unfinished``: there were still fixes to apply after the last round.
    """

    texts: Texts
    applied: tuple[tuple[Finding, Fix], ...]
    looked: Looked
    unfinished: bool


def applicable(context: Context, finding: Finding) -> tuple[Fix, ...]:
    """The quick fixes of a finding, the preferred one first."""
    return tuple(fix for fix in fixes_for(context, finding) if fix.kind is FixKind.QUICKFIX)


def fix_findings(target: Target, looked: Looked, defects: Defects, *, unsafe: bool) -> Fixed:
    """Apply what can be applied until nothing changes. Nothing is written."""
    texts: dict[str, str | None] = {}
    applied: list[tuple[Finding, Fix]] = []
    for _ in range(ROUNDS):
        chosen = _chosen(looked, unsafe=unsafe)
        before = _texts(looked.context, (fix for _, fix in chosen))
        merged = merge(before, (fix for _, fix in chosen))
        changed = {path: text for path, text in merged.texts.items() if before.get(path) != text}
        if not changed:
            return Fixed(texts, tuple(applied), looked, unfinished=False)
        applied += [(finding, fix) for finding, fix in chosen if fix in merged.applied]
        texts.update(changed)
        looked = look(target, _changed(target, texts), defects)
    return Fixed(texts, tuple(applied), looked, unfinished=bool(_chosen(looked, unsafe=unsafe)))


def _chosen(looked: Looked, *, unsafe: bool) -> list[tuple[Finding, Fix]]:
    """For each finding its first fix that may be applied unasked; one fix for several findings is taken once."""
    chosen: dict[tuple[str, object], tuple[Finding, Fix]] = {}
    for finding in looked.findings:
        fix = next((fix for fix in applicable(looked.context, finding) if may_apply(fix, unsafe=unsafe)), None)
        if fix is not None:
            chosen.setdefault((fix.title, fix.edits), (finding, fix))
    return list(chosen.values())


def may_apply(fix: Fix, *, unsafe: bool) -> bool:
    """Whether ``--fix`` applies ``fix``."""
    return not fix.silences and (fix.safe or unsafe)


def _texts(context: Context, fixes: Iterable[Fix]) -> dict[str, str]:
    paths = {edit.path for fix in fixes for edit in fix.edits}
    found = {path: context.workspace.text(path) for path in paths if context.workspace.is_file(path)}
    return {path: text for path, text in found.items() if text is not None}


def _changed(target: Target, texts: Texts) -> FolderWorkspace:
    present = {path: text for path, text in texts.items() if text is not None}
    deleted = frozenset(texts).difference(present)
    if not deleted:
        return target.workspace.overlaid(present)
    return target.over(_Without(Overlay(target.workspace.tree, present), deleted))


class _Without:
    """A tree without some of its files."""

    def __init__(self, below: FileTree, deleted: frozenset[str]) -> None:
        self._below = below
        self._deleted = deleted

    @property
    def root(self) -> str:
        return self._below.root

    def read(self, path: str) -> Content:
        return None if path in self._deleted else self._below.read(path)

    def entries(self, path: str) -> Sequence[Entry]:
        prefix = f"{path}/" if path else ""
        return [entry for entry in self._below.entries(path) if prefix + entry.name not in self._deleted]

    def is_file(self, path: str) -> bool:
        return path not in self._deleted and self._below.is_file(path)

    def is_dir(self, path: str) -> bool:
        return self._below.is_dir(path)

    def is_buffer(self, path: str) -> bool:
        return self._below.is_buffer(path)

    def with_changes(self, changed: Iterable[str], buffers: Mapping[str, str]) -> FileTree:
        return _Without(self._below.with_changes(changed, buffers), self._deleted)

    def stale(self) -> list[str]:
        return self._below.stale()


# -------------------------------------------------------------------------- diff


def diff_of(target: Target, fixed: Fixed) -> str:
    """The changes as a unified diff that ``patch -p1`` and ``git apply`` take, in the workspace's root."""
    parts: list[str] = []
    for path in sorted(fixed.texts):
        before, after = target.workspace.text(path), fixed.texts[path]
        lines = difflib.unified_diff(
            _LINES.findall(before or ""),
            _LINES.findall(after or ""),
            f"a/{path}" if before is not None else "/dev/null",
            f"b/{path}" if after is not None else "/dev/null",
        )
        parts += (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return "".join(parts)


# ------------------------------------------------------------------------- write


def write_changes(target: Target, fixed: Fixed) -> None:
    """Write the changed files. Mode, encoding, byte order mark and line endings stay.

    Raises:
        Refused: a file cannot be written, or changed since it was read; nothing is changed then.
    """
    try:
        write_files(target.root, {path: _change(target, path, text) for path, text in sorted(fixed.texts.items())})
    except Unwritable as error:
        raise Refused(f"{printable(str(error))}{': run it again' if error.is_changed else ''}") from None


def _change(target: Target, path: str, text: str | None) -> Change:
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
        raise Refused(f"{printable(path)} cannot be fixed: its encoding has no {error.object!r}") from None
