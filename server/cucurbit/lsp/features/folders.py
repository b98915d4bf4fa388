"""The workspace folders: which ones there are at the start, and which one a single file belongs to."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.settings import pull_settings
from cucurbit.lsp.features.watched_files import WATCHED
from cucurbit.lsp.wire.configuration import SECTION
from cucurbit.lsp.wire.uris import normal, to_path

_LOG = logging.getLogger(__name__)

_MARKERS = ("alembic.ini", "pyproject.toml", "cucurbit.toml", "setup.cfg", "setup.py", ".git")


def roots_of(params: types.InitializeParams) -> tuple[str, ...]:
    """The workspace folders that the client names in ``initialize``."""
    if params.workspace_folders:
        uris = [folder.uri for folder in params.workspace_folders]
    elif params.root_uri:
        uris = [params.root_uri]
    else:
        return (normal(params.root_path),) if params.root_path else ()
    return tuple(dict.fromkeys(path for uri in uris if (path := to_path(uri)) is not None))


def project_of(path: str) -> str:
    """The workspace folder of a file that is opened without one: the nearest project folder, else its own folder."""
    folder = path.rpartition("/")[0]
    above = folder
    while above:
        if any(os.path.exists(f"{above}/{marker}") for marker in _MARKERS):
            return above
        above = above.rpartition("/")[0]
    return folder or "/"


async def initialized(editor: Editor, _: types.InitializedParams) -> None:
    """``initialized``: register for file changes, then open the folders."""
    editor.spawn(_register(editor))
    await add_folders(editor, editor.first_roots)
    if not editor.first_roots:
        for document in editor.documents:
            if document.path is not None and editor.locate(document.uri) is None:
                editor.add_folder(project_of(document.path))
    editor.ready.set()


async def _register(editor: Editor) -> None:
    wanted = []
    if editor.client.registers_watchers:
        watchers = [types.FileSystemWatcher(glob) for glob in WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        wanted.append(types.Registration("cucurbit-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
    if editor.client.registers_configuration:
        section = types.DidChangeConfigurationRegistrationOptions(section=SECTION)
        wanted.append(types.Registration("cucurbit-settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, section))
    if wanted:
        try:
            await editor.client_register_capability_async(types.RegistrationParams(wanted))
        except JsonRpcException as error:
            _LOG.warning("the client does not watch files: %s", error)


async def add_folders(editor: Editor, roots: Sequence[str]) -> None:
    """Open folders with the settings that the editor has for them."""
    await pull_settings(editor, roots)
    for root in roots:
        editor.add_folder(root)
