"""The live analysis of one workspace folder.

All methods must be called in one event loop. One worker thread makes and analyses snapshots; queries read analysed
snapshots in another thread. Each change increases the number of the snapshot, cancels the running analysis and requests
a new one, so only results for the newest number are used.

Before the first analysis, findings that an earlier session saved are shown if they are still valid. When nothing has
changed for a while, and when the session ends, the findings are saved for the next session.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from cucurbit.cache.shelf import open_shelf
from cucurbit.opening import open_workspace
from cucurbit.session import saved_findings
from cucurbit.session.analysis import Analysis, analyse_snapshot
from cucurbit.session.cancellation import Cancelled, CancelToken, Overdue, check_time, limited
from cucurbit.session.memory import Memory
from cucurbit.session.requested_timelines import RequestedTimelines
from cucurbit.session.snapshot_findings import Buffer, SnapshotFindings
from cucurbit.session.worker import Worker
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryPoint
from cucurbit.workspace.settings.reader import read_settings
from cucurbit.workspace.settings.schema import Settings
from cucurbit.workspace.tree.files import SIZE_LIMIT, DiskTree

_T = TypeVar("_T")
_O = TypeVar("_O", bound=SnapshotFindings)
_LOG = logging.getLogger(__name__)

PAUSE = 0.1
"""Seconds without a keystroke or a change on disk before work begins: changes come in groups."""

QUICK = 0.06
"""Seconds. If the last analysis took less, the next one does not wait for a pause in typing."""

PATIENCE = 300.0
"""Seconds after which an analysis is stopped: it must not hold the processor for ever, or the other folders."""

QUERY_PATIENCE = 60.0
"""Seconds after which a query is stopped: the others wait for it."""

QUIET = 2.0
"""Seconds without a change after which the findings are saved for the next session, and memory is freed."""


class Superseded(Exception):
    """There is a newer snapshot."""


class Unavailable(Exception):
    """There is no analysis of the newest snapshot: the user stopped it, or it failed."""


class Listener(Protocol):
    """Is told about analyses. Called in the event loop."""

    def began(self, session: Session) -> None:
        """An analysis begins."""

    def progressed(self, session: Session, done: int, total: int, entry: str) -> None:
        """``done`` of ``total`` entry points are simulated; ``entry`` is next."""

    def restored(self, session: Session, snapshot: SnapshotFindings) -> None:
        """Saved findings are valid for the newest snapshot, whose analysis begins now."""

    def analysed(self, session: Session, analysis: Analysis) -> None:
        """The analysis of the newest snapshot is done."""

    def ended(self, session: Session, failure: str | None) -> None:
        """An analysis ended, with or without a result; ``failure`` says why if it failed."""


@dataclass
class _PendingChanges:
    """What changed since the last snapshot."""

    paths: set[str] = field(default_factory=set)
    packages: bool = False
    again: bool = False


class Session:
    """One workspace folder: its files with the open buffers, its settings, its newest analysis."""

    def __init__(
        self,
        root: str,
        worker: Worker,
        queries: Worker,
        listener: Listener,
        *,
        known_rules: Iterable[str] | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self.root = root
        self.number = 0
        self.latest: Analysis | None = None
        self.findings: SnapshotFindings | None = None
        """The newest findings: those of :attr:`latest`, or before the first analysis the saved ones."""
        self._worker = worker
        self._queries = queries
        self._listener = listener
        self._known_rules = None if known_rules is None else frozenset(known_rules)
        self._settings: Mapping[str, object] = settings or {}
        self._buffers: dict[str, Buffer] = {}
        self._pending = _PendingChanges()
        self._without_result = -1
        self._token = CancelToken()
        self._interrupted = asyncio.Event()
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._due = 0.0
        self._took = PAUSE
        self._task: asyncio.Task[None] | None = None
        self._saved: saved_findings.SavedFindings | None = saved_findings.SavedFindings(root, self._known_rules)
        self._save: Analysis | None = None
        self._keeping: asyncio.Future[None] | None = None
        # Only the query thread uses it.
        self._requested = RequestedTimelines()
        # Only the worker thread uses these four.
        self._is_shelved = False
        self._workspace: FolderWorkspace | None = None
        self._memory = Memory()
        self._good: dict[str, str] = {}
        # Held while a snapshot is derived from another and while one is queried: snapshots read files lazily.
        self._lock = threading.Lock()

    # ------------------------------------------------------------------ changes

    def start(self) -> None:
        """Start the first analysis."""
        self._changed(0)
        self._task = asyncio.ensure_future(self._live())

    def close(self) -> None:
        """Stop working; callers that wait for an analysis get :class:`Unavailable`."""
        self._interrupt()
        if self._task is not None:
            self._task.cancel()
        self._without_result = self.number
        self._announce()

    def set_buffer(self, path: str, text: str, version: int) -> None:
        """A file was opened or edited in the editor. A text that is too large is ignored: the disk counts."""
        if len(text) > SIZE_LIMIT:
            self.drop_buffer(path)
            return
        before = self._buffers.get(path)
        self._buffers[path] = Buffer(text, version)
        self._changed(0 if before is None or self._took < QUICK else PAUSE)

    def drop_buffer(self, path: str) -> None:
        """A file was closed: its content on disk counts again."""
        if self._buffers.pop(path, None) is not None:
            self.touch([path])

    def touch(self, paths: Iterable[str], *, packages: bool = False) -> None:
        """Files or folders changed on disk; with ``packages`` also installed packages."""
        self._pending.paths.update(paths)
        self._pending.packages |= packages
        self._changed(PAUSE)

    def configure(self, settings: Mapping[str, object]) -> None:
        """Replace the editor's settings."""
        if dict(settings) != dict(self._settings):
            self._settings = settings
            self._changed(0)

    def restart(self) -> None:
        """Drop all results and start again."""
        self._pending.again = True
        self._requested = RequestedTimelines()
        self._changed(0)

    def stop(self) -> None:
        """Stop the running analysis; the next change starts another."""
        self._interrupt()

    def _changed(self, pause: float) -> None:
        self.number += 1
        self._due = asyncio.get_running_loop().time() + pause
        self._interrupt()
        self._wake.set()
        self._announce()

    def _interrupt(self) -> None:
        self._token.cancel()
        self._interrupted.set()

    def _announce(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    # ------------------------------------------------------------------ results

    @property
    def is_beginning(self) -> bool:
        """Whether the first analysis is running or about to start."""
        return self.latest is None and self._without_result != self.number

    @property
    def settings(self) -> Settings:
        """The settings as they were last read; they are read now if that has not happened yet."""
        known = self.latest if self.latest is not None else self._saved
        if known is None or known.workspace is None:
            return read_settings(DiskTree(self.root), self._known_rules, self._settings)[0]
        return known.workspace.settings

    async def fresh(self) -> Analysis:
        """The analysis of the newest snapshot; waits until it is done, also for changes that come in meanwhile.

        Raises:
            Unavailable: there will be no analysis until something changes.
        """
        while True:
            if self.latest is not None and self.latest.number == self.number:
                return self.latest
            if self._without_result == self.number:
                raise Unavailable
            await self._moved.wait()

    async def current(self) -> SnapshotFindings:
        """The findings of the newest snapshot.

        Raises:
            Superseded: something changed before they were known.
            Unavailable: there will be no findings until something changes.
        """
        number = self.number
        while self.number == number:
            if self.findings is not None and self.findings.number == number:
                return self.findings
            if self._without_result == number:
                raise Unavailable
            await self._moved.wait()
        raise Superseded

    async def query(self, analysis: _O, job: Callable[[_O], _T]) -> _T:
        """Run a job over an analysis, or over saved findings, outside the event loop.

        Raises:
            Overdue: it took too long.
            Exception: whatever ``job`` raises.
        """

        def do() -> _T:
            with self._lock, limited(QUERY_PATIENCE):
                return job(analysis)

        return await self._queries.run(do)

    def timeline(self, analysis: Analysis, entry: EntryPoint) -> Timeline:
        """The timeline of an entry point; it is simulated now if the analysis does not contain it.

        Call it in a job of :meth:`query`.
        """
        known = next((each for each in analysis.context.timelines if each.entry == entry), None)
        if known is not None:
            return known
        return self._requested.timeline(analysis.workspace, entry, check_time)

    # --------------------------------------------------------------------- work

    async def _live(self) -> None:
        while True:
            await self._wake.wait()
            await self._wait_for_pause()
            self._wake.clear()
            number, token = self.number, CancelToken()
            self._token, self._interrupted = token, asyncio.Event()
            pending, self._pending = self._pending, _PendingChanges()
            if self._saved is not None:
                await self._restore(self._saved, number, pending)
            await self._analyse(number, pending, token)
            try:
                await asyncio.wait_for(self._wake.wait(), QUIET)
            except asyncio.TimeoutError:
                await self.save()
                await self._worker.run(self._memory.rest)

    async def _wait_for_pause(self) -> None:
        loop = asyncio.get_running_loop()
        while (left := self._due - loop.time()) > 0:
            await asyncio.sleep(left)

    async def _restore(self, saved: saved_findings.SavedFindings, number: int, pending: _PendingChanges) -> None:
        """Show the saved findings if they are valid."""
        buffers, settings = dict(self._buffers), self._settings
        if pending != _PendingChanges():
            saved.forget()
        # The thread that analyses reads the disk, as both threads together would be slow. Comparing open files is quick
        # and can happen while a cancelled analysis is still stopping.
        worker = self._queries if saved.is_settled(settings) else self._worker
        try:
            snapshot = await worker.run(lambda: saved.snapshot(number, settings, buffers))
        except Exception:  # noqa: BLE001 - the live program outlives it
            _LOG.exception("the saved findings of %s cannot be used", self.root)
            return
        if snapshot is not None and number == self.number:
            self.findings = snapshot
            self._listener.restored(self, snapshot)
            self._announce()

    async def save(self) -> None:
        """Save the newest findings and the facts of the files in the cache, for the next session."""
        analysis = self.latest
        if analysis is not None and analysis is not self._save:
            self._save = analysis
            self._keeping = asyncio.ensure_future(self._worker.run(lambda: self._keep(analysis)))
        if self._keeping is not None:
            try:
                # If the caller stops waiting, the saving goes on.
                await asyncio.shield(self._keeping)
            except Exception:  # noqa: BLE001 - the live program outlives it
                _LOG.exception("the findings of %s could not be saved", self.root)

    def _keep(self, analysis: Analysis) -> None:
        with self._lock:
            workspace = analysis.workspace
            # The older facts of a file with a syntax error are known to this session only.
            is_own = not analysis.is_whole or any(workspace.is_stale(path) for path in analysis.buffers)
            asked = () if is_own else workspace.asked()
            # Once: later snapshots differ in few files, which the next session reads quickly.
            shelf = None if self._is_shelved else workspace.shelf
            parsed = () if shelf is None else tuple(workspace.parsed().values())
        saved_findings.save(workspace, analysis.findings, asked)
        if shelf is not None:
            self._is_shelved = True
            shelf.save(parsed)

    async def _analyse(self, number: int, pending: _PendingChanges, token: CancelToken) -> None:
        loop = asyncio.get_running_loop()
        buffers, settings = dict(self._buffers), self._settings

        def progress(done: int, total: int, entry: str) -> None:
            loop.call_soon_threadsafe(self._listener.progressed, self, done, total, entry)

        def work() -> Analysis:
            with limited(PATIENCE):
                try:
                    with self._lock:
                        workspace = self._next(pending, buffers, settings)
                except Exception:
                    # The changes since the last snapshot are lost with this one: all is read again.
                    self._workspace = None
                    raise
                return analyse_snapshot(number, workspace, buffers, self._good, self._memory, token, progress)

        self._listener.began(self)
        began = loop.time()
        failure: str | None = None
        try:
            analysis = await self._unless_interrupted(self._worker.run(work))
        except Cancelled:
            self._without_result = number
        except Overdue as error:
            self._without_result = number
            failure = str(error)
        except Exception as error:  # noqa: BLE001 - the live program outlives it
            _LOG.exception("the analysis of %s failed", self.root)
            self._without_result = number
            failure = f"{type(error).__name__}: {error}"
        else:
            self._take(analysis)
            self._took = loop.time() - began
        self._listener.ended(self, failure)
        if self.latest is not None and self.latest.number == number == self.number:
            self._listener.analysed(self, self.latest)
        self._announce()

    def _take(self, analysis: Analysis) -> None:
        before, self.findings, self.latest = self.findings, analysis, analysis
        self._saved = None
        if before is not None and before.number == analysis.number:
            if before.findings == analysis.findings:
                self._save = analysis
            else:
                _LOG.warning("the saved findings of %s differ from those of the analysis", self.root)

    async def _unless_interrupted(self, work: Coroutine[object, object, _T]) -> _T:
        """The result of ``work`` in another thread, which may notice only late that it was cancelled.

        Raises:
            Cancelled: the work was interrupted.
        """
        job = asyncio.ensure_future(work)
        interrupted = asyncio.ensure_future(self._interrupted.wait())
        try:
            await asyncio.wait({job, interrupted}, return_when=asyncio.FIRST_COMPLETED)
            if not job.done():
                job.add_done_callback(_retrieve_exception)
                raise Cancelled
            return job.result()
        finally:
            interrupted.cancel()

    def _next(
        self, pending: _PendingChanges, buffers: Mapping[str, Buffer], settings: Mapping[str, object]
    ) -> FolderWorkspace:
        texts = {path: buffer.text for path, buffer in buffers.items()}
        if self._workspace is None or pending.again:
            self._memory = Memory()
            self._is_shelved = False
            self._workspace = open_workspace(
                self.root,
                known_rules=self._known_rules,
                editor=settings,
                buffers=texts,
                virtual_env=os.environ.get("VIRTUAL_ENV"),
                open_shelf=open_shelf,
                check=check_time,
            )
        else:
            self._workspace = self._workspace.with_changes(
                pending.paths, texts, editor=settings, packages_changed=pending.packages
            )
        return self._workspace


def _retrieve_exception(future: asyncio.Future[_T]) -> None:
    """Retrieve the exception of a future that nobody awaits, so that asyncio does not log it."""
    if not future.cancelled():
        future.exception()
