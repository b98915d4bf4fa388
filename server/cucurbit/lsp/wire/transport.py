"""Messages in and out: standard streams, TCP, WebSocket.

The transports of pygls are not used. These answer malformed messages, end the process when the client disconnects in
any way, and never wait for a thread that is blocked in a read.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable

_LOG = logging.getLogger(__name__)

LARGEST = 256 * 1024 * 1024
"""Bytes; a longer message is taken as an error."""

_MOST_WAITING = 256 * 1024 * 1024
"""Bytes that a client may leave unread."""

_HEADERS = frozenset({b"content-length", b"content-type"})

Receive = Callable[[bytes], None]


async def read_messages(reader: asyncio.StreamReader, receive: Receive, *, strict: bool = False) -> None:
    """Pass every message to ``receive`` until the stream is closed or contains a header that cannot be parsed.

    ``strict``: any other header than the protocol's ends it, as a browser's request does that hides a message.
    """
    while True:
        try:
            length = await _length(reader, strict)
            if length is None:
                return
            body = await reader.readexactly(length)
        except asyncio.IncompleteReadError:
            return
        except (ValueError, OSError) as error:
            _LOG.error("the client's stream cannot be followed: %s", error)
            return
        receive(body)
        # Tasks that the message started run before the next message is read: they need the documents as they are now.
        await asyncio.sleep(0)


async def _length(reader: asyncio.StreamReader, strict: bool) -> int | None:
    """The length in the next message's header; None at the end of the stream.

    Raises:
        ValueError: the header does not end, or the message is too long, or ``strict`` and not of this protocol.
    """
    length: int | None = None
    while True:
        line = await reader.readline()
        if not line:
            return None
        if not line.strip():
            if length is not None:
                return length
            continue
        name, colon, value = line.partition(b":")
        if strict and name.strip().lower() not in _HEADERS:
            raise ValueError(f"this is no header of the protocol: {line[:80]!r}")
        if colon and name.strip().lower() == b"content-length" and value.strip().isdigit():
            length = int(value)
            if length > LARGEST:
                raise ValueError(f"a message of {length} bytes")
        elif not colon:
            _LOG.warning("not a header: %r", line[:80])


def parse(body: bytes) -> object:
    """The JSON of a message.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        value: object = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return value


class StreamWriter:
    """Writes to a file descriptor in a thread, so that a client that reads nothing holds nothing up.

    If the other side closed it, or leaves :data:`_MOST_WAITING` bytes unread, ``gone`` is called once in ``loop``, and
    the data is dropped.
    """

    def __init__(self, descriptor: int, gone: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
        self._descriptor = descriptor
        self._gone = gone
        self._loop = loop
        self._waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._unwritten = 0
        self._lock = threading.Lock()
        self._is_gone = False
        self._written = asyncio.Event()
        self._written.set()
        threading.Thread(target=self._pump, name="cucurbit-stdout", daemon=True).start()

    def write(self, data: bytes) -> None:
        if self._is_gone:
            return
        with self._lock:
            self._unwritten += len(data)
            too_much = self._unwritten > _MOST_WAITING
        self._written.clear()
        if too_much:
            self._lose()
        else:
            self._waiting.put(data)

    async def drain(self, patience: float) -> None:
        """Wait until everything is written, for ``patience`` seconds at most."""
        try:
            await asyncio.wait_for(self._written.wait(), patience)
        except asyncio.TimeoutError:
            _LOG.warning("the client reads nothing any more")

    def close(self) -> None:
        pass

    def _pump(self) -> None:
        while True:
            data = self._waiting.get()
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(self._descriptor, view) :]
            except (OSError, ValueError):
                self._call(self._lose)
                return
            with self._lock:
                self._unwritten -= len(data)
            self._call(self._finish)

    def _finish(self) -> None:
        if self._unwritten == 0:
            self._written.set()

    def _lose(self) -> None:
        if not self._is_gone:
            self._is_gone = True
            self._written.set()
            self._gone()

    def _call(self, job: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(job)
        except RuntimeError:  # the loop has ended
            return


def read_from_file(descriptor: int, loop: asyncio.AbstractEventLoop) -> asyncio.StreamReader:
    """A stream reader for a file descriptor, which a daemon thread reads.

    The thread reads the descriptor and not a file object, whose lock would block the end of the process.
    """
    reader = asyncio.StreamReader(limit=1 << 20)

    def feed(data: bytes) -> None:
        if data:
            reader.feed_data(data)
        else:
            reader.feed_eof()

    def pump() -> None:
        while True:
            try:
                data = os.read(descriptor, 1 << 16)
            except OSError:
                data = b""
            try:
                loop.call_soon_threadsafe(feed, data)
            except RuntimeError:
                return
            if not data:
                return

    threading.Thread(target=pump, name="cucurbit-stdin", daemon=True).start()
    return reader


def take_standard_output() -> int:
    """Reserve standard output for messages: other code that prints to it writes to standard error from now on."""
    sys.stdout.flush()
    descriptor = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return descriptor


def is_alive(process: int) -> bool:
    """Whether a process on this machine still runs."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x00100000, 0, process)
        if not handle:
            return False
        try:
            return bool(kernel.WaitForSingleObject(handle, 0) != 0)
        finally:
            kernel.CloseHandle(handle)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
