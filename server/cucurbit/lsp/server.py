"""Serves an editor over standard streams, TCP or WebSocket.

Only ``cucurbit serve`` imports this module, as importing the types of the protocol takes long.
"""

from __future__ import annotations

import asyncio
import faulthandler
import secrets
import sys
from collections.abc import Coroutine
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from cucurbit.lsp.language_server import CucurbitServer
from cucurbit.lsp.wire import logs
from cucurbit.lsp.wire.transport import LARGEST, StreamWriter, read_from_file, read_messages, take_standard_output

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
"""The hosts that a client of this machine names."""


FROZEN = 60.0
"""Seconds without any progress after which the server ends: the editor starts another one."""

WRITING_PATIENCE = 2.0
"""Seconds in which the last answers must be read."""

SWITCH_INTERVAL = 0.001
"""Seconds before Python switches threads. Its default of 5 ms would add up in every answer."""


def main(tcp: tuple[str, int] | None = None, ws: tuple[str, int] | None = None) -> int:
    """Serve one editor, by default over the standard streams. Returns the process's exit code.

    ``tcp`` and ``ws`` are the host and port to listen on; port 0 is any free port. The address is written to standard
    error.

    Raises:
        OSError: the server cannot listen on that host and port.
    """
    if tcp is not None:
        return serve_tcp(*tcp)
    return serve_stdio() if ws is None else serve_ws(*ws)


def serve_stdio() -> int:
    """Serve over the standard streams. Returns the exit code: 0 after an orderly end, else 1."""
    return _run(_stdio())


def serve_tcp(host: str, port: int) -> int:
    """Serve the first client that connects, until it disconnects.

    Raises:
        OSError: the server cannot listen on that host and port.
    """
    return _run(_tcp(host, port))


def serve_ws(host: str, port: int) -> int:
    """Serve the first client that connects by WebSocket, until it disconnects.

    Raises:
        OSError: the server cannot listen on that host and port.
    """
    return _run(_ws(host, port))


def _run(serving: Coroutine[object, object, int]) -> int:
    sys.setswitchinterval(SWITCH_INTERVAL)
    return asyncio.run(_watched(serving))


async def _watched(serving: Coroutine[object, object, int]) -> int:
    """Serve, and end the process where no other code has run for :data:`FROZEN` seconds.

    The C code of a library can hold Python's lock for ever. The watch is a thread of :mod:`faulthandler`, which needs
    no lock; it writes where every thread stands.
    """

    async def rearm() -> None:
        while True:
            faulthandler.dump_traceback_later(FROZEN, exit=True)
            await asyncio.sleep(FROZEN / 10)

    watch = asyncio.ensure_future(rearm())
    try:
        return await serving
    finally:
        watch.cancel()
        faulthandler.cancel_dump_traceback_later()


async def _stdio() -> int:
    loop = asyncio.get_running_loop()
    output = take_standard_output()
    server = CucurbitServer()
    logs.configure(server, loop)
    writer = StreamWriter(output, lambda: server.stop(1), loop)
    server.protocol.set_writer(writer)
    reader = read_from_file(sys.stdin.fileno(), loop)
    code = await server.live(read_messages(reader, server.protocol.receive))
    await writer.drain(WRITING_PATIENCE)
    return code


async def _tcp(host: str, port: int) -> int:
    connections: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await connections.put((reader, writer))

    listener = await asyncio.start_server(connected, host, port, limit=1 << 20)
    token = secrets.token_urlsafe(32)
    _say_address(listener.sockets[0].getsockname(), "tcp", token)
    reader, writer = await connections.get()
    listener.close()
    server = _remote_server(token)
    server.protocol.set_writer(writer)
    try:
        return await server.live(read_messages(reader, server.protocol.receive, strict=True))
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

    async def admitted(connection: ServerConnection, request: Request) -> Response | None:
        problem = refusal(request, token, host)
        return None if problem is None else connection.respond(HTTPStatus.FORBIDDEN, f"{problem}\n")

    taken = asyncio.Event()
    token = secrets.token_urlsafe(32)
    async with serve(connected, host, port, max_size=LARGEST, process_request=admitted) as listener:
        _say_address(next(iter(listener.sockets)).getsockname(), "ws", token)
        return await ended


def refusal(request: Request, token: str, host: str) -> str | None:
    """Why a request to open a WebSocket is refused; None where it is the client's.

    A page in a browser can open one to any port of this machine, so where the page comes from (``Origin``) and the
    name under which it knows this machine (``Host``, which DNS can make anything) must be local ones.
    """
    origins, hosts = request.headers.get_all("Origin"), request.headers.get_all("Host")
    allowed = LOCAL_NAMES | {host.lower()}
    if any(_host_of(each) not in allowed for each in origins):
        return "this origin may not connect"
    if any(_host_of(f"//{each}") not in allowed for each in hosts):
        return "this host is not known"
    query = parse_qs(urlsplit(request.path).query)
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    given = query.get("token", [bearer])[0]
    if not secrets.compare_digest(given.encode("utf-8", "replace"), token.encode()):
        return "the token is missing or wrong: it is in the address that was printed"
    return None


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


async def _read_frames(connection: ServerConnection, server: CucurbitServer) -> None:
    from websockets.exceptions import ConnectionClosed

    try:
        async for frame in connection:
            server.protocol.receive(frame.encode() if isinstance(frame, str) else frame)
            await asyncio.sleep(0)
    except ConnectionClosed:
        return


class _WebSocketWriter:
    """Sends text frames one after the other."""

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


def _remote_server(token: str | None = None) -> CucurbitServer:
    """A server whose client may run on another machine, so that its process id means nothing here."""
    server = CucurbitServer(watches_parent=False, token=token)
    logs.configure(server, asyncio.get_running_loop())
    return server


def _say_address(address: tuple[str, int], scheme: str, token: str) -> None:
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    sys.stderr.write(f"listening at {scheme}://{host}:{address[1]}/?token={token}\n")
    sys.stderr.flush()
