"""The language server: the state of one connection, and its start and end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified
from pygls.lsp.server import LanguageServer

from cucurbit import __version__
from cucurbit.lsp import methods
from cucurbit.lsp.features import commands, folders, status, watched_files
from cucurbit.lsp.features.diagnostics import FileDiagnostics
from cucurbit.lsp.features.outlines import Outline, Outlines
from cucurbit.lsp.features.page_files import PageFiles
from cucurbit.lsp.features.progress import ProgressBars
from cucurbit.lsp.features.publisher import Publisher
from cucurbit.lsp.features.session_file import SessionFile, absolute
from cucurbit.lsp.wire.client import Client, client_of
from cucurbit.lsp.wire.configuration import editor_settings
from cucurbit.lsp.wire.documents import Change, Documents
from cucurbit.lsp.wire.protocol import CucurbitProtocol, converter
from cucurbit.lsp.wire.transport import is_alive
from cucurbit.lsp.wire.uris import to_path, to_uri
from cucurbit.rules.catalogue import NAMES
from cucurbit.session.analysis import Analysis
from cucurbit.session.folders import Folders
from cucurbit.session.session import Session, Unavailable
from cucurbit.session.snapshot_findings import SnapshotFindings
from cucurbit.session.worker import Worker
from cucurbit.source.text import SourceText

if TYPE_CHECKING:
    from pygls.server import ServerErrors

_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)

PARENT_INTERVAL = 2.0
"""Seconds between two checks that the editor's process still runs."""

SAVE_PATIENCE = 5.0
"""Seconds for which the end may be delayed to save findings for the next start."""


