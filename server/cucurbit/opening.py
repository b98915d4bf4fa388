"""A folder opened as a workspace, with everything that is known of how libraries start programs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from cucurbit.simulate.packages.registry import launchers
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.parsed import OpenShelf
from cucurbit.workspace.tree.files import DiskTree, FileTree


def folder_workspace(
    tree: FileTree,
    known_rules: Collection[str] | None = None,
    editor: Mapping[str, object] | None = None,
    virtual_env: str | None = None,
    open_shelf: OpenShelf | None = None,
) -> FolderWorkspace:
    """The workspace of a tree of files.

    ``editor`` are the editor's settings, ``virtual_env`` the virtual environment that is active (``VIRTUAL_ENV``),
    ``open_shelf`` gives what remembers files.
    """
    return FolderWorkspace(tree, launchers(), known_rules, editor, virtual_env, open_shelf)


def open_workspace(
    root: Path | str,
    *,
    known_rules: Collection[str] | None = None,
    editor: Mapping[str, object] | None = None,
    buffers: Mapping[str, str] | None = None,
    virtual_env: str | None = None,
    open_shelf: OpenShelf | None = None,
    check: Callable[[], None] | None = None,
) -> FolderWorkspace:
    """The workspace in a folder on disk, as :func:`folder_workspace`; ``buffers`` are the open files (path to text).

    ``check`` is called at every question to the disk. An exception that it raises is passed on.
    """
    workspace = folder_workspace(DiskTree(str(root), check), known_rules, editor, virtual_env, open_shelf)
    return workspace.with_changes((), buffers) if buffers else workspace
