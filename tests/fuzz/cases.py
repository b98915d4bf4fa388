"""The kinds of cases. Each is a function of a seed and a workspace; it raises where the program fails."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import TypeAlias

from cucurbit.analysis.engine import analyse, findings
from cucurbit.cli.main import main
from cucurbit.lsp.language_server import CucurbitServer
from cucurbit.lsp.wire.transport import read_messages
from cucurbit.opening import folder_workspace
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.session.memory import Memory
from cucurbit.workspace.tree.files import MemoryTree
from tests.bad_input.conftest import look
from tests.fuzz.mutate import changed_paths, mutated
from tests.fuzz.seeds import FILES, PIECES, TRACEBACK
from tests.fuzz.writes import writes

Files: TypeAlias = Mapping[str, bytes]
Case: TypeAlias = Callable[[int, Files], int]
"""It gives how many of its kind it tried."""

COMMANDS = (
    *(["check", "--output-format", form] for form in ("text", "json", "sarif", "github", "gitlab", "junit")),
    ["check", "--show-fixes", "--verbose"],
    ["check", "--diff", "--unsafe-fixes"],
    *(["timeline", "--output-format", form] for form in ("text", "json", "html")),
    ["models"],
    ["models", "--output-format", "json"],
    *(["revisions", "--output-format", form] for form in ("text", "json", "mermaid", "html")),
    *(["schema", "--output-format", form] for form in ("text", "mermaid", "dbml", "dot", "plantuml", "sql", "json")),
    ["schema", "--inject", "README.md"],
    ["explain"],
)
_EDITS = 4
"""Edits of one workspace."""
_ESCAPES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def analysed(_: int, files: Files) -> int:
    """Every file of a workspace is read, every entry point simulated, every rule run. Only changed files count."""
    look(files)
    return len(changed_paths(files))


def commands(seed: int, files: Files) -> int:
    """A command ends with a code that it documents, and writes what its format demands."""
    random = Random(seed)
    with written(files):
        for arguments in random.sample(COMMANDS, 3):
            given = [*arguments, mutated(random, TRACEBACK)] if arguments == ["explain"] else arguments
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main([*given, "--no-cache"])
            what = f"{arguments}: {code}: {err.getvalue()[-500:]}"
            assert code in {0, 1, 2}, what
            assert "internal error" not in err.getvalue(), what
            assert "Traceback (most" not in err.getvalue(), what
            assert _ESCAPES.search(err.getvalue()) is None, what
            _check_output(arguments, out.getvalue(), code)
    return 1


def _check_output(arguments: list[str], out: str, code: int) -> None:
    form = arguments[-1]
    if form in {"json", "sarif", "gitlab"}:
        if code != 2:
            json.loads(out)
    elif form == "html":
        assert "<img src=x" not in out, arguments
    else:
        assert _ESCAPES.search(out) is None, (arguments, _ESCAPES.search(out))
    if form == "github":
        assert all(line.startswith("::") for line in out.splitlines()), arguments


@contextlib.contextmanager
def written(files: Files) -> Iterator[Path]:
    """The files in a folder, which is the current one in the block."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        for path, data in files.items():
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)


def edits(seed: int, files: Files) -> int:
    """After each edit, what is kept from the snapshots before gives the findings of a fresh analysis."""
    random = Random(seed)
    memory = Memory()
    buffers: dict[str, str] = {}
    workspace = folder_workspace(MemoryTree(files), NAMES)
    texts = {path: data.decode("utf-8", "replace") for path, data in files.items()}
    for _ in range(_EDITS):
        path = random.choice(tuple(FILES))
        if path in buffers and random.random() < 0.3:
            del buffers[path]
        else:
            buffers[path] = mutated(random, buffers.get(path, texts.get(path, ""))).replace("\ud800", "")
        workspace = workspace.with_changes((), buffers)
        context = memory.analysed(workspace, lambda _: None, _raise)
        found = findings(context, RULES)
        # A file with a syntax error counts as it was before the error: only the live program knows that.
        if not any(workspace.is_stale(each) for each in buffers):
            fresh = folder_workspace(MemoryTree(files), NAMES).with_changes((), buffers)
            assert found == findings(analyse(fresh), RULES)
    return _EDITS


def _raise(_: object, error: Exception) -> None:
    raise error


METHODS = (
    "initialize", "initialized", "shutdown", "textDocument/didOpen", "textDocument/didChange", "textDocument/didClose",
    "textDocument/hover", "textDocument/codeAction", "textDocument/codeLens", "textDocument/inlayHint",
    "textDocument/documentSymbol", "textDocument/diagnostic", "textDocument/completion", "completionItem/resolve",
    "textDocument/signatureHelp", "workspace/symbol", "workspace/diagnostic",
    "workspace/executeCommand", "workspace/didChangeConfiguration", "workspace/didChangeWatchedFiles",
    "workspace/didChangeWorkspaceFolders", "workspace/willRenameFiles", "codeAction/resolve", "$/cancelRequest",
    "$/setTrace", "window/workDoneProgress/cancel", "cucurbit/nothing",
)  # fmt: skip
COMMAND_NAMES = ("cucurbit.entryPoints", "cucurbit.timeline", "cucurbit.applyFix", "cucurbit.registration", "x")


