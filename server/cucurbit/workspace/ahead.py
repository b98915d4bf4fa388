"""A second process that reads files ahead, before the analysis needs them.

It is forked, if that is safe and there is a free processor: a fork starts at once and already has the list of files.
The two processes read the list from opposite ends, so each file is read once. The second process writes its results to
shared memory. If it fails, this process reads the missing files itself.
"""

from __future__ import annotations

import gc
import mmap
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from cucurbit.source import reader
from cucurbit.source.facts import ModuleFacts
from cucurbit.source.fingerprint import dump, load
from cucurbit.source.text import SourceText
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.parsed import Parsed
from cucurbit.workspace.starts.entry_points import is_started

WORTH_IT: Final = 1_000_000
"""Bytes of source; with fewer, one process is as fast as two."""

_MOST_BYTES: Final = 256 * 1024 * 1024
_NUMBER: Final = 4
_HEAD: Final = 2 * _NUMBER
_TAKEN: Final = 1


@contextmanager
def reading_ahead(workspace: FolderWorkspace) -> Iterator[None]:
    """Read the files that an analysis needs in two processes; in the block, the second one reads further files.

    For programs with one thread. Does nothing if there is little to read, or if forking is not possible.
    """
    helper = _helper(workspace) if _can() else None
    if helper is None:
        yield
        return
    try:
        helper.share()
        yield
    finally:
        helper.stop()


def _helper(workspace: FolderWorkspace) -> Helper | None:
    # Every candidate is executed, by an entry point or alone.
    candidates, parsed = set(workspace.candidates()), workspace.parsed()
    unread = [path for path in workspace.python_files() if is_started(path) and parsed[path].is_unread]
    needed = [parsed[path] for path in unread if path in candidates]
    if sum(len(each.data) for each in needed) < WORTH_IT:
        return None
    return Helper(needed, [parsed[path] for path in unread if path not in candidates])


def _can() -> bool:
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    return hasattr(os, "memfd_create") and len(os.sched_getaffinity(0)) > 1


class Helper:
    """The second process, which reads the needed files from the end."""

    def __init__(self, needed: Sequence[Parsed], perhaps: Sequence[Parsed]) -> None:
        self._files = (*needed, *perhaps)
        self._needed = len(needed)
        self._taken = mmap.mmap(-1, max(1, len(self._files)))
        self._memory = os.memfd_create("cucurbit", os.MFD_CLOEXEC)
        self._seen = 0
        self._places: dict[int, tuple[int, int]] = {}
        self._process = 0

    def share(self) -> None:
        """Read the needed files together with the second process, which then continues alone."""
        me = os.getpid()
        try:
            self._process = os.fork()
        except OSError:
            return
        if not self._process:
            self._work(me)
        for number, each in enumerate(self._files):
            each.ahead = _Asked(self, number)
        for number in range(self._needed):
            if not self._taken[number]:
                self._files[number].facts  # noqa: B018 - to ask is to have it read

    def take(self, number: int) -> ModuleFacts | None:
        """The facts of a file, if the second process has read it; else the file is reserved for this process."""
        if number not in self._places:
            self._look()
        place = self._places.get(number)
        if place is not None:
            return load(os.pread(self._memory, place[1], place[0]))
        self._taken[number] = _TAKEN
        return None

    def _look(self) -> None:
        """Take the results that were written since."""
        size = os.fstat(self._memory).st_size
        while self._seen + _HEAD <= size:
            head = os.pread(self._memory, _HEAD, self._seen)
            number, length = int.from_bytes(head[:_NUMBER], "little"), int.from_bytes(head[_NUMBER:], "little")
            start = self._seen + _HEAD
            if start + length > size:
                return
            self._places[number] = (start, length)
            self._seen = start + length

    def stop(self) -> None:
        """End the second process; results that were not taken are lost."""
        for each in self._files:
            each.ahead = None
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
            self._process = 0
        os.close(self._memory)
        self._taken.close()

    def _work(self, parent: int) -> None:
        """Read and write until all is done, or until the first process has ended. Never returns."""
        try:
            gc.disable()
            for number in (*reversed(range(self._needed)), *range(self._needed, len(self._files))):
                if self._seen > _MOST_BYTES or os.getppid() != parent:
                    break
                if not self._taken[number]:
                    self._taken[number] = _TAKEN
                    self._write(number)
        finally:
            os._exit(0)

    def _write(self, number: int) -> None:
        source = SourceText.decode(self._files[number].data)
        if source.problem is not None:
            return
        try:
            data = dump(reader.read(source.text))
        except (RecursionError, ValueError):
            return
        data = number.to_bytes(_NUMBER, "little") + len(data).to_bytes(_NUMBER, "little") + data
        self._seen += len(data)
        while data:
            data = data[os.write(self._memory, data) :]


class _Asked:
    """The question for the facts of one file."""

    __slots__ = ("_helper", "_number")

    def __init__(self, helper: Helper, number: int) -> None:
        self._helper = helper
        self._number = number

    def __call__(self) -> ModuleFacts | None:
        return self._helper.take(self._number)
