"""The live analysis of one workspace folder.

All methods belong to one event loop. One worker thread writes: it makes each snapshot and analyses it; queries read
analysed snapshots in another thread. Each change gives a new number, stops the analysis under way and asks for a new
one, so that a result is always that of the newest number or is dropped.

Before the first analysis, findings that an earlier session kept and that still hold are shown at once. Once nothing
has changed for a while, and when the session ends, what was found is kept for the next one.
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
from cucurbit.session import kept
from cucurbit.session.analysis import Analysis, analyse_snapshot
from cucurbit.session.cancel import Cancelled, CancelToken
from cucurbit.session.memory import Memory
from cucurbit.session.outcome import Buffer, Outcome
from cucurbit.session.worker import Worker
from cucurbit.workspace.index import FolderWorkspace, open_workspace
from cucurbit.workspace.settings.reader import read_settings
from cucurbit.workspace.settings.schema import Settings
from cucurbit.workspace.tree.files import SIZE_LIMIT, DiskTree

_T = TypeVar("_T")
_O = TypeVar("_O", bound=Outcome)
_LOG = logging.getLogger(__name__)

PAUSE = 0.1
"""Seconds without a keystroke, or without a change on disk, after which work begins: changes come in flocks."""

QUICK = 0.06
"""Seconds. Where the last analysis took less, the next one does not wait for a pause in the typing."""

QUIET = 2.0
"""Seconds without a change after which what is known is kept for the next session."""


class Superseded(Exception):
    """A newer snapshot stands."""


class Unavailable(Exception):
    """There is no analysis of what stands now: it was stopped by the user, or it failed."""


class Listener(Protocol):
    """Whoever wants to know. Called in the event loop."""

    def began(self, session: Session) -> None:
        """An analysis begins."""

    def progressed(self, session: Session, done: int, total: int, entry: str) -> None:
        """Of ``total`` entry points ``done`` are simulated; ``entry`` comes next."""

    def recalled(self, session: Session, outcome: Outcome) -> None:
        """Findings of before hold for the newest snapshot; its analysis begins only now."""

    def analysed(self, session: Session, analysis: Analysis) -> None:
        """An analysis of the newest snapshot is there."""

    def ended(self, session: Session, failure: str | None) -> None:
        """An analysis ended, with or without a result; ``failure`` says why it failed, if it did."""


@dataclass
class _Pending:
    """What changed since the last snapshot."""

    paths: set[str] = field(default_factory=set)
    packages: bool = False
    again: bool = False


class Session:
    """One workspace folder: its open buffers over its disk, its settings, its newest analysis."""

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
        self.known: Outcome | None = None
        """The newest findings: those of :attr:`latest`, or before it those of an earlier session that hold."""
        self._worker = worker
        self._queries = queries
        self._listener = listener
        self._known_rules = None if known_rules is None else frozenset(known_rules)
        self._settings: Mapping[str, object] = settings or {}
        self._buffers: dict[str, Buffer] = {}
        self._pending = _Pending()
        self._without_result = -1
        self._token = CancelToken()
        self._interrupted = asyncio.Event()
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._due = 0.0
        self._took = PAUSE
        self._task: asyncio.Task[None] | None = None
        self._recaller: kept.Recaller | None = kept.Recaller(root, self._known_rules)
        self._put_away: Analysis | None = None
        self._keeping: asyncio.Future[None] | None = None
        # Only the worker touches these four.
        self._is_shelved = False
        self._workspace: FolderWorkspace | None = None
        self._memory = Memory()
        self._good: dict[str, str] = {}
        # Held while a snapshot is made of another and while one is queried: snapshots read files when asked.
        self._lock = threading.Lock()

    # ------------------------------------------------------------------ changes

    def start(self) -> None:
        """Begin with the first analysis."""
        self._changed(0)
        self._task = asyncio.ensure_future(self._live())

    def close(self) -> None:
        """Stop working; whoever waits for an analysis gets :class:`Unavailable`."""
        self._interrupt()
        if self._task is not None:
            self._task.cancel()
        self._without_result = self.number
        self._announce()

    def set_buffer(self, path: str, text: str, version: int) -> None:
        """A file was opened in the editor or its text changed there; one too large to be read is left to the disk."""
        if len(text) > SIZE_LIMIT:
            self.drop_buffer(path)
            return
        before = self._buffers.get(path)
        self._buffers[path] = Buffer(text, version)
        self._changed(0 if before is None or self._took < QUICK else PAUSE)

    def drop_buffer(self, path: str) -> None:
        """A file was closed: what is on disk counts again."""
        if self._buffers.pop(path, None) is not None:
            self.touch([path])

    def touch(self, paths: Iterable[str], *, packages: bool = False) -> None:
        """Files or folders changed on disk; with ``packages`` the installed packages did too."""
        self._pending.paths.update(paths)
        self._pending.packages |= packages
        self._changed(PAUSE)

    def configure(self, settings: Mapping[str, object]) -> None:
        """The editor's settings are now these."""
        if dict(settings) != dict(self._settings):
            self._settings = settings
            self._changed(0)

    def restart(self) -> None:
        """Forget everything and begin again."""
        self._pending.again = True
        self._changed(0)

    def stop(self) -> None:
        """Stop the analysis under way; the next change begins another."""
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
        """Whether the first analysis is under way, or about to begin."""
        return self.latest is None and self._without_result != self.number

    @property
    def settings(self) -> Settings:
        """The settings as they were last read, which they are now where they were not."""
        known = self.latest if self.latest is not None else self._recaller
        if known is None or known.workspace is None:
            return read_settings(DiskTree(self.root), self._known_rules, self._settings)[0]
        return known.workspace.settings

    async def fresh(self) -> Analysis:
        """The analysis of what stands now, however long it takes and whatever changes meanwhile.

        Raises:
            Unavailable: there will be none until something changes.
        """
        while True:
            if self.latest is not None and self.latest.number == self.number:
                return self.latest
            if self._without_result == self.number:
                raise Unavailable
            await self._moved.wait()

    async def current(self) -> Outcome:
        """The findings of what stands now.

        Raises:
            Superseded: something changed before they were there.
            Unavailable: there will be none until something changes.
        """
        number = self.number
        while self.number == number:
            if self.known is not None and self.known.number == number:
                return self.known
            if self._without_result == number:
                raise Unavailable
            await self._moved.wait()
        raise Superseded

    async def query(self, analysis: _O, job: Callable[[_O], _T]) -> _T:
        """Work something out of an analysis, or of what is known before there is one, outside the event loop.

        Raises:
            Exception: whatever ``job`` raises.
        """

        def do() -> _T:
            with self._lock:
                return job(analysis)

        return await self._queries.run(do)

    # --------------------------------------------------------------------- work

    async def _live(self) -> None:
        while True:
            await self._wake.wait()
            await self._settled()
            self._wake.clear()
            number, token = self.number, CancelToken()
            self._token, self._interrupted = token, asyncio.Event()
            pending, self._pending = self._pending, _Pending()
            if self._recaller is not None:
                await self._recall(self._recaller, number, pending)
            await self._analyse(number, pending, token)
            try:
                await asyncio.wait_for(self._wake.wait(), QUIET)
            except asyncio.TimeoutError:
                await self.put_away()

    async def _settled(self) -> None:
        loop = asyncio.get_running_loop()
        while (left := self._due - loop.time()) > 0:
            await asyncio.sleep(left)

    async def _recall(self, recaller: kept.Recaller, number: int, pending: _Pending) -> None:
        """Show what was found before, where it holds."""
        buffers, settings = dict(self._buffers), self._settings
        if pending != _Pending():
            recaller.forget()
        # The disk is asked by the thread that analyses: while both run, each question takes long. An open file alone
        # is compared beside an analysis that was stopped and has not heard of it yet.
        worker = self._queries if recaller.is_settled(settings) else self._worker
        try:
            outcome = await worker.run(lambda: recaller.outcome(number, settings, buffers))
        except Exception:  # noqa: BLE001 - the live program outlives it
            _LOG.exception("what was kept of %s cannot be used", self.root)
            return
        if outcome is not None and number == self.number:
            self.known = outcome
            self._listener.recalled(self, outcome)
            self._announce()

    async def put_away(self) -> None:
        """Have the cache keep what the newest analysis found and what it read, for the next session."""
        analysis = self.latest
        if analysis is not None and analysis is not self._put_away:
            self._put_away = analysis
            self._keeping = asyncio.ensure_future(self._worker.run(lambda: self._keep(analysis)))
        if self._keeping is not None:
            try:
                # Whoever gives up waiting does not stop it.
                await asyncio.shield(self._keeping)
            except Exception:  # noqa: BLE001 - the live program outlives it
                _LOG.exception("nothing is kept of %s", self.root)

    def _keep(self, analysis: Analysis) -> None:
        with self._lock:
            workspace = analysis.workspace
            # What stands in for a broken file is known to this session alone.
            is_own = not analysis.is_whole or any(workspace.is_stale(path) for path in analysis.buffers)
            asked = () if is_own else workspace.asked()
            # Once: later snapshots differ by little, which the next session reads in no time.
            shelf = None if self._is_shelved else workspace.shelf
            parsed = () if shelf is None else tuple(workspace.parsed().values())
        kept.keep(workspace, analysis.findings, asked)
        if shelf is not None:
            self._is_shelved = True
            shelf.save(parsed)

    async def _analyse(self, number: int, pending: _Pending, token: CancelToken) -> None:
        loop = asyncio.get_running_loop()
        buffers, settings = dict(self._buffers), self._settings

        def progress(done: int, total: int, entry: str) -> None:
            loop.call_soon_threadsafe(self._listener.progressed, self, done, total, entry)

        def work() -> Analysis:
            with self._lock:
                workspace = self._next(pending, buffers, settings)
            return analyse_snapshot(number, workspace, buffers, self._good, self._memory, token, progress)

        self._listener.began(self)
        began = loop.time()
        failure: str | None = None
        try:
            analysis = await self._unless_interrupted(self._worker.run(work))
        except Cancelled:
            self._without_result = number
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
        before, self.known, self.latest = self.known, analysis, analysis
        self._recaller = None
        if before is not None and before.number == analysis.number:
            if before.findings == analysis.findings:
                self._put_away = analysis
            else:
                _LOG.warning("other findings were kept of %s than there are", self.root)

    async def _unless_interrupted(self, work: Coroutine[object, object, _T]) -> _T:
        """What ``work`` gives in another thread, which may notice late that it is to stop.

        Raises:
            Cancelled: it was to stop.
        """
        job = asyncio.ensure_future(work)
        interrupted = asyncio.ensure_future(self._interrupted.wait())
        try:
            await asyncio.wait({job, interrupted}, return_when=asyncio.FIRST_COMPLETED)
            if not job.done():
                job.add_done_callback(_heed)
                raise Cancelled
            return job.result()
        finally:
            interrupted.cancel()

    def _next(
        self, pending: _Pending, buffers: Mapping[str, Buffer], settings: Mapping[str, object]
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
            )
        else:
            self._workspace = self._workspace.with_changes(
                pending.paths, texts, editor=settings, packages_changed=pending.packages
            )
        return self._workspace


def _heed(future: asyncio.Future[_T]) -> None:
    """Take note of what nobody waits for any more."""
    if not future.cancelled():
        future.exception()