class CucurbitServer(LanguageServer):
    """One connection to one editor. All of it is used in one event loop."""

    protocol: CucurbitProtocol

    def __init__(self, *, watches_parent: bool = True, token: str | None = None) -> None:
        super().__init__(
            "cucurbit",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Incremental,
            protocol_cls=CucurbitProtocol,
            converter_factory=converter,
        )
        self.protocol.endpoint = self
        self.protocol.token = token
        self.client = Client()
        self.documents = Documents()
        self.folders = Folders()
        self.trusted = True
        self.is_initialized = False
        self.settings: dict[str, object] = {}
        """The editor's settings: under "" for all folders, under a folder's root for that folder."""
        self.ready = asyncio.Event()
        """Set when the folders are known and their first analyses have started."""
        self.first_roots: tuple[str, ...] = ()
        self.disk_scans: set[Session] = set()
        """The sessions for which a scan of the disk is running."""
        self.publisher = Publisher(self)
        self.bars = ProgressBars(self)
        self.page_files = PageFiles()
        self._outlines = Outlines()
        self._worker = Worker("cucurbit-analysis")
        self._queries = Worker("cucurbit-queries")
        self._watches_parent = watches_parent
        self._ended = asyncio.Event()
        self._exit_code = 1
        self._failed: set[Session] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        methods.register(self, self)

    # --------------------------------------------------------------------- life

    def initialized_with(self, params: types.InitializeParams, capabilities: types.ServerCapabilities) -> None:
        """``initialize`` arrived: the client's capabilities decide what the server offers."""
        self.is_initialized = True
        encoding = capabilities.position_encoding
        given = params.initialization_options
        options: Mapping[str, object] = given if isinstance(given, Mapping) else {}
        name = params.client_info.name if params.client_info is not None else ""
        self.client = client_of(params.capabilities, str(getattr(encoding, "value", encoding)), options, name)
        if not self.client.pulls:
            capabilities.diagnostic_provider = None
        self.trusted = options.get("trusted") is not False
        self.settings[""] = options.get("settings", {})
        self.first_roots = folders.roots_of(params)
        if self._watches_parent and params.process_id is not None and params.process_id > 0:
            self.spawn(self._watch_parent(params.process_id))

    async def _watch_parent(self, process: int) -> None:
        while is_alive(process):
            await asyncio.sleep(PARENT_INTERVAL)
        _LOG.warning("the editor's process has ended")
        self.stop(1)

    def stop(self, code: int) -> None:
        """End the server; the first call decides the exit code."""
        if not self._ended.is_set():
            self._exit_code = code
            self._ended.set()

    async def live(self, reading: Coroutine[object, object, None]) -> int:
        """Run until ``exit`` arrives, or until ``reading`` ends because the client is gone. Returns the exit code."""
        reader = asyncio.ensure_future(reading)
        ended = asyncio.ensure_future(self._ended.wait())
        await asyncio.wait({reader, ended}, return_when=asyncio.FIRST_COMPLETED)
        for session in self.folders:
            session.close()
        await self._save()
        for task in (reader, ended, *self._tasks):
            task.cancel()
        self.page_files.close()
        return self._exit_code

    async def _save(self) -> None:
        """Save the findings for the next start, within a time limit: editors do not wait long for a server to end."""
        keeping = [asyncio.ensure_future(session.save()) for session in self.folders]
        if keeping:
            _, late = await asyncio.wait(keeping, timeout=SAVE_PATIENCE)
            for each in late:
                each.cancel()

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run a coroutine in the background; an exception that it raises is logged."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("%s", error, exc_info=error)

    def report_server_error(self, error: Exception, source: ServerErrors) -> None:
        """Only log the error: if a message cannot be sent, a message about that would fail as well."""
        _LOG.error("%s: %s", source.__name__, error)

    # ---------------------------------------------------------------- documents

    def opened(self, uri: str, version: int, text: str) -> None:
        document = self.documents.open(uri, version, text, self.client.unit)
        if document.path is not None and self.ready.is_set() and not len(self.folders):
            self.add_folder(folders.project_of(document.path))
        self._tell(uri)
        watched_files.scan_disk(self)

    def edited(self, uri: str, version: int, changes: Sequence[Change]) -> None:
        if self.documents.change(uri, version, changes, self.client.unit) is not None:
            self._tell(uri)

    def closed(self, uri: str) -> None:
        document = self.documents.close(uri)
        self._outlines.forget(uri)
        if document is not None and document.path is not None:
            for session, path in self.folders.holding(document.path):
                session.drop_buffer(path)

    def _tell(self, uri: str) -> None:
        document = self.documents.get(uri)
        if document is not None and document.path is not None:
            for session, path in self.folders.holding(document.path):
                session.set_buffer(path, document.source.text, document.version)

    # ------------------------------------------------------------------ folders

    def add_folder(self, root: str) -> None:
        """Open a session for a folder (absolute path), with its open documents."""
        if root in self.folders.roots:
            return
        session = Session(root, self._worker, self._queries, self, known_rules=NAMES, settings=self.settings_of(root))
        self.folders.add(session)
        for document in self.documents:
            if document.path is not None:
                for owner, path in self.folders.holding(document.path):
                    if owner is session:
                        session.set_buffer(path, document.source.text, document.version)
        session.start()

    def remove_folder(self, root: str) -> None:
        session = self.folders.remove(root)
        if session is not None:
            session.close()
            self.spawn(session.save())
            self.bars.drop(session)
            self.publisher.forget(session)

    def folders_changed(self, added: Sequence[types.WorkspaceFolder], removed: Sequence[types.WorkspaceFolder]) -> None:
        for folder in removed:
            root = to_path(folder.uri)
            if root is not None:
                self.remove_folder(root)
        roots = tuple(root for folder in added if (root := to_path(folder.uri)) is not None)
        self.spawn(folders.add_folders(self, roots))

    def settings_of(self, root: str) -> dict[str, object]:
        """The editor's settings for a folder."""
        return editor_settings(self.settings.get(root, self.settings.get("")), trusted=self.trusted)

    def locate(self, uri: str) -> SessionFile | None:
        """The file that a URI names; None if it belongs to no session."""
        path = to_path(uri)
        owner = None if path is None else self.folders.owner(path)
        return None if owner is None else SessionFile(*owner)

    def uri(self, root: str, path: str) -> str:
        """The URI of a session's file, spelled as the editor spells it if the file is open."""
        full = absolute(root, path)
        document = self.documents.at(full)
        return to_uri(full) if document is None else document.uri

    # ------------------------------------------------------------------ answers

    def notify(self, method: str, params: object) -> None:
        """Send a notification that is not part of the protocol."""
        self.protocol.notify(method, params)

    async def reports(self, session: Session, snapshot: SnapshotFindings) -> Mapping[str, FileDiagnostics]:
        """The diagnostics of each file, by path."""
        return await self.publisher.reports(session, snapshot)

    async def answer(self, uri: str, job: Callable[[Analysis, SessionFile], _T]) -> _T | None:
        """What ``job`` returns for a file in the newest analysis; None for a file that belongs to no session.

        Raises:
            JsonRpcContentModified: the file was edited in the meantime: the positions in the request no longer hold.
        """
        document = self.documents.get(uri)
        await self.ready.wait()
        place = self.locate(uri)
        if place is None:
            return None
        session = place.session
        while True:
            try:
                analysis = await session.fresh()
            except Unavailable:
                return None
            result = await session.query(analysis, lambda each: job(each, place))
            now = self.documents.get(uri)
            if now is not document:
                raise JsonRpcContentModified("the document was edited")
            if analysis.number == session.number:
                return result

    async def answer_at_once(
        self, uri: str, job: Callable[[Analysis, SessionFile, SourceText], _T | None]
    ) -> _T | None:
        """What ``job`` returns for the current text of a file, with the newest analysis that is done."""
        document = self.documents.get(uri)
        await self.ready.wait()
        place = self.locate(uri)
        if place is None:
            return None
        try:
            analysis = place.session.latest or await place.session.fresh()
        except Unavailable:
            return None
        source = analysis.source(place.path) if document is None else document.source
        return None if source is None else await place.session.query(analysis, lambda each: job(each, place, source))

    async def outline(self, uri: str) -> Outline | None:
        """The tables that an open file declares, read from its text alone, while the first analysis runs; else None."""
        await self.ready.wait()
        place, document = self.locate(uri), self.documents.get(uri)
        if place is None or document is None or not place.session.is_beginning or not place.path.endswith(".py"):
            return None
        return await self._queries.run(lambda: self._outlines.of(document, place.path))

    # ----------------------------------------------------------- session.Listener

    def began(self, session: Session) -> None:
        if session.latest is None:
            self.bars.begin(session)
            status.analysing(self, session, 0, 0, "")

    def progressed(self, session: Session, done: int, total: int, entry: str) -> None:
        self.bars.report(session, done, total, entry)
        if session.latest is None:
            status.analysing(self, session, done, total, entry)

    def ended(self, session: Session, failure: str | None) -> None:
        self.bars.end(session)
        if failure is None:
            self._failed.discard(session)
            return
        status.failed(self, session, failure)
        if session not in self._failed:
            # Only once, not at every keystroke.
            self._failed.add(session)
            self.window_show_message(
                types.ShowMessageParams(
                    types.MessageType.Error,
                    f"Cucurbit could not analyse {session.root}: {failure}. The log has the details.",
                )
            )

    def restored(self, session: Session, snapshot: SnapshotFindings) -> None:
        self.spawn(self.publisher.show(session, snapshot))

    def analysed(self, session: Session, analysis: Analysis) -> None:
        self.spawn(self.publisher.analysed(session, analysis))
        status.analysed(self, session, analysis)

    def progress_cancelled(self, token: types.ProgressToken) -> None:
        self.bars.cancelled(token)

    async def execute(self, command: str, arguments: Sequence[object]) -> object:
        """Run a command that the client requested."""
        return await commands.execute(self, command, arguments)
