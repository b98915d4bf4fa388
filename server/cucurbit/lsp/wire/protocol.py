"""The protocol of pygls with own documents, complete error answers, and an orderly end."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping, Sequence
from secrets import compare_digest
from typing import Protocol

from cattrs import Converter
from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
    LanguageServerProtocol,
    _params_field_structure_hook,
    _result_field_structure_hook,
    lsp_method,
)

from cucurbit.lsp.wire.documents import Change
from cucurbit.lsp.wire.transport import parse

_LOG = logging.getLogger(__name__)


class Endpoint(Protocol):
    """The server, as the protocol calls it: life cycle, documents, folders and commands."""

    is_initialized: bool

    def initialized_with(self, params: types.InitializeParams, capabilities: types.ServerCapabilities) -> None:
        """``initialize`` arrived; ``capabilities`` are what pygls is going to answer, and may be changed."""

    def stop(self, code: int) -> None:
        """End the server with this exit code."""

    def opened(self, uri: str, version: int, text: str) -> None:
        """A document was opened."""

    def edited(self, uri: str, version: int, changes: Sequence[Change]) -> None:
        """An open document was edited."""

    def closed(self, uri: str) -> None:
        """A document was closed."""

    def folders_changed(self, added: Sequence[types.WorkspaceFolder], removed: Sequence[types.WorkspaceFolder]) -> None:
        """Workspace folders were added and removed."""

    def progress_cancelled(self, token: types.ProgressToken) -> None:
        """The user cancelled the work that a progress bar shows."""

    async def execute(self, command: str, arguments: Sequence[object]) -> object:
        """Run a command and return its result."""


def converter() -> Converter:
    """pygls's converter, which stops at the first error: all errors of a long ill-formed message would take minutes."""
    made = get_converter(Converter(detailed_validation=False))
    made.register_structure_hook(JsonRPCRequestMessage, _params_field_structure_hook)
    made.register_structure_hook(JsonRPCResponseMessage, _result_field_structure_hook)
    made.register_structure_hook(JsonRPCNotification, _params_field_structure_hook)
    return made


def _envelope_problem(data: Mapping[str, object]) -> str | None:
    """Why a message is none, by its id and its method; None where it may be one."""
    if "method" in data and not isinstance(data["method"], str):
        return "its method is not a text"
    if "id" in data and not isinstance(data["id"], (str, int)):
        return "its id is neither a number nor a text"
    if "id" not in data and "method" not in data:
        return "it has neither a method nor an id"
    if data.get("method") == types.CANCEL_REQUEST:
        params = data.get("params")
        if not isinstance(params, Mapping) or not isinstance(params.get("id"), (str, int)):
            return "it cancels a request that has no id"
    return None


class CucurbitProtocol(LanguageServerProtocol):
    """Keeps its own documents, answers every request, even a malformed one, and ends in order."""

    endpoint: Endpoint
    """Set by the server when it is made, before the first message arrives."""
    token: str | None = None
    """What the initialization option ``token`` must be; None where the transport tells who the client is."""

    # ----------------------------------------------------------------- messages

    def receive(self, body: bytes) -> None:
        """Handle one message. A malformed message is answered or logged; no exception is raised."""
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
        problem = _envelope_problem(data)
        if problem is not None:
            if "method" in data and "id" in data:
                self._refuse(None, JsonRpcInvalidRequest(problem))
            else:
                _LOG.warning("a message is dropped: %s", problem)
            return
        if self._is_out_of_order(data) or self._is_stranger(data):
            return
        try:
            message = self.structure_message(data)
        except Exception:  # noqa: BLE001 - whatever the converter raises, the message is malformed
            self._ill_formed(data)
            return
        try:
            self.handle_message(message)
        except Exception as error:  # noqa: BLE001 - no message ends the server
            _LOG.error("%s cannot be handled: %s: %s", data.get("method"), type(error).__name__, error)
            if "method" in data and "id" in data:
                self._refuse(data["id"], JsonRpcInternalError("the message cannot be handled"))

    def _is_out_of_order(self, data: Mapping[str, object]) -> bool:
        """Whether a message came before ``initialize`` or after ``shutdown``; a request gets an error answer."""
        method = data.get("method")
        if method is None or method == types.EXIT:
            return False
        if self._shutdown:
            problem: JsonRpcException = JsonRpcInvalidRequest("the server was shut down")
        elif not self.endpoint.is_initialized and method != types.INITIALIZE:
            problem = JsonRpcServerNotInitialized("the server is not initialized")
        elif self.endpoint.is_initialized and method == types.INITIALIZE:
            problem = JsonRpcInvalidRequest("the server is initialized already")
        else:
            return False
        _LOG.warning("%s: %s", method, problem)
        if "id" in data:
            self._refuse(data["id"], problem)
        return True

    def _is_stranger(self, data: Mapping[str, object]) -> bool:
        """Whether ``initialize`` came without the token; its sender gets no second try."""
        if self.token is None or data.get("method") != types.INITIALIZE:
            return False
        params = data.get("params")
        options = params.get("initializationOptions") if isinstance(params, Mapping) else None
        given = options.get("token") if isinstance(options, Mapping) else None
        if isinstance(given, str) and compare_digest(given.encode("utf-8", "replace"), self.token.encode()):
            return False
        self._refuse(data.get("id"), JsonRpcInvalidRequest("the initialization option `token` is not the one printed"))
        self.endpoint.stop(1)
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
        self.endpoint.initialized_with(params, result.capabilities)
        return result

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: object) -> None:  # type: ignore[override]
        self.endpoint.stop(0 if self._shutdown else 1)

    # ----------------------------------------------------------------- documents

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        self.endpoint.opened(item.uri, item.version, item.text)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self.endpoint.edited(params.text_document.uri, params.text_document.version, params.content_changes)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self.endpoint.closed(params.text_document.uri)

    @lsp_method(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def lsp_workspace__did_change_workspace_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        self.endpoint.folders_changed(params.event.added, params.event.removed)

    @lsp_method(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def lsp_work_done_progress_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        self.endpoint.progress_cancelled(params.token)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> object:
        return await self.endpoint.execute(params.command, params.arguments or ())
