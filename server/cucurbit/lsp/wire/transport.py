"""Messages in and out: standard streams, TCP, WebSocket.

pygls has transports of its own; these differ in that an ill-formed message gets an answer, that the process ends when
its client goes away however it goes, and that nothing waits for a thread that is blocked in a read.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

_LOG = logging.getLogger(__name__)

_LARGEST = 256 * 1024 * 1024
"""Bytes; a longer message is no message."""

Receive = Callable[[bytes], None]


async def read_messages(reader: asyncio.StreamReader, receive: Receive) -> None:
    """Hand every message to ``receive`` until the other side closes the stream or sends what cannot be followed."""
    while True:
        try:
            length = await _length(reader)
            if length is None:
                return
            body = await reader.readexactly(length)
        except asyncio.IncompleteReadError:
            return
        except (ValueError, OSError) as error:
            _LOG.error("the client's stream cannot be followed: %s", error)
            return
        receive(body)
        # What the message set off begins before the next one is looked at: it is about the documents of its time.
        await asyncio.sleep(0)


async def _length(reader: asyncio.StreamReader) -> int | None:
    """The length that the next message's header names; None at the end of the stream.

    Raises:
        ValueError: a header that is endless, or a message too long to be one.
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
        if colon and name.strip().lower() == b"content-length" and value.strip().isdigit():
            length = int(value)
            if length > _LARGEST:
                raise ValueError(f"a message of {length} bytes")
        elif not colon:
            _LOG.warning("not a header: %r", line[:80])


def parse(body: bytes) -> object:
    """The JSON of a message.

    Raises:
        ValueError: it is none.
    """
    try:
        value: object = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return value


class StreamWriter:
    """Writes to a binary stream; one that is closed on the other side swallows what comes."""

    def __init__(self, stream: BinaryIO, gone: Callable[[], None]) -> None:
        self._stream = stream
        self._gone = gone

    def write(self, data: bytes) -> None:
        try:
            self._stream.write(data)
            self._stream.flush()
        except (OSError, ValueError):
            self._gone()

    def close(self) -> None:
        pass


def read_from_file(descriptor: int, loop: asyncio.AbstractEventLoop) -> asyncio.StreamReader:
    """A stream of what can be read from a file descriptor, read by a thread that keeps nothing alive.

    The bare descriptor is read, as a file object would be locked by the blocked read when the process ends.
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


def take_standard_output() -> BinaryIO:
    """The standard output for messages alone: whatever else is printed goes to the standard error."""
    sys.stdout.flush()
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return stream


def is_alive(process: int) -> bool:
    """Whether a process of this machine still runs."""
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
