"""Folders, settings and files as the editor tells of them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from cucurbit.lsp.wire.configuration import SECTION, section_of
from cucurbit.lsp.wire.uris import normal, to_path, to_uri

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer
    from cucurbit.session.analysis import Analysis
    from cucurbit.session.session import Session

_LOG = logging.getLogger(__name__)

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
_MARKERS = ("alembic.ini", "pyproject.toml", "cucurbit.toml", "setup.cfg", "setup.py", ".git")
_CONFIGURATION_PATIENCE = 10.0
"""Seconds to wait for a client's answer about its settings before going on without."""

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


def roots_of(params: types.InitializeParams) -> tuple[str, ...]:
    """The workspace folders that a client begins with."""
    if params.workspace_folders:
        uris = [folder.uri for folder in params.workspace_folders]
    elif params.root_uri:
        uris = [params.root_uri]
    else:
        return (normal(params.root_path),) if params.root_path else ()
    return tuple(dict.fromkeys(path for uri in uris if (path := to_path(uri)) is not None))


def project_of(path: str) -> str:
    """The folder to take as the workspace of a file opened alone: its project's, else its own."""
    folder = path.rpartition("/")[0]
    above = folder
    while above:
        if any(os.path.exists(f"{above}/{marker}") for marker in _MARKERS):
            return above
        above = above.rpartition("/")[0]
    return folder or "/"


async def initialized(ls: CucurbitServer, _: types.InitializedParams) -> None:
    """``initialized``: ask for what is to be watched, then begin."""
    ls.spawn(_register(ls))
    await add_folders(ls, ls.first_roots)
    if not ls.first_roots:
        for document in ls.documents:
            if document.path is not None and ls.locate(document.uri) is None:
                ls.add_folder(project_of(document.path))
    ls.ready.set()


async def _register(ls: CucurbitServer) -> None:
    wanted = []
    if ls.client.registers_watchers:
        watchers = [types.FileSystemWatcher(glob) for glob in WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        wanted.append(types.Registration("cucurbit-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
    if ls.client.registers_configuration:
        section = types.DidChangeConfigurationRegistrationOptions(section=SECTION)
        wanted.append(types.Registration("cucurbit-settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, section))
    if wanted:
        try:
            await ls.client_register_capability_async(types.RegistrationParams(wanted))
        except JsonRpcException as error:
            _LOG.warning("the client watches no files: %s", error)


async def add_folders(ls: CucurbitServer, roots: Sequence[str]) -> None:
    """Open folders, with the settings that the editor has for them."""
    await pull_settings(ls, roots)
    for root in roots:
        ls.add_folder(root)


async def pull_settings(ls: CucurbitServer, roots: Iterable[str]) -> None:
    """Ask the editor for its settings: those of each folder, and those for a file in none."""
    if not ls.client.configuration:
        return
    asked = list(roots)
    items = [types.ConfigurationItem(scope_uri=to_uri(root), section=SECTION) for root in asked]
    items.append(types.ConfigurationItem(section=SECTION))
    request = ls.workspace_configuration_async(types.ConfigurationParams(items))
    try:
        values = await asyncio.wait_for(request, _CONFIGURATION_PATIENCE)
    except (asyncio.TimeoutError, JsonRpcException) as error:
        _LOG.warning("the client's settings are not known: %s", error)
        return
    for root, value in zip([*asked, ""], values or (), strict=False):
        if isinstance(value, Mapping):
            ls.settings[root] = value


async def did_change_configuration(ls: CucurbitServer, params: types.DidChangeConfigurationParams) -> None:
    """``workspace/didChangeConfiguration``: ask again, or take what was sent along."""
    value = section_of(params.settings)
    if ls.client.configuration:
        await pull_settings(ls, ls.folders.roots)
    elif isinstance(value, Mapping):
        ls.settings = {"": value}
    for session in ls.folders:
        session.configure(ls.settings_of(session.root))


def did_change_watched_files(ls: CucurbitServer, params: types.DidChangeWatchedFilesParams) -> None:
    """``workspace/didChangeWatchedFiles``"""
    touch(ls, (event.uri for event in params.changes))


def did_save(ls: CucurbitServer, params: types.DidSaveTextDocumentParams) -> None:
    """``textDocument/didSave``: for a client that watches no files, the only word of a change on disk."""
    touch(ls, [params.text_document.uri])
    look_around(ls)


def look_around(ls: CucurbitServer) -> None:
    """Look for what other programs changed on disk, for a client that does not tell of it."""
    if not ls.client.watches_disk:
        for session in ls.folders:
            if session.latest is not None and session not in ls.looking:
                ls.looking.add(session)
                ls.spawn(_look_around(ls, session, session.latest))


async def _look_around(ls: CucurbitServer, session: Session, analysis: Analysis) -> None:
    try:
        changed = await session.query(analysis, lambda each: each.workspace.tree.stale())
    finally:
        ls.looking.discard(session)
    if changed:
        session.touch(changed)


def touch(ls: CucurbitServer, uris: Iterable[str]) -> None:
    """Files changed on disk."""
    changed: dict[str, list[str]] = {}
    for uri in uris:
        path = to_path(uri)
        for session, inside in ls.folders.holding(path) if path is not None else ():
            if _WITHOUT_MEANING.isdisjoint(inside.split("/")):
                changed.setdefault(session.root, []).append(inside)
    for root, paths in changed.items():
        packages = any(_PACKAGES in path for path in paths)
        ls.folders.roots[root].touch([path for path in paths if _PACKAGES not in path], packages=packages)
