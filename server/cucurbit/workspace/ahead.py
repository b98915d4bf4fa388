"""A second process that reads files before they are asked for, while this one works.

It is forked, where that is safe and there is a processor for it: it starts in no time and has the files already. Each
file is read by whoever comes to it first, from either end of the list; what the second process found it writes to
memory that both have open. Whatever befalls it, this process reads by itself what is missing.
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
"""Bytes of source below which this process is as fast alone."""

_MOST_BYTES: Final = 256 * 1024 * 1024
_NUMBER: Final = 4
_HEAD: Final = 2 * _NUMBER
_TAKEN: Final = 1


@contextmanager
def reading_ahead(workspace: FolderWorkspace) -> Iterator[None]:
    """Have two processes read the files that an analysis will ask for; in the block one goes on with what it may need.

    For programs of one thread. Nothing happens where there is little to read, or no way to have it read.
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
    # Every candidate is executed: by an entry point, or alone.
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
    """The second process, which goes through the files from the end of those that are needed."""

    def __init__(self, needed: Sequence[Parsed], perhaps: Sequence[Parsed]) -> None:
        self._files = (*needed, *perhaps)
        self._needed = len(needed)
        self._taken = mmap.mmap(-1, max(1, len(self._files)))
        self._memory = os.memfd_create("cucurbit", os.MFD_CLOEXEC)
        self._seen = 0
        self._places: dict[int, tuple[int, int]] = {}
        self._process = 0

    def share(self) -> None:
        """Read the needed files together with the second process, which then goes on alone."""
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
        """The facts of a file, if the second process has them; else nobody else is to read them from now on."""
        if number not in self._places:
            self._look()
        place = self._places.get(number)
        if place is not None:
            return load(os.pread(self._memory, place[1], place[0]))
        self._taken[number] = _TAKEN
        return None

    def _look(self) -> None:
        """See what has been written since."""
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
        """End the second process; what it found by then has been taken or is lost."""
        for each in self._files:
            each.ahead = None
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
            self._process = 0
        os.close(self._memory)
        self._taken.close()

    def _work(self, parent: int) -> None:
        """Read and write until all is done, or until nobody waits for it. Never returns."""
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
