"""Which method is answered by what, and how a failure is told."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError

from cucurbit.lsp.features import actions, commands, files, navigation, pull, renames

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer

_P = TypeVar("_P")
_R = TypeVar("_R")
_LOG = logging.getLogger(__name__)

KINDS = [types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite, actions.FIX_ALL]


def register(ls: CucurbitServer) -> None:
    """Register every method that pygls does not answer by itself."""

    def asked(
        method: str, handler: Callable[[CucurbitServer, _P], Awaitable[_R]], options: object | None = None
    ) -> None:
        async def answer(params: _P) -> _R:
            try:
                return await handler(ls, params)
            except JsonRpcException:
                raise
            except Exception as error:  # noqa: BLE001 - one clear answer, whatever it was
                _LOG.exception("%s failed", method)
                message = f"Cucurbit could not answer {method}: {type(error).__name__}. The log has the details."
                raise JsonRpcInternalError(message) from None

        ls.feature(method, options)(answer)

    def told(method: str, handler: Callable[[CucurbitServer, _P], None], options: object | None = None) -> None:
        def take(params: _P) -> None:
            handler(ls, params)

        ls.feature(method, options)(take)

    asked(types.INITIALIZED, files.initialized)
    asked(types.WORKSPACE_DID_CHANGE_CONFIGURATION, files.did_change_configuration)
    told(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, files.did_change_watched_files)
    told(types.TEXT_DOCUMENT_DID_SAVE, files.did_save, types.SaveOptions(include_text=False))
    asked(types.TEXT_DOCUMENT_HOVER, navigation.hover)
    asked(types.TEXT_DOCUMENT_DEFINITION, navigation.definition)
    asked(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, navigation.document_symbol)
    asked(types.WORKSPACE_SYMBOL, navigation.workspace_symbol)
    asked(types.TEXT_DOCUMENT_CODE_LENS, navigation.code_lens)
    asked(types.TEXT_DOCUMENT_INLAY_HINT, navigation.inlay_hint)
    asked(
        types.TEXT_DOCUMENT_CODE_ACTION,
        actions.code_action,
        types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True),
    )
    asked(types.CODE_ACTION_RESOLVE, actions.resolve)
    asked(
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        pull.document_diagnostic,
        types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=True, identifier="cucurbit"),
    )
    asked(types.WORKSPACE_DIAGNOSTIC, pull.workspace_diagnostic)
    asked(types.WORKSPACE_WILL_RENAME_FILES, renames.will_rename_files, files.PYTHON_FILES)
    told(types.WORKSPACE_DID_RENAME_FILES, renames.did_rename_files, files.PYTHON_FILES)
    for name in commands.NAMES:
        # Only the name counts: commands are run by CucurbitServer.execute.
        ls.command(name)(functools.partial(commands.execute, ls, name))
