"""What the features use of the connected editor and of the server's state. The server implements it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Protocol, TypeVar

from lsprotocol import types

from cucurbit.lsp.features.diagnostics import FileDiagnostics
from cucurbit.lsp.features.outlines import Outline
from cucurbit.lsp.features.page_files import PageFiles
from cucurbit.lsp.features.session_file import SessionFile
from cucurbit.lsp.wire.client import Client
from cucurbit.lsp.wire.documents import Documents
from cucurbit.session.analysis import Analysis
from cucurbit.session.folders import Folders
from cucurbit.session.session import Session
from cucurbit.session.snapshot_findings import SnapshotFindings
from cucurbit.source.text import SourceText

_T = TypeVar("_T")


class EditorRequests(Protocol):
    """The requests and notifications that features send to the editor, named as pygls names them."""

    def notify(self, method: str, params: object) -> None:
        """Send a notification that is not part of the protocol."""

    def window_show_message(self, params: types.ShowMessageParams) -> None: ...

    def window_log_message(self, params: types.LogMessageParams) -> None: ...

    async def window_show_document_async(self, params: types.ShowDocumentParams) -> types.ShowDocumentResult: ...

    async def window_work_done_progress_create_async(self, params: types.WorkDoneProgressCreateParams) -> None: ...

    def progress(self, params: types.ProgressParams) -> None: ...

    async def client_register_capability_async(self, params: types.RegistrationParams) -> None: ...

    async def workspace_configuration_async(self, params: types.ConfigurationParams) -> Sequence[object]: ...

    async def workspace_apply_edit_async(
        self, params: types.ApplyWorkspaceEditParams
    ) -> types.ApplyWorkspaceEditResult: ...

    def workspace_code_lens_refresh(self, params: None) -> object: ...

    def workspace_inlay_hint_refresh(self, params: None) -> object: ...

    def workspace_diagnostic_refresh(self, params: None) -> object: ...

    def text_document_publish_diagnostics(self, params: types.PublishDiagnosticsParams) -> None: ...


class Editor(EditorRequests, Protocol):
    """One connected editor: what it can do, what it has open, and the sessions of its folders."""

    client: Client
    documents: Documents
    folders: Folders
    settings: dict[str, object]
    """The editor's settings: under "" for all folders, under a folder's root for that folder."""
    ready: asyncio.Event
    """Set when the folders are known and their first analyses have started."""
    first_roots: tuple[str, ...]
    disk_scans: set[Session]
    """The sessions for which a scan of the disk is running."""
    page_files: PageFiles

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run a coroutine in the background; an exception that it raises is logged."""

    def add_folder(self, root: str) -> None:
        """Open a session for a folder (absolute path)."""

    def settings_of(self, root: str) -> dict[str, object]:
        """The editor's settings for a folder."""

    def locate(self, uri: str) -> SessionFile | None:
        """The file that a URI names; None if it belongs to no session."""

    def uri(self, root: str, path: str) -> str:
        """The URI of a session's file, spelled as the editor spells it if the file is open."""

    async def reports(self, session: Session, snapshot: SnapshotFindings) -> Mapping[str, FileDiagnostics]:
        """The diagnostics of each file, by path."""

    async def answer(self, uri: str, job: Callable[[Analysis, SessionFile], _T]) -> _T | None:
        """What ``job`` returns for a file in the newest analysis; None for a file that belongs to no session.

        Raises:
            JsonRpcContentModified: the file was edited in the meantime: the positions in the request no longer hold.
        """

    async def answer_at_once(
        self, uri: str, job: Callable[[Analysis, SessionFile, SourceText], _T | None]
    ) -> _T | None:
        """What ``job`` returns for the current text of a file, with the newest analysis that is done.

        That may be of an older text. None for a file that belongs to no session.
        """

    async def outline(self, uri: str) -> Outline | None:
        """The tables that an open file declares, read from its text alone, while the first analysis runs; else None."""
