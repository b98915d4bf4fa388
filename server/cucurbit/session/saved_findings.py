"""Findings saved in the cache, so that the next session can show them before its first analysis.

All answers of the disk that the findings depend on are saved with them. They are shown again only if the disk gives the
same answers, so they equal those of an analysis: see :mod:`cucurbit.cache.results`. Fixes are not saved, as they need
timelines.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace

import msgspec

from cucurbit.analysis.finding import NO_SUBJECT, Finding
from cucurbit.cache import results
from cucurbit.cache.folder import cache_folder, is_switched_off
from cucurbit.cache.program_digest import program_digest
from cucurbit.cache.store import digest, evict
from cucurbit.opening import open_workspace
from cucurbit.session.snapshot_findings import Buffer, SnapshotFindings, grouped
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.settings.schema import Settings
from cucurbit.workspace.tree.files import Overlay
from cucurbit.workspace.tree.ledger import Asked

_FORMAT = b"findings 2"
_VARIABLES = ("VIRTUAL_ENV", "HOME", "USERPROFILE")
"""Environment variables that an analysis may depend on."""

_WITHOUT_INFLUENCE = {
    name: getattr(Settings(), name)
    for name in (
        "baseline",
        "cache_dir",
        "code_lens",
        "inlay_hints",
        "inlay_joins",
        "hover",
        "workspace_wide_diagnostics",
        "trace",
    )
}
"""Settings that no finding depends on, with their default values."""

_DECODER = msgspec.json.Decoder(tuple[Finding, ...])


def save(workspace: FolderWorkspace, found: tuple[Finding, ...], asked: tuple[Asked, ...]) -> bool:
    """Save the findings of ``workspace``; ``asked`` are the answers of the disk that they depend on.

    Returns whether they were saved.
    """
    cache = _cache(workspace)
    key = _key(workspace)
    if cache is None or key is None or not asked:
        return False
    try:
        text = msgspec.json.encode([_without_subject(each) for each in found]).decode()
    except (ValueError, RecursionError, MemoryError):  # a path that is not UTF-8
        return False
    if not results.save(cache, key, results.CommandOutput(text, "", 0), asked):
        return False
    evict(cache)
    return True


def _without_subject(finding: Finding) -> Finding:
    members = tuple(replace(each, subject=NO_SUBJECT) for each in finding.members)
    return replace(finding, subject=NO_SUBJECT, members=members)


def load(workspace: FolderWorkspace) -> tuple[Finding, ...] | None:
    """The saved findings of ``workspace``; None if there are none that are still valid."""
    cache = _cache(workspace)
    key = _key(workspace)
    result = results.load(cache, key) if cache is not None and key is not None else None
    if result is None:
        return None
    try:
        return _DECODER.decode(result.out)
    except (msgspec.MsgspecError, ValueError, RecursionError, MemoryError):
        return None


def _cache(workspace: FolderWorkspace) -> str | None:
    return None if is_switched_off() else cache_folder(workspace.settings.cache_dir, workspace.root)


def _key(workspace: FolderWorkspace) -> bytes | None:
    """A key of 16 bytes for this folder, its settings, and the environment variables that matter."""
    settings = msgspec.structs.replace(workspace.settings, **_WITHOUT_INFLUENCE)
    # Problems of settings files are found again by reading them; those of the editor's settings are in no file.
    problems = [each.message for each in workspace.setting_problems if not each.location.path]
    variables = [f"{name}={os.environ.get(name)}" for name in _VARIABLES]
    try:
        given = msgspec.json.encode([settings, problems])
    except (TypeError, ValueError, RecursionError):
        return None
    data = [part.encode("utf-8", "surrogatepass") for part in (workspace.root, *variables)]
    return digest(program_digest(), _FORMAT, given, *data)


class SavedFindings:
    """The findings saved by an earlier session, for a session without an analysis. For one thread at a time."""

    def __init__(self, root: str, known_rules: Collection[str] | None) -> None:
        self._root = root
        self._known_rules = known_rules
        self.workspace: FolderWorkspace | None = None
        """The workspace as it was when the disk was read, with its settings."""
        self._editor: Mapping[str, object] = {}
        self._found: tuple[Finding, ...] | None = None

    def is_settled(self, editor: Mapping[str, object]) -> bool:
        """Whether the disk was read already, so that :meth:`snapshot` only compares open files."""
        return self.workspace is not None and self._editor is editor

    def forget(self) -> None:
        """The disk may have changed."""
        self.workspace = None

    def snapshot(
        self, number: int, editor: Mapping[str, object], buffers: Mapping[str, Buffer]
    ) -> SnapshotFindings | None:
        """The saved findings as those of snapshot ``number``; None if there are none that are valid for it."""
        if self.workspace is None or self._editor is not editor:
            workspace = open_workspace(
                self._root,
                known_rules=self._known_rules,
                editor=editor,
                virtual_env=os.environ.get("VIRTUAL_ENV"),
            )
            self._found = load(workspace)
            self._editor, self.workspace = editor, workspace
        texts = {path: buffer.text for path, buffer in buffers.items()}
        if self._found is None or not Overlay(self.workspace.tree, texts).is_saved():
            return None
        return SnapshotFindings(number, self.workspace, self._found, grouped(self._found), buffers, {})
