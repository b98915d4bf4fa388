"""The editor's settings: requested when folders open, and when the editor reports a change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.wire.configuration import SECTION, section_of
from cucurbit.lsp.wire.uris import to_uri

_LOG = logging.getLogger(__name__)

_CONFIGURATION_PATIENCE = 10.0
"""Seconds to wait for the client's settings before going on without them."""


async def pull_settings(editor: Editor, roots: Iterable[str]) -> None:
    """Request the editor's settings: those of each folder, and those for files outside all folders."""
    if not editor.client.configuration:
        return
    asked = list(roots)
    items = [types.ConfigurationItem(scope_uri=to_uri(root), section=SECTION) for root in asked]
    items.append(types.ConfigurationItem(section=SECTION))
    request = editor.workspace_configuration_async(types.ConfigurationParams(items))
    try:
        values = await asyncio.wait_for(request, _CONFIGURATION_PATIENCE)
    except (asyncio.TimeoutError, JsonRpcException) as error:
        _LOG.warning("the client did not return its settings: %s", error)
        return
    for root, value in zip([*asked, ""], values or (), strict=False):
        if isinstance(value, Mapping):
            editor.settings[root] = value


async def did_change_configuration(editor: Editor, params: types.DidChangeConfigurationParams) -> None:
    """``workspace/didChangeConfiguration``: request the settings again, or use those in the notification."""
    value = section_of(params.settings)
    if editor.client.configuration:
        await pull_settings(editor, editor.folders.roots)
    elif isinstance(value, Mapping):
        editor.settings = {"": value}
    for session in editor.folders:
        session.configure(editor.settings_of(session.root))
