"""How the protocol is spoken: pull, cancellation, progress, what is ill-formed, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from websockets.typing import Origin

from tests.lsp.editor import NEOVIM, PATIENCE, SERVE, Editor
from tests.lsp.workspaces import INCIDENT, lay_out


def pulling(able: types.ClientCapabilities) -> None:
    assert able.text_document is not None
    assert able.workspace is not None
    able.text_document.diagnostic = types.DiagnosticClientCapabilities(related_document_support=True)
    able.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)


def identifier(file: Path) -> types.TextDocumentIdentifier:
    return types.TextDocumentIdentifier(file.as_uri())


async def test_diagnostics_are_pulled_and_not_pushed_where_the_client_can(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    result = await editor.start(root, adapt=pulling)
    provider = result.capabilities.diagnostic_provider
    assert isinstance(provider, types.DiagnosticOptions)
    assert provider.inter_file_dependencies
    assert provider.workspace_diagnostics
    domain, extra = root / "app/models_domain.py", root / "app/models_extra.py"

    async def pull(file: Path, known: str | None = None) -> types.DocumentDiagnosticReport:
        return await editor.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(identifier(file), previous_result_id=known)
        )

    first = await pull(domain)
    assert isinstance(first, types.RelatedFullDocumentDiagnosticReport)
    assert "duplicate-table" in [each.code for each in first.items]
    again = await pull(domain, first.result_id)
    assert isinstance(again, types.RelatedUnchangedDocumentDiagnosticReport)
    assert again.result_id == first.result_id

    everything = await editor.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([]))
    full = [each for each in everything.items if isinstance(each, types.WorkspaceFullDocumentDiagnosticReport)]
    assert {domain.as_uri(), extra.as_uri()} <= {each.uri for each in full}
    known = [types.PreviousResultId(each.uri, each.result_id or "") for each in full]
    everything = await editor.workspace_diagnostic_async(types.WorkspaceDiagnosticParams(known))
    assert {each.kind for each in everything.items} == {"unchanged"}

    # A change elsewhere: the client is told to ask again, and nothing but what changed comes in full.
    refreshes = editor.refreshes.count("diagnostic")
    extra.write_text(extra.read_text().replace("energy_events", "meters"))
    editor.saved(extra)
    await editor.until(lambda: editor.refreshes.count("diagnostic") > refreshes)
    fixed = await pull(domain, first.result_id)
    assert isinstance(fixed, types.RelatedFullDocumentDiagnosticReport)
    assert "duplicate-table" not in [each.code for each in fixed.items]
    assert not editor.published


async def test_a_pull_that_a_change_overtakes_is_to_be_asked_again(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root, adapt=pulling)
    domain = root / "app/models_domain.py"
    uri = editor.open(domain)
    params = types.DocumentDiagnosticParams(identifier(domain))
    await editor.text_document_diagnostic_async(params)
    editor.type_all(uri, "# nothing here\n")
    pending = editor.protocol.send_request(types.TEXT_DOCUMENT_DIAGNOSTIC, params)
    editor.type_all(uri, "# nor here\n")
    with pytest.raises(JsonRpcException) as caught:
        await asyncio.wrap_future(pending)
    assert caught.value.code == -32802
    assert caught.value.data == {"retriggerRequest": True}


async def test_a_client_that_cannot_be_told_to_pull_again_is_pushed_to(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    result = await editor.start(root, spec=NEOVIM)
    assert result.capabilities.diagnostic_provider is None
    await editor.shown(root / "app/models_domain.py", "duplicate-table")


async def test_requests_are_cancelled_and_overtaken(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    domain = root / "app/models_domain.py"
    uri = editor.open(domain)
    await editor.analysed()
    hover = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(5, 8))
    assert await editor.text_document_hover_async(hover) is not None
    editor.type_all(uri, INCIDENT["app/models_domain.py"] + "\n")
    cancelled = editor.protocol.send_request(types.TEXT_DOCUMENT_HOVER, hover, msg_id="to-be-cancelled")
    editor.cancel_request(types.CancelParams("to-be-cancelled"))
    overtaken = editor.protocol.send_request(types.TEXT_DOCUMENT_HOVER, hover, msg_id="to-be-overtaken")
    editor.type_all(uri, INCIDENT["app/models_domain.py"] + "# more\n")
    with pytest.raises(JsonRpcException) as caught:
        await asyncio.wrap_future(cancelled)
    assert caught.value.code == -32800
    with pytest.raises(JsonRpcException) as caught:
        await asyncio.wrap_future(overtaken)
    assert caught.value.code == -32801
    assert await editor.text_document_hover_async(hover) is not None


async def test_progress_of_the_first_analysis_is_shown_and_ends(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(
        tmp_path,
        {
            **INCIDENT,
            **{
                f"scripts/job{n}.py": "import app.models_domain\nif __name__ == '__main__':\n    print()\n"
                for n in range(40)
            },
        },
    )
    await editor.start(root)

    def bars() -> list[list[object]]:
        return [list(map(type, each)) for each in editor.progress_reports.values() if each]

    await editor.shown(root / "app/models_domain.py", "duplicate-table")
    for kinds in bars():
        assert kinds[0] is types.WorkDoneProgressBegin
    # The bar may never be shown where the analysis is faster than the client; one that is shown ends.
    await editor.until(lambda: all(kinds[-1] is types.WorkDoneProgressEnd for kinds in bars()))


# ------------------------------------------------------------------- the wire


class Wire:
    """A server spoken to byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, write: Callable[[bytes], None]) -> None:
        self.reader = reader
        self.write = write

    def send(self, value: object) -> None:
        self.send_body(json.dumps(value).encode())

    def send_body(self, body: bytes) -> None:
        self.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    async def receive(self) -> dict[str, object]:
        length = 0
        while line := (await self.reader.readline()).strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        message: dict[str, object] = json.loads(await self.reader.readexactly(length))
        return message

    async def answer(self, number: object) -> dict[str, object]:
        """The answer to a request, whatever comes before it."""
        while True:
            message = await self.receive()
            if "method" not in message and message.get("id") == number:
                return message

    async def initialize(self, root: Path | None = None, process: int | None = None, token: str = "") -> None:
        self.send(
            {
                "jsonrpc": "2.0",
                "id": 0,
                "method": "initialize",
                "params": {
                    "processId": process,
                    "rootUri": None if root is None else root.as_uri(),
                    "capabilities": {},
                    "initializationOptions": {"token": token},
                },
            }
        )
        assert "result" in await self.answer(0)
        self.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})


