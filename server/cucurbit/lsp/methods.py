"""Which function answers which method, and how its exceptions are reported."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError
from pygls.lsp.server import LanguageServer

from cucurbit.lsp.features import (
    actions,
    commands,
    completion,
    definition,
    diagnostic_pull,
    folders,
    hover,
    lenses_and_hints,
    model_names,
    renames,
    revisions,
    settings,
    signature_help,
    symbols,
    watched_files,
)
from cucurbit.lsp.features.editor import Editor

_P = TypeVar("_P")
_R = TypeVar("_R")
_LOG = logging.getLogger(__name__)

KINDS = [types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite, actions.FIX_ALL]


def register(server: LanguageServer, editor: Editor) -> None:
    """Register with pygls every method that it does not answer by itself."""

    def request(method: str, handler: Callable[[Editor, _P], Awaitable[_R]], options: object | None = None) -> None:
        async def answer(params: _P) -> _R:
            try:
                return await handler(editor, params)
            except JsonRpcException:
                raise
            except Exception as error:  # noqa: BLE001 - any error gets one clear answer
                _LOG.exception("%s failed", method)
                message = f"Cucurbit could not answer {method}: {type(error).__name__}. The log has the details."
                raise JsonRpcInternalError(message) from None

        server.feature(method, options)(answer)

    def notification(method: str, handler: Callable[[Editor, _P], None], options: object | None = None) -> None:
        def take(params: _P) -> None:
            handler(editor, params)

        server.feature(method, options)(take)

    request(types.INITIALIZED, folders.initialized)
    request(types.WORKSPACE_DID_CHANGE_CONFIGURATION, settings.did_change_configuration)
    notification(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watched_files.did_change_watched_files)
    notification(types.TEXT_DOCUMENT_DID_SAVE, watched_files.did_save, types.SaveOptions(include_text=False))
    request(types.TEXT_DOCUMENT_HOVER, hover.hover)
    request(types.TEXT_DOCUMENT_DEFINITION, definition.definition)
    request(types.TEXT_DOCUMENT_REFERENCES, model_names.references)
    request(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, model_names.document_highlight)
    request(types.TEXT_DOCUMENT_PREPARE_RENAME, model_names.prepare_rename)
    request(types.TEXT_DOCUMENT_RENAME, model_names.rename, model_names.RENAME)
    request(types.TEXT_DOCUMENT_DOCUMENT_LINK, revisions.document_link, types.DocumentLinkOptions())
    request(types.TEXT_DOCUMENT_COMPLETION, completion.completion, completion.OPTIONS)
    request(types.COMPLETION_ITEM_RESOLVE, completion.resolve)
    request(types.TEXT_DOCUMENT_SIGNATURE_HELP, signature_help.signature_help, signature_help.OPTIONS)
    request(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, symbols.document_symbol)
    request(types.WORKSPACE_SYMBOL, symbols.workspace_symbol)
    request(types.TEXT_DOCUMENT_CODE_LENS, lenses_and_hints.code_lens)
    request(types.TEXT_DOCUMENT_INLAY_HINT, lenses_and_hints.inlay_hint)
    request(
        types.TEXT_DOCUMENT_CODE_ACTION,
        actions.code_action,
        types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True),
    )
    request(types.CODE_ACTION_RESOLVE, actions.resolve)
    request(
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        diagnostic_pull.document_diagnostic,
        types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=True, identifier="cucurbit"),
    )
    request(types.WORKSPACE_DIAGNOSTIC, diagnostic_pull.workspace_diagnostic)
    request(types.WORKSPACE_WILL_RENAME_FILES, renames.will_rename_files, watched_files.PYTHON_FILES)
    notification(types.WORKSPACE_DID_RENAME_FILES, renames.did_rename_files, watched_files.PYTHON_FILES)
    for name in commands.NAMES:
        # pygls only needs the names: CucurbitServer.execute runs the commands.
        server.command(name)(functools.partial(commands.execute, editor, name))
