"""A client of language servers that does little itself: raw bytes, and the moment at which each message was there."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Object: TypeAlias = Mapping[str, Json]

CAPABILITIES: Object = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        "synchronization": {"didSave": True},
        "publishDiagnostics": {"relatedInformation": True, "versionSupport": True, "codeDescriptionSupport": True},
        "diagnostic": {"dynamicRegistration": False, "relatedDocumentSupport": False},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor", "source"]}},
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        },
    },
    "workspace": {
        "applyEdit": True,
        "configuration": True,
        "workspaceFolders": True,
        "didChangeWatchedFiles": {"dynamicRegistration": True},
        "diagnostics": {"refreshSupport": True},
        "workspaceEdit": {"documentChanges": True},
    },
    "window": {"workDoneProgress": True},
}
"""What a usual editor can do. Whoever offers diagnostics on request is asked for them."""

_REFUSED = -32601


class ServerGone(Exception):
    """The server ended, or closed its output."""


class Refused(Exception):
    """The server answered a request with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True)
class Arrived:
    """A message, and when its last byte was there, by :func:`time.perf_counter`."""

    message: Object
    at: float


class Client:
    """One server over its standard streams."""

    def __init__(self, process: asyncio.subprocess.Process, root: Path) -> None:
        self._process = process
        self.root = root
        self.capabilities: Object = {}
        self.started = 0.0
        self._answers: dict[int, asyncio.Future[Arrived]] = {}
        self._watchers: list[tuple[str, asyncio.Queue[Arrived]]] = []
        self._number = 0
        self._gone: ServerGone | None = None
        self._reading = asyncio.ensure_future(self._read())

    @classmethod
    async def start(cls, argv: Sequence[str], root: Path, environment: Mapping[str, str]) -> Client:
        """Start a server in the folder ``root``; :attr:`started` is the moment before."""
        begin = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=root,
            env=dict(environment),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=1 << 24,
        )
        client = cls(process, root)
        client.started = begin
        return client

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def pulls(self) -> bool:
        """Whether the server gives diagnostics on request."""
        return bool(self.capabilities.get("diagnosticProvider"))

    def uri(self, path: str) -> str:
        """The URI of a file of the workspace."""
        return (self.root / path).as_uri()

    async def initialize(self, options: Object | None = None) -> None:
        """``initialize`` and ``initialized``."""
        answer = await self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "clientInfo": {"name": "bench", "version": "1"},
                "rootUri": self.root.as_uri(),
                "rootPath": str(self.root),
                "workspaceFolders": [{"uri": self.root.as_uri(), "name": self.root.name}],
                "capabilities": CAPABILITIES,
                "initializationOptions": options or {},
            },
        )
        result = answer.message.get("result")
        found = result.get("capabilities") if isinstance(result, Mapping) else None
        self.capabilities = found if isinstance(found, Mapping) else {}
        self.notify("initialized", {})

    def notify(self, method: str, params: Json) -> float:
        """Send a notification. Returns the moment before."""
        begin = time.perf_counter()
        self._send({"jsonrpc": "2.0", "method": method, "params": params})
        return begin

    def begin(self, method: str, params: Json) -> asyncio.Future[Arrived]:
        """Send a request. The future raises :class:`Refused` or :class:`ServerGone`."""
        self._number += 1
        future: asyncio.Future[Arrived] = asyncio.get_running_loop().create_future()
        if self._gone is not None:
            future.set_exception(self._gone)
            return future
        self._answers[self._number] = future
        message: dict[str, Json] = {"jsonrpc": "2.0", "id": self._number, "method": method}
        if params is not None:
            message["params"] = params
        self._send(message)
        return future

    async def request(self, method: str, params: Json, timeout: float = 600) -> Arrived:
        """Send a request and wait for its answer.

        Raises:
            Refused: the server answered with an error.
            ServerGone: the server ended.
            asyncio.TimeoutError: no answer came within ``timeout`` seconds.
        """
        return await asyncio.wait_for(self.begin(method, params), timeout)

    def watch(self, method: str) -> asyncio.Queue[Arrived]:
        """What comes of a notification's method from now on."""
        queue: asyncio.Queue[Arrived] = asyncio.Queue()
        self._watchers.append((method, queue))
        return queue

    def unwatch(self, queue: asyncio.Queue[Arrived]) -> None:
        self._watchers = [each for each in self._watchers if each[1] is not queue]

    async def close(self) -> None:
        """Shut the server down; one that does not end is killed."""
        if self._gone is None:
            try:
                await self.request("shutdown", None, timeout=10)
                self.notify("exit", None)
            except (asyncio.TimeoutError, Refused, ServerGone):
                pass
        try:
            await asyncio.wait_for(self._process.wait(), 20)
        except asyncio.TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._reading.cancel()

    # ---------------------------------------------------------------- transport

    def _send(self, message: Object) -> None:
        body = json.dumps(message, separators=(",", ":")).encode()
        stream = self._process.stdin
        if stream is not None and not stream.is_closing():
            stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def _read(self) -> None:
        stream = self._process.stdout
        if stream is None:
            return
        try:
            while True:
                length = 0
                while (line := await stream.readline()) not in {b"\r\n", b"\n"}:
                    if not line:
                        raise ServerGone
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                body = await stream.readexactly(length)
                # A profiler writes lines of its own before the first message.
                if body:
                    self._take(Arrived(json.loads(body), time.perf_counter()))
        except (ServerGone, asyncio.IncompleteReadError, OSError, ValueError) as error:
            self._gone = ServerGone(str(error) or "the server closed its output")
            for future in self._answers.values():
                if not future.done():
                    future.set_exception(self._gone)
            self._answers.clear()

    def _take(self, arrived: Arrived) -> None:
        message = arrived.message
        method = message.get("method")
        number = message.get("id")
        if isinstance(method, str):
            if number is not None:
                self._reply(method, number, message.get("params"))
            for wanted, queue in self._watchers:
                if wanted == method:
                    queue.put_nowait(arrived)
        elif isinstance(number, int):
            future = self._answers.pop(number, None)
            error = message.get("error")
            if future is None or future.done():
                return
            if isinstance(error, Mapping):
                code = error.get("code")
                future.set_exception(Refused(code if isinstance(code, int) else 0, str(error.get("message"))))
            else:
                future.set_result(arrived)

    def _reply(self, method: str, number: Json, params: Json) -> None:
        result: Json = None
        if method == "workspace/configuration" and isinstance(params, Mapping):
            items = params.get("items")
            result = [None] * len(items) if isinstance(items, Sequence) else []
        elif method == "workspace/applyEdit":
            result = {"applied": False}
        self._send({"jsonrpc": "2.0", "id": number, "result": result})