@asynccontextmanager
async def serving(*options: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, Wire]]:
    process = await asyncio.create_subprocess_exec(
        *SERVE, *options, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process, Wire(process.stdout, process.stdin.write)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def code_of(message: dict[str, object]) -> object:
    error = message["error"]
    assert isinstance(error, dict)
    assert "Traceback" not in json.dumps(message)
    return error["code"]


async def test_ill_formed_messages_are_answered_and_survived(tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    async with serving() as (_, wire):
        wire.send({"jsonrpc": "2.0", "id": 1, "method": "textDocument/hover", "params": {}})
        assert code_of(await wire.answer(1)) == -32002
        wire.send({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {}})
        await wire.initialize(root)
        wire.write(b"no header at all\r\n\r\nX-Unknown: 1\r\n\r\n")
        wire.send_body(b"{not json")
        assert code_of(await wire.answer(None)) == -32700
        wire.send_body(b"\xff\xfe\x00")
        assert code_of(await wire.answer(None)) == -32700
        wire.send_body(b"[" * 100_000)
        assert code_of(await wire.answer(None)) == -32700
        wire.send([{"jsonrpc": "2.0", "method": "initialized"}])
        assert code_of(await wire.answer(None)) == -32600
        wire.send({"id": 7, "method": "shutdown"})
        assert code_of(await wire.answer(None)) == -32600
        wire.send({"jsonrpc": "2.0", "id": 2, "method": "textDocument/hover", "params": {"position": "here"}})
        assert code_of(await wire.answer(2)) == -32602
        wire.send({"jsonrpc": "2.0", "id": 3, "method": "textDocument/nonsense", "params": {}})
        assert code_of(await wire.answer(3)) == -32601
        wire.send({"jsonrpc": "2.0", "id": 4, "method": "initialize", "params": {"capabilities": {}}})
        assert code_of(await wire.answer(4)) == -32600
        wire.send({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {"textDocument": 5}})
        wire.send({"jsonrpc": "2.0", "id": "never asked", "result": None})
        wire.send({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 99}})
        wire.send({"jsonrpc": "2.0", "id": 5, "method": "workspace/executeCommand", "params": {"command": "rm"}})
        assert code_of(await wire.answer(5)) == -32602
        wire.send({"jsonrpc": "2.0", "id": 6, "method": "workspace/symbol", "params": {"query": "EnergyEvent"}})
        result = (await wire.answer(6))["result"]
        assert isinstance(result, list)
        assert len(result) == 2


async def test_shutdown_and_exit_end_the_process_with_zero(tmp_path: Path) -> None:
    async with serving() as (process, wire):
        await wire.initialize(lay_out(tmp_path, INCIDENT))
        wire.send({"jsonrpc": "2.0", "id": 1, "method": "shutdown"})
        assert (await wire.answer(1))["result"] is None
        wire.send({"jsonrpc": "2.0", "id": 2, "method": "workspace/symbol", "params": {"query": ""}})
        assert code_of(await wire.answer(2)) == -32600
        wire.send({"jsonrpc": "2.0", "method": "exit"})
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0


async def test_the_server_ends_when_its_client_closes_the_stream(tmp_path: Path) -> None:
    async with serving() as (process, wire):
        await wire.initialize(lay_out(tmp_path, INCIDENT))
        assert process.stdin is not None
        # In the middle of a message.
        wire.write(b"Content-Length: 1000\r\n\r\n{")
        process.stdin.close()
        await asyncio.wait_for(process.wait(), PATIENCE)


async def test_the_server_ends_when_the_editor_is_gone(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    async with serving() as (process, wire):
        await wire.initialize(lay_out(tmp_path, INCIDENT), process=gone.pid)
        await asyncio.wait_for(process.wait(), PATIENCE)


async def address(process: asyncio.subprocess.Process) -> tuple[str, int, str]:
    """Host, port and token of the address that the server prints."""
    assert process.stderr is not None
    found = urlsplit((await process.stderr.readline()).decode().strip().removeprefix("listening at "))
    assert found.hostname is not None
    assert found.port is not None
    return found.hostname, found.port, parse_qs(found.query)["token"][0]


async def test_tcp_serves_one_client_and_ends_with_it(tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    async with serving("--tcp", "127.0.0.1:0") as (process, _):
        editor = Editor()
        host, port, token = await address(process)
        await editor.start_tcp(host, port)
        await editor.start(root, options={"token": token})
        await editor.shown(root / "app/models_domain.py", "duplicate-table")
        await editor.shutdown_session()
        await asyncio.wait_for(process.wait(), PATIENCE)
        await editor.stop()  # type: ignore[no-untyped-call]
        # pygls leaves the connection to the collector of garbage.
        connection = editor.protocol.writer
        assert isinstance(connection, asyncio.StreamWriter)
        connection.close()


async def test_a_tcp_client_that_breaks_off_ends_the_server(tmp_path: Path) -> None:
    async with serving("--tcp", "127.0.0.1:0") as (process, _):
        host, port, token = await address(process)
        reader, writer = await asyncio.open_connection(host, port)
        await Wire(reader, writer.write).initialize(lay_out(tmp_path, INCIDENT), token=token)
        writer.write(b"Content-Length: 10\r\n\r\n")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        await asyncio.wait_for(process.wait(), PATIENCE)


async def test_websockets_serve_one_client_and_end_with_it(tmp_path: Path) -> None:
    from websockets.asyncio.client import connect

    root = lay_out(tmp_path, INCIDENT)
    async with serving("--ws", "127.0.0.1:0") as (process, _):
        host, port, token = await address(process)
        async with connect(f"ws://{host}:{port}/?token={token}") as connection:
            able = {"textDocument": {"publishDiagnostics": {"relatedInformation": True}}}
            params = {"processId": os.getpid(), "rootUri": root.as_uri(), "capabilities": able}
            await connection.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}))
            await connection.send(json.dumps({"jsonrpc": "2.0", "method": "initialized", "params": {}}))
            found: set[object] = set()
            while "duplicate-table" not in found:
                message = json.loads(await asyncio.wait_for(connection.recv(), PATIENCE))
                if message.get("method") == "textDocument/publishDiagnostics":
                    found |= {each["code"] for each in message["params"]["diagnostics"]}
        await asyncio.wait_for(process.wait(), PATIENCE)


