"""An editor of a test: a client that remembers, waits for what must come, and applies edits as an editor does."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar, Union, cast

from cattrs import Converter
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

PATIENCE = 60.0
"""Seconds after which what did not come will not come."""

SERVE = [sys.executable, "-m", "cucurbit", "serve"]

VS_CODE, NEOVIM, EMACS = "visual-studio-code", "neovim@v0.11.0", "emacs"

_T = TypeVar("_T")


def _converter() -> Converter:
    """lsprotocol takes every action that has a command for a bare command; editors look at what the command is."""
    converter: Converter = default_converter()  # type: ignore[no-untyped-call]

    def structure(value: Mapping[str, object], _: object) -> types.Command | types.CodeAction:
        kind = types.Command if isinstance(value.get("command"), str) else types.CodeAction
        return cast("types.Command | types.CodeAction", converter.structure(value, kind))

    converter.register_structure_hook(Union[types.Command, types.CodeAction], structure)  # noqa: UP007
    return converter


class Editor(LanguageClient):
    """A client with documents of its own, on disk and open."""

    def __init__(self) -> None:
        super().__init__(converter_factory=_converter)
        self.registrations: dict[str, types.Registration] = {}
        self.applied: list[types.ApplyWorkspaceEditParams] = []
        self.refreshes: list[str] = []
        self.published: list[types.PublishDiagnosticsParams] = []
        self.analyses: list[object] = []
        self.refuses_edits = False
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.encoding = "utf-16"
        self._changed = asyncio.Event()
        register_lsp_features(self, dict(DEFAULT_CLIENT_FEATURES))
        self.protocol.fm.features.update(
            {
                types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: self._publish,
                types.CLIENT_REGISTER_CAPABILITY: self._register,
                types.WORKSPACE_APPLY_EDIT: self._apply,
                types.WORKSPACE_CODE_LENS_REFRESH: self._refreshed("codeLens"),
                types.WORKSPACE_INLAY_HINT_REFRESH: self._refreshed("inlayHint"),
                types.WORKSPACE_DIAGNOSTIC_REFRESH: self._refreshed("diagnostic"),
            }
        )
        self.protocol.fm.features["cucurbit/analysed"] = self._analysed
        for method in (types.WINDOW_SHOW_MESSAGE, types.WINDOW_LOG_MESSAGE, types.PROGRESS):
            self._announce_after(method)

    # ------------------------------------------------------------------ requests

    def _publish(self, params: types.PublishDiagnosticsParams) -> None:
        self.diagnostics[params.uri] = params.diagnostics
        self.published.append(params)
        self._announce()

    def _analysed(self, params: object) -> None:
        self.analyses.append(params)
        self._announce()

    def _register(self, params: types.RegistrationParams) -> None:
        self.registrations.update({each.method: each for each in params.registrations})
        self._announce()

    def _apply(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        self.applied.append(params)
        if not self.refuses_edits:
            self.apply(params.edit)
        return types.ApplyWorkspaceEditResult(applied=not self.refuses_edits)

    def _refreshed(self, what: str) -> Callable[[object], None]:
        def refresh(_: object) -> None:
            self.refreshes.append(what)
            self._announce()

        return refresh

    def _announce_after(self, method: str) -> None:
        handler = self.protocol.fm.features[method]

        def take(params: object) -> None:
            handler(params)
            self._announce()

        self.protocol.fm.features[method] = take

    def _announce(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[[], _T]) -> _T:
        """Wait until something that the server sent makes a condition true. Returns what it gives."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while not (result := condition()):
            try:
                await asyncio.wait_for(self._changed.wait(), end - loop.time())
            except asyncio.TimeoutError:
                found = {uri: [each.code for each in items] for uri, items in self.diagnostics.items()}
                raise AssertionError(f"it never came; shown: {found}; messages: {self.messages}") from None
        return result

    # --------------------------------------------------------------------- start

    async def start(
        self,
        *roots: Path,
        spec: str = VS_CODE,
        options: Mapping[str, object] | None = None,
        adapt: Callable[[types.ClientCapabilities], None] | None = None,
    ) -> types.InitializeResult:
        """Open folders as one of the recorded clients."""
        able = client_capabilities(spec)
        if adapt is not None:
            adapt(able)
        params = types.InitializeParams(
            capabilities=able,
            workspace_folders=[types.WorkspaceFolder(root.as_uri(), root.name) for root in roots],
            initialization_options={"status": True, **(options or {})},
        )
        result = await asyncio.wait_for(self.initialize_session(params), PATIENCE)
        self.encoding = str(getattr(result.capabilities.position_encoding, "value", "utf-16"))
        return result

    async def analysed(self, folders: int = 1) -> None:
        """Wait until the server says that there is a first analysis of each folder: of what rests on timelines."""
        await self.until(lambda: len({getattr(each, "root", "") for each in self.analyses}) >= folders)

    # ----------------------------------------------------------------- documents

    def open(self, file: Path, text: str | None = None) -> str:
        """Open a file, with the text on disk or another. Returns its URI."""
        uri = file.as_uri()
        self.texts[uri] = file.read_bytes().decode() if text is None else text
        self.versions[uri] = 1
        self.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, self.texts[uri]))
        )
        return uri

    def type(self, uri: str, *changes: types.TextDocumentContentChangeEvent) -> None:
        """Send changes; the text kept here is brought up to date in an editor's way."""
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                self.texts[uri] = replaced(self.texts[uri], change.range, change.text, self.encoding)
            else:
                self.texts[uri] = change.text
        self.versions[uri] += 1
        self.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.versions[uri], uri), list(changes)
            )
        )

    def type_all(self, uri: str, text: str) -> None:
        self.type(uri, types.TextDocumentContentChangeWholeDocument(text))

    def saved(self, *files: Path) -> None:
        """Tell that files changed on disk."""
        self.workspace_did_change_watched_files(
            types.DidChangeWatchedFilesParams(
                [types.FileEvent(file.as_uri(), types.FileChangeType.Changed) for file in files]
            )
        )

    def close(self, uri: str) -> None:
        self.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
        del self.texts[uri]

    def apply(self, edit: types.WorkspaceEdit) -> None:
        """Apply an edit: to open documents as typed text, to others on disk."""
        for change in edit.document_changes or ():
            if isinstance(change, types.CreateFile):
                file = path_of(change.uri)
                assert not file.exists()
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()
            elif isinstance(change, types.DeleteFile):
                path_of(change.uri).unlink()
            elif isinstance(change, types.TextDocumentEdit):
                version = change.text_document.version
                assert version is None or version == self.versions[change.text_document.uri]
                self._edit(change.text_document.uri, change.edits)
        for uri, edits in (edit.changes or {}).items():
            self._edit(uri, edits)

    def _edit(self, uri: str, edits: Sequence[object]) -> None:
        plain = [each for each in edits if isinstance(each, (types.TextEdit, types.AnnotatedTextEdit))]
        file = path_of(uri)
        text = self.texts[uri] if uri in self.texts else file.read_bytes().decode()
        for each in sorted(plain, key=lambda each: (each.range.start.line, each.range.start.character), reverse=True):
            text = replaced(text, each.range, each.new_text, self.encoding)
        if uri in self.texts:
            self.type_all(uri, text)
        else:
            file.write_bytes(text.encode())
            self.saved(file)

    # --------------------------------------------------------------- convenience

    def codes(self, file: Path) -> list[object]:
        """The rules of the diagnostics that a file shows."""
        return [each.code for each in self.diagnostics.get(file.as_uri(), ())]

    async def shown(self, file: Path, rule: str, start: types.Position | None = None) -> types.Diagnostic:
        """The first diagnostic of a rule in a file, once it is shown (and, where ``start`` is given, shown there)."""

        def found() -> types.Diagnostic | None:
            shown = self.diagnostics.get(file.as_uri(), ())
            return next((each for each in shown if each.code == rule and start in (None, each.range.start)), None)

        diagnostic = await self.until(found)
        assert diagnostic is not None
        return diagnostic

    async def gone(self, file: Path, rule: str) -> None:
        """Wait until a file shows a rule no more."""
        await self.until(lambda: rule not in self.codes(file))

    async def actions(self, uri: str, area: types.Range, only: Sequence[str] | None = None) -> list[types.CodeAction]:
        """The code actions for a range, with their edits."""
        found = await self.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(uri),
                area,
                types.CodeActionContext([], only=None if only is None else list(only)),
            )
        )
        actions = [each for each in found or () if isinstance(each, types.CodeAction)]
        return [
            await self.code_action_resolve_async(each) if each.edit is None and each.data is not None else each
            for each in actions
        ]


def titled(actions: Sequence[types.CodeAction], *parts: str) -> types.CodeAction:
    """The one action whose title holds all of ``parts``."""
    found = [each for each in actions if all(part in each.title for part in parts)]
    assert len(found) == 1, [each.title for each in actions]
    return found[0]


def path_of(uri: str) -> Path:
    assert uri.startswith("file:///")
    from urllib.parse import unquote

    path = unquote(uri.removeprefix("file://"))
    return Path(path[1:] if re.match(r"/[A-Za-z]:", path) else path)


def replaced(text: str, area: types.Range, new: str, encoding: str) -> str:
    """A text with a range replaced, by another way of counting than the server's."""
    start, end = (_offset(text, position, encoding) for position in (area.start, area.end))
    return text[:start] + new + text[end:]


def _offset(text: str, position: types.Position, encoding: str) -> int:
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    line = lines[position.line] if position.line < len(lines) else ""
    before = sum(map(len, lines[: position.line]))
    codec, width = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
    body = line.rstrip("\r\n")
    return before + min(len(body.encode(codec)[: position.character * width].decode(codec, "ignore")), len(body))
