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
"""Globs of the files that a workspace's meaning depends on."""

_WITHOUT_MEANING = frozenset({".git", "__pycache__", "node_modules"})
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
    """``textDocument/didSave``: for a client that watches no files, the only word of a change on disk."""
    touch(editor, [params.text_document.uri])
    look_around(editor)


def look_around(editor: Editor) -> None:
    """Look for what other programs changed on disk, for a client that does not tell of it."""
    if not editor.client.watches_disk:
        for session in editor.folders:
            if session.latest is not None and session not in editor.disk_scans:
                editor.disk_scans.add(session)
                editor.spawn(_look_around(editor, session, session.latest))


async def _look_around(editor: Editor, session: Session, analysis: Analysis) -> None:
    try:
        changed = await session.query(analysis, lambda each: each.workspace.tree.stale())
    finally:
        editor.disk_scans.discard(session)
    if changed:
        session.touch(changed)


def touch(editor: Editor, uris: Iterable[str]) -> None:
    """Files changed on disk."""
    changed: dict[str, list[str]] = {}
    for uri in uris:
        path = to_path(uri)
        for session, inside in editor.folders.holding(path) if path is not None else ():
            if _WITHOUT_MEANING.isdisjoint(inside.split("/")):
                changed.setdefault(session.root, []).append(inside)
    for root, paths in changed.items():
        packages = any(_PACKAGES in path for path in paths)
        editor.folders.roots[root].touch([path for path in paths if _PACKAGES not in path], packages=packages)