async def test_no_page_of_a_browser_gets_in() -> None:
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidStatus

    async with serving("--ws", "127.0.0.1:0") as (process, _):
        host, port, token = await address(process)
        for path, headers in (
            ("/", {}),
            ("/?token=wrong", {}),
            (f"/?token={token}", {"Origin": "https://evil.example"}),
            (f"/?token={token}", {"Origin": "null"}),
            (f"/?token={token}", {"Origin": "http://localhost.evil.example"}),
            (f"/?token={token}", {"Host": "rebound.evil.example"}),
        ):
            with pytest.raises(InvalidStatus) as refused:
                async with connect(f"ws://{host}:{port}{path}", additional_headers=headers):
                    pass
            assert refused.value.response.status_code == 403
        # Who was refused takes nobody's place.
        async with connect(f"ws://{host}:{port}/?token={token}", origin=Origin("http://localhost:3000")):
            pass
        await asyncio.wait_for(process.wait(), PATIENCE)


async def test_a_stranger_on_tcp_is_refused() -> None:
    async with serving("--tcp", "127.0.0.1:0") as (process, _):
        host, port, _token = await address(process)
        reader, writer = await asyncio.open_connection(host, port)
        wire = Wire(reader, writer.write)
        wire.send({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}})
        assert code_of(await wire.answer(1)) == -32600
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 1
        writer.close()


