"""Changes of files on disk: those that the editor reports, and those that it does not."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.wire.uris import to_path
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session

WATCHED = (
    "**/*.py",
    "**/*.ini",
    "**/pyproject.toml",
    "**/cucurbit.toml",
    "**/setup.cfg",
    "**/requirements*.txt",
    "**/{uv,poetry,pdm,Pipfile}.lock",
    "**/Procfile*",
    "**/{Dockerfile*,*.Dockerfile,*.dockerfile}",
    "**/{compose,docker-compose}*.{yml,yaml}",
    "**/*.sh",
    "**/.env*",
    "**/.gitignore",
    "**/*baseline*.json",
)
"""Globs of the files that an analysis may depend on."""

_IGNORED_FOLDERS = frozenset({".git", "__pycache__", "node_modules"})
_PACKAGES = "/site-packages/"

PYTHON_FILES = types.FileOperationRegistrationOptions(
    [
        types.FileOperationFilter(
            types.FileOperationPattern("**/*.py", matches=types.FileOperationPatternKind.File), scheme="file"
        ),
        types.FileOperationFilter(
            types.FileOperationPattern("**/*", matches=types.FileOperationPatternKind.Folder), scheme="file"
        ),
    ]
)


def did_change_watched_files(editor: Editor, params: types.DidChangeWatchedFilesParams) -> None:
    """``workspace/didChangeWatchedFiles``"""
    touch(editor, (event.uri for event in params.changes))


def did_save(editor: Editor, params: types.DidSaveTextDocumentParams) -> None:
    """``textDocument/didSave``: the only news of a change on disk from a client that does not watch files."""
    touch(editor, [params.text_document.uri])
    scan_disk(editor)


def scan_disk(editor: Editor) -> None:
    """Look for files that other programs changed, if the client does not report such changes."""
    if not editor.client.watches_disk:
        for session in editor.folders:
            if session.latest is not None and session not in editor.disk_scans:
                editor.disk_scans.add(session)
                editor.spawn(_scan_disk(editor, session, session.latest))


async def _scan_disk(editor: Editor, session: Session, analysis: Analysis) -> None:
    try:
        changed = await session.query(analysis, lambda each: each.workspace.tree.stale())
    finally:
        editor.disk_scans.discard(session)
    if changed:
        session.touch(changed)


def touch(editor: Editor, uris: Iterable[str]) -> None:
    """Tell the sessions that files changed on disk."""
    changed: dict[str, list[str]] = {}
    for uri in uris:
        path = to_path(uri)
        for session, inside in editor.folders.holding(path) if path is not None else ():
            if _IGNORED_FOLDERS.isdisjoint(inside.split("/")):
                changed.setdefault(session.root, []).append(inside)
    for root, paths in changed.items():
        packages = any(_PACKAGES in path for path in paths)
        editor.folders.roots[root].touch([path for path in paths if _PACKAGES not in path], packages=packages)
