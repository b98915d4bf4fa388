"""The protocol as pygls speaks it, but for what it leaves open."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method

from cucurbit.lsp.wire.transport import parse

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer

_LOG = logging.getLogger(__name__)


class CucurbitProtocol(LanguageServerProtocol):
    """Own documents, an answer to every request, an orderly end."""

    _server: CucurbitServer

    # ----------------------------------------------------------------- messages

    def receive(self, body: bytes) -> None:
        """Take in one message; what is none is answered or logged, never raised."""
        try:
            data = parse(body)
        except ValueError as error:
            self._refuse(None, JsonRpcParseError(f"this is not JSON: {error}"))
            return
        if not isinstance(data, dict) or data.get("jsonrpc") != self.VERSION:
            self._refuse(None, JsonRpcInvalidRequest("this is not a JSON-RPC 2.0 message"))
            return
        if "id" in data and "method" not in data and data.get("error", 0) is None:
            del data["error"]
        if self._is_out_of_order(data):
            return
        try:
            message = self.structure_message(data)
        except Exception:  # noqa: BLE001 - whatever the converter stumbles over, the message is ill-formed
            self._ill_formed(data)
            return
        self.handle_message(message)

    def _is_out_of_order(self, data: Mapping[str, object]) -> bool:
        """Whether a message came before ``initialize`` or after ``shutdown``; a request is told so."""
        method = data.get("method")
        if method is None or method == types.EXIT:
            return False
        if self._shutdown:
            problem: JsonRpcException = JsonRpcInvalidRequest("the server was shut down")
        elif not self._server.is_initialized and method != types.INITIALIZE:
            problem = JsonRpcServerNotInitialized("the server is not initialized")
        elif self._server.is_initialized and method == types.INITIALIZE:
            problem = JsonRpcInvalidRequest("the server is initialized already")
        else:
            return False
        _LOG.warning("%s: %s", method, problem)
        if "id" in data:
            self._refuse(data["id"], problem)
        return True

    def _ill_formed(self, data: Mapping[str, object]) -> None:
        method, number = data.get("method"), data.get("id")
        if method is not None and "id" in data:
            self._refuse(number, JsonRpcInvalidParams(f"the parameters of {method} are ill-formed"))
        elif method is None and isinstance(number, (str, int)):
            _LOG.warning("the client's answer to %s is ill-formed", number)
            self._handle_response(number, error=types.ResponseError(JsonRpcInternalError.CODE, "ill-formed answer"))
        else:
            _LOG.warning("ill-formed: %s", method)

    def _refuse(self, number: object, problem: JsonRpcException) -> None:
        _LOG.warning("%s", problem)
        known = number if isinstance(number, (str, int)) else None
        self._send_data(types.ResponseErrorMessage(id=known, error=problem.to_response_error()))

    # ---------------------------------------------------------------- life cycle

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[object, object, types.InitializeResult]:
        result = yield from super().lsp_initialize(params)
        self._server.initialized_with(params, result.capabilities)
        return result

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: object) -> None:  # type: ignore[override]
        self._server.stop(0 if self._shutdown else 1)

    # ----------------------------------------------------------------- documents

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        self._server.opened(item.uri, item.version, item.text)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self._server.edited(params.text_document.uri, params.text_document.version, params.content_changes)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self._server.closed(params.text_document.uri)

    @lsp_method(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def lsp_workspace__did_change_workspace_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        self._server.folders_changed(params.event.added, params.event.removed)

    @lsp_method(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def lsp_work_done_progress_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        self._server.progress_cancelled(params.token)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> object:
        return await self._server.execute(params.command, params.arguments or ())