async def test_a_message_in_a_browsers_request_is_not_read() -> None:
    async with serving("--tcp", "127.0.0.1:0") as (process, _):
        host, port, token = await address(process)
        reader, writer = await asyncio.open_connection(host, port)
        options = {"token": token}
        body = json.dumps(
            {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "initialize",
                "params": {"capabilities": {}, "initializationOptions": options},
            }
        )
        writer.write(f"POST /a:b HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        await asyncio.wait_for(process.wait(), PATIENCE)
        writer.close()


async def test_no_single_message_ends_the_server() -> None:
    async with serving() as (_, wire):
        await wire.initialize()
        for number in ([], {}, None, [1], {"a": 1}, 1.5):
            for message in (
                {"method": "$/cancelRequest", "params": {"id": number}},
                {"method": "$/cancelRequest", "params": number},
                {"id": number, "result": None},
                {"id": number, "error": {"code": 1, "message": "x"}},
                {"id": number, "method": "workspace/symbol", "params": {"query": ""}},
                {"id": 3, "method": number},
                {"method": number},
                {},
            ):
                wire.send({"jsonrpc": "2.0", **message})
        wire.send({"jsonrpc": "2.0", "id": 9, "method": "workspace/symbol", "params": {"query": ""}})
        assert "result" in await wire.answer(9)


async def test_a_long_text_where_a_list_is_wanted_is_refused_at_once() -> None:
    async with serving() as (process, wire):
        await wire.initialize()
        params = {"event": {"added": "x" * 200_000, "removed": []}}
        wire.send({"jsonrpc": "2.0", "method": "workspace/didChangeWorkspaceFolders", "params": params})
        wire.send({"jsonrpc": "2.0", "id": 9, "method": "shutdown"})
        assert "result" in await wire.answer(9)
        wire.send({"jsonrpc": "2.0", "method": "exit"})
        _, said = await process.communicate()
        assert len(said.splitlines()) <= 2
        assert b"Traceback" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe that is full blocks in another way on Windows")
async def test_a_client_that_reads_nothing_does_not_keep_the_server(tmp_path: Path) -> None:
    """Its end of the output stays open, in this process; its end of the input is closed."""
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(*SERVE, stdin=subprocess.PIPE, stdout=writing)
    try:
        assert process.stdin is not None
        wire = Wire(asyncio.StreamReader(), process.stdin.write)
        wire.send({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": {}}})
        for number in range(1, 400):
            wire.send({"jsonrpc": "2.0", "id": number, "method": "x" * 2_000, "params": {}})
        await process.stdin.drain()
        process.stdin.close()
        await asyncio.wait_for(process.wait(), PATIENCE)
    finally:
        os.close(reading)
        os.close(writing)