def sessions(seed: int, files: Files) -> int:
    """Whatever messages come, the server answers a request afterwards, or has ended in order."""
    with written(files) as root:
        asyncio.run(asyncio.wait_for(_session(Random(seed), root), 60))
    return 1


async def _session(random: Random, root: Path) -> None:
    server = CucurbitServer(watches_parent=False)
    sent: list[bytes] = []
    server.protocol.set_writer(_Writer(sent))
    reader = asyncio.StreamReader()
    living = asyncio.ensure_future(server.live(read_messages(reader, server.protocol.receive)))
    start: dict[str, object] = {"processId": None, "rootUri": root.as_uri(), "capabilities": {}}
    if random.random() < 0.9:
        _feed(reader, {"id": 0, "method": "initialize", "params": start})
        _feed(reader, {"method": "initialized", "params": {}})
    for number in range(random.randrange(1, 12)):
        message = _message(random, root, number + 1)
        body = json.dumps(message).encode()
        if random.random() < 0.3:
            body = mutated(random, body.decode()).encode("utf-8", "surrogatepass")
        reader.feed_data(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        await asyncio.sleep(0)
    _feed(reader, {"id": "last", "method": "shutdown"})
    if random.random() < 0.1:
        reader.feed_data(random.choice((b"Content-Length: -1\r\n\r\n", b"x\r\n\r\n", b"Content-Length: 99\r\n\r\n{")))
    else:
        _feed(reader, {"method": "exit"})
    reader.feed_eof()
    await living
    answers = [json.loads(each.partition(b"\r\n\r\n")[2] or each) for each in sent if b"jsonrpc" in each]
    assert any(each.get("id") in {"last", None} for each in answers), answers


class _Writer:
    """Collects what the server sends."""

    def __init__(self, sent: list[bytes]) -> None:
        self._sent = sent

    def write(self, data: bytes) -> None:
        self._sent.append(data)

    def close(self) -> None:
        """Nothing is open."""


def _feed(reader: asyncio.StreamReader, message: Mapping[str, object]) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    reader.feed_data(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))


def _message(random: Random, root: Path, number: int) -> dict[str, object]:
    path = random.choice((*FILES, "../x.py", "", "new.py"))
    uri = random.choice((root.as_uri() + "/" + path, "untitled:x", "file:///", random.choice(PIECES)))
    place = {"line": random.choice((0, 1, 7, -1, 2**40)), "character": random.choice((0, 3, 900, -1))}
    text = mutated(random, FILES["app/models.py"])
    params: dict[str, object] = {
        "textDocument": {"uri": uri, "version": number, "languageId": "python", "text": text},
        "position": place,
        "range": {"start": place, "end": place},
        "context": {"diagnostics": []},
        "contentChanges": [{"range": {"start": place, "end": place}, "text": random.choice(PIECES)}],
        "query": random.choice(PIECES),
        "command": random.choice(COMMAND_NAMES),
        "arguments": [random.choice((uri, {}, None, 1, [uri]))],
        "settings": {"cucurbit": random.choice(({}, None, {"exclude": 1}, []))},
        "changes": [{"uri": uri, "type": 1}],
        "event": {"added": [{"uri": uri, "name": "x"}], "removed": []},
        "files": [{"oldUri": uri, "newUri": root.as_uri() + "/y.py"}],
        "previousResultIds": [],
        "id": random.choice((number, "x", [], {}, None)),
        "value": "off",
        "token": random.choice((1, "x", [])),
        "title": "x",
    }  # fmt: skip
    for name in random.sample(tuple(params), random.choice((0, 0, 0, 1, 3))):
        params[name] = random.choice((None, 1, "x" * 3_000, [], {}, [[]], {"uri": []}))
    message: dict[str, object] = {"jsonrpc": "2.0", "method": random.choice(METHODS[3:]), "params": params}
    if random.random() < 0.7:
        message["id"] = random.choice((number, f"s{number}", 1.5, None, []))
    return message


def refused_writes(seed: int, files: Files) -> int:
    """What is written while the disk is full, or by a process that is killed, is written whole or not at all."""
    with written(files) as root:
        writes(seed, root)
    return 1


KINDS: Mapping[str, Case] = {
    "files": analysed,
    "workspaces": commands,
    "sessions": sessions,
    "edits": edits,
    "writes": refused_writes,
}
"""The kinds, by the name with which the command selects them."""
