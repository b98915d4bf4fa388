"""The ways to serve an editor. Imported by ``cucurbit serve`` alone, as the protocol's types take long to import."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING

from cucurbit.lsp import logs
from cucurbit.lsp.language_server import CucurbitServer
from cucurbit.lsp.wire.transport import StreamWriter, read_from_file, read_messages, take_standard_output

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection


SWITCH_INTERVAL = 0.001
"""Seconds that a thread which works may keep the others waiting; Python's own 5 ms add up in each answer."""


def main(tcp: tuple[str, int] | None = None, ws: tuple[str, int] | None = None) -> int:
    """Serve one editor, by default over the standard streams. Returns the process's exit code.

    ``tcp`` and ``ws`` are the host and port to listen at; port 0 is one that is free. Where it listens is said on the
    standard error.

    Raises:
        OSError: that host and port cannot be listened at.
    """
    if tcp is not None:
        return serve_tcp(*tcp)
    return serve_stdio() if ws is None else serve_ws(*ws)


def serve_stdio() -> int:
    """Serve over the standard streams. Returns the exit code: 0 after an orderly end, else 1."""
    return _run(_stdio())


def serve_tcp(host: str, port: int) -> int:
    """Serve the first client that connects, until it goes away.

    Raises:
        OSError: that host and port cannot be listened at.
    """
    return _run(_tcp(host, port))


def serve_ws(host: str, port: int) -> int:
    """Serve the first client that connects by WebSocket, until it goes away.

    Raises:
        OSError: that host and port cannot be listened at.
    """
    return _run(_ws(host, port))


def _run(serving: Coroutine[object, object, int]) -> int:
    sys.setswitchinterval(SWITCH_INTERVAL)
    return asyncio.run(serving)


async def _stdio() -> int:
    loop = asyncio.get_running_loop()
    output = take_standard_output()
    server = CucurbitServer()
    logs.configure(server, loop)
    server.protocol.set_writer(StreamWriter(output, lambda: server.stop(1)))
    reader = read_from_file(sys.stdin.fileno(), loop)
    return await server.live(read_messages(reader, server.protocol.receive))


async def _tcp(host: str, port: int) -> int:
    connections: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await connections.put((reader, writer))

    listener = await asyncio.start_server(connected, host, port, limit=1 << 20)
    _say_address(listener.sockets[0].getsockname(), "tcp")
    reader, writer = await connections.get()
    listener.close()
    server = _remote_server()
    server.protocol.set_writer(writer)
    try:
        return await server.live(read_messages(reader, server.protocol.receive))
    finally:
        writer.close()


async def _ws(host: str, port: int) -> int:
    from websockets.asyncio.server import serve

    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def connected(connection: ServerConnection) -> None:
        if ended.done() or taken.is_set():
            return
        taken.set()
        server = _remote_server()
        writer = _WebSocketWriter(connection)
        server.protocol.set_writer(writer, include_headers=False)
        code = await server.live(_read_frames(connection, server))
        await writer.drain()
        ended.set_result(code)

    taken = asyncio.Event()
    async with serve(connected, host, port, max_size=None) as listener:
        _say_address(next(iter(listener.sockets)).getsockname(), "ws")
        return await ended


async def _read_frames(connection: ServerConnection, server: CucurbitServer) -> None:
    from websockets.exceptions import ConnectionClosed

    try:
        async for frame in connection:
            server.protocol.receive(frame.encode() if isinstance(frame, str) else frame)
            await asyncio.sleep(0)
    except ConnectionClosed:
        return


class _WebSocketWriter:
    """Text frames, sent one after the other."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()
        self._sender = asyncio.ensure_future(self._send())

    async def _send(self) -> None:
        from websockets.exceptions import ConnectionClosed

        while True:
            frame = await self._frames.get()
            try:
                await self._connection.send(frame.decode())
            except ConnectionClosed:
                pass
            finally:
                self._frames.task_done()

    async def drain(self) -> None:
        await self._frames.join()
        self._sender.cancel()

    def write(self, data: bytes) -> None:
        self._frames.put_nowait(data)

    def close(self) -> None:
        self._sender.cancel()


def _remote_server() -> CucurbitServer:
    """A server whose client may run on another machine: its process number means nothing here."""
    server = CucurbitServer(watches_parent=False)
    logs.configure(server, asyncio.get_running_loop())
    return server


def _say_address(address: tuple[str, int], scheme: str) -> None:
    print(f"listening at {scheme}://{address[0]}:{address[1]}", file=sys.stderr, flush=True)  # noqa: T201
