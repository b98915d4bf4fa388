"""Findings kept from session to session, with all that was asked of the disk for them.

They are given again only while the disk gives the same answers, so that they are those which an analysis would give:
see :mod:`cucurbit.cache.results`. The fixes are not kept, as they rest on timelines.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace

import msgspec

from cucurbit.analysis.finding import NO_SUBJECT, Finding
from cucurbit.cache import results
from cucurbit.cache.folder import cache_folder, is_switched_off
from cucurbit.cache.stamp import stamp
from cucurbit.cache.store import digest, evict
from cucurbit.session.outcome import Buffer, Outcome, grouped
from cucurbit.workspace.index import FolderWorkspace, open_workspace
from cucurbit.workspace.settings.schema import Settings
from cucurbit.workspace.tree.files import Overlay
from cucurbit.workspace.tree.ledger import Asked

_FORMAT = b"findings 1"
_VARIABLES = ("VIRTUAL_ENV", "HOME", "USERPROFILE")
"""Variables of the environment that an analysis may depend on."""

_WITHOUT_INFLUENCE = {
    name: getattr(Settings(), name)
    for name in ("baseline", "cache_dir", "code_lens", "inlay_hints", "hover", "workspace_wide_diagnostics", "trace")
}
"""Settings that no finding depends on, with their defaults: the same findings serve whoever shows them."""

_DECODER = msgspec.json.Decoder(tuple[Finding, ...])


def keep(workspace: FolderWorkspace, found: tuple[Finding, ...], asked: tuple[Asked, ...]) -> bool:
    """Keep the findings of ``workspace``; ``asked`` is what they rest on.

    Returns whether they are kept.
    """
    cache = _cache(workspace)
    key = _key(workspace)
    if cache is None or key is None or not asked:
        return False
    try:
        text = msgspec.json.encode([replace(each, subject=NO_SUBJECT) for each in found]).decode()
    except (ValueError, RecursionError, MemoryError):  # a path that is not UTF-8
        return False
    if not results.keep(cache, key, results.Result(text, "", 0), asked):
        return False
    evict(cache)
    return True


def recall(workspace: FolderWorkspace) -> tuple[Finding, ...] | None:
    """The findings kept of ``workspace``, if they hold."""
    cache = _cache(workspace)
    key = _key(workspace)
    result = results.recall(cache, key) if cache is not None and key is not None else None
    if result is None:
        return None
    try:
        return _DECODER.decode(result.out)
    except (msgspec.MsgspecError, ValueError, RecursionError, MemoryError):
        return None


def _cache(workspace: FolderWorkspace) -> str | None:
    return None if is_switched_off() else cache_folder(workspace.settings.cache_dir, workspace.root)


def _key(workspace: FolderWorkspace) -> bytes | None:
    """16 bytes that tell these settings of this folder from all that may be answered otherwise."""
    settings = msgspec.structs.replace(workspace.settings, **_WITHOUT_INFLUENCE)
    # What is wrong in a file is asked of the file; what is wrong with an editor's settings stands in none.
    problems = [each.message for each in workspace.setting_problems if not each.location.path]
    variables = [f"{name}={os.environ.get(name)}" for name in _VARIABLES]
    try:
        given = msgspec.json.encode([settings, problems])
    except (TypeError, ValueError, RecursionError):
        return None
    data = [part.encode("utf-8", "surrogatepass") for part in (workspace.root, *variables)]
    return digest(stamp(), _FORMAT, given, *data)


class Recaller:
    """The findings of before, for one session that has none of its own yet. For one thread at a time."""

    def __init__(self, root: str, known_rules: Collection[str] | None) -> None:
        self._root = root
        self._known_rules = known_rules
        self.workspace: FolderWorkspace | None = None
        """The workspace as it was when the disk was asked, its settings read."""
        self._editor: Mapping[str, object] = {}
        self._found: tuple[Finding, ...] | None = None

    def is_settled(self, editor: Mapping[str, object]) -> bool:
        """Whether the disk was asked already, so that :meth:`outcome` looks at open files only."""
        return self.workspace is not None and self._editor is editor

    def forget(self) -> None:
        """The disk may have changed."""
        self.workspace = None

    def outcome(self, number: int, editor: Mapping[str, object], buffers: Mapping[str, Buffer]) -> Outcome | None:
        """What was found before of the snapshot of that number; None where nothing is kept that holds for it."""
        if self.workspace is None or self._editor is not editor:
            workspace = open_workspace(
                self._root,
                known_rules=self._known_rules,
                editor=editor,
                virtual_env=os.environ.get("VIRTUAL_ENV"),
            )
            self._found = recall(workspace)
            self._editor, self.workspace = editor, workspace
        texts = {path: buffer.text for path, buffer in buffers.items()}
        if self._found is None or not Overlay(self.workspace.tree, texts).is_saved():
            return None
        return Outcome(number, self.workspace, self._found, grouped(self._found), buffers, {})
