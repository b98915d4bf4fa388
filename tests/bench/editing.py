"""One server with documents open, and the kinds of edits that are made in them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.client import Arrived, Client, Json, Object, Refused
from tests.bench.places import Place, Places

_STALE = frozenset({-32801, -32802})
"""Codes with which a server says that something changed meanwhile, and that it is to be asked again."""

_PUSH = "textDocument/publishDiagnostics"


class NoAnswer(Exception):
    """What must come did not come in time."""


@dataclass
class _Document:
    uri: str
    text: str
    version: int = 1


class Editor:
    """One server and the documents open in it. All texts are ASCII, so that every unit of columns is the same."""

    def __init__(self, name: str, client: Client, patience: float) -> None:
        self.name = name
        self.client = client
        self._patience = patience
        self._documents: dict[str, _Document] = {}
        self._pushed = client.watch(_PUSH)

    def text(self, path: str) -> str:
        """The text of a document as it stands."""
        return self._documents[path].text

    def open(self, path: str) -> float:
        """Open a file. Returns the moment before."""
        text = (self.client.root / path).read_text(encoding="utf-8")
        document = _Document(self.client.uri(path), text)
        self._documents[path] = document
        item: Object = {"uri": document.uri, "languageId": "python", "version": 1, "text": text}
        return self.client.notify("textDocument/didOpen", {"textDocument": item})

    async def opened(self, path: str) -> float:
        """Open a file and wait for its diagnostics. Returns the moment at which they were there."""
        self._forget()
        self.open(path)
        return await self._diagnostics(path)

    async def replace(self, path: str, start: int, end: int, text: str) -> float:
        """Replace characters of a document. Returns the seconds until the diagnostics of that text were there.

        Raises:
            NoAnswer: they never came.
        """
        document = self._documents[path]
        area = {"start": _position(document.text, start), "end": _position(document.text, end)}
        document.text = document.text[:start] + text + document.text[end:]
        document.version += 1
        self._forget()
        begin = self.client.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": document.uri, "version": document.version},
                "contentChanges": [{"range": area, "text": text}],
            },
        )
        return await self._diagnostics(path) - begin

    async def watched(self, changes: Mapping[str, int], asked: str) -> float:
        """Tell of files made (1) and deleted (3). Returns the seconds until the diagnostics of ``asked`` were there."""
        self._forget()
        told: list[Json] = [{"uri": self.client.uri(path), "type": kind} for path, kind in changes.items()]
        begin = self.client.notify("workspace/didChangeWatchedFiles", {"changes": told})
        return await self._diagnostics(asked) - begin

    async def everywhere(self) -> Arrived:
        """``workspace/diagnostic``: complete diagnostics of the whole workspace.

        Raises:
            NoAnswer: they never came.
            Refused: the server does not offer that.
        """
        return await self._asked("workspace/diagnostic", {"previousResultIds": []})

    async def _diagnostics(self, path: str) -> float:
        document = self._documents[path]
        if self.client.pulls:
            return (await self._asked("textDocument/diagnostic", {"textDocument": {"uri": document.uri}})).at
        try:
            return await asyncio.wait_for(self._published(document), self._patience)
        except asyncio.TimeoutError:
            raise NoAnswer(f"{self.name} published nothing for {path}") from None

    async def _asked(self, method: str, params: Object) -> Arrived:
        end = time.perf_counter() + self._patience
        while time.perf_counter() < end:
            try:
                return await self.client.request(method, params, self._patience)
            except Refused as refused:
                if refused.code not in _STALE:
                    raise
            except asyncio.TimeoutError:
                break
        raise NoAnswer(f"{self.name} did not answer {method}")

    async def _published(self, document: _Document) -> float:
        while True:
            arrived = await self._pushed.get()
            params = arrived.message["params"]
            if isinstance(params, Mapping) and params.get("uri") == document.uri:
                version = params.get("version")
                if version is None or version == document.version:
                    return arrived.at

    def _forget(self) -> None:
        while not self._pushed.empty():
            self._pushed.get_nowait()


def _position(text: str, offset: int) -> Object:
    return {"line": text.count("\n", 0, offset), "character": offset - text.rfind("\n", 0, offset) - 1}


@dataclass(frozen=True)
class Kind:
    """A kind of edit: what stands at ``place`` after the ``n``-th edit, given what stood there at first."""

    name: str
    place: Place
    variant: Callable[[int, str], str]
    others: bool
    """Whether tools that look at one file, or at types, answer the same question."""


def kinds(places: Places) -> list[Kind]:
    """The kinds of edits that a workspace has places for."""

    def comment(number: int, was: str) -> str:
        return was.replace(": one", f" {number}:\n# one" if number % 2 else f" {number}: one")

    def name(number: int, was: str) -> str:
        # Every other time it is the name of another table, so that findings come and go in other files.
        return f'"{places.other}"' if number % 2 else f'{was[:-1]}_{number}"'

    found = [
        Kind("edit-body", places.body, lambda n, was: f"{was}        number_{n} = {n}\n", True),
        Kind("edit-comment", places.comment, comment, True),
        Kind("edit-tablename", places.table, name, False),
        Kind("edit-import-main", places.in_main, lambda n, _: places.imported.format(f"added_{n}") * (n % 2), True),
        Kind("edit-syntax", places.syntax, lambda n, _: "def broken(:\n" * (n % 2), True),
    ]
    if places.in_leaf is not None:
        line = places.leaf_imported
        found.append(Kind("edit-import-leaf", places.in_leaf, lambda n, _: line.format(f"added_{n}") * (n % 2), True))
    return found


class Changing:
    """Edits of one kind, made one after the other in one server. Ends as it began."""

    def __init__(self, editor: Editor, kind: Kind) -> None:
        self._editor = editor
        self._kind = kind
        text = editor.text(kind.place.path)
        self._start = kind.place.start(text)
        self._first = self._now = kind.place.text
        self._number = 0

    async def once(self) -> float:
        """The next edit. Returns the seconds until its diagnostics were there."""
        self._number += 1
        return await self._put(self._kind.variant(self._number, self._first))

    async def undo(self) -> None:
        """Back to what stood there at first."""
        if self._now != self._first:
            await self._put(self._first)

    async def _put(self, text: str) -> float:
        end = self._start + len(self._now)
        self._now = text
        return await self._editor.replace(self._kind.place.path, self._start, end, text)


class Files:
    """Making and deleting one file of models, on disk."""

    def __init__(self, editor: Editor, places: Places) -> None:
        self._editor = editor
        self._places = places
        self._path = f"{places.folder}/extra_models.py"
        self._number = 0

    @property
    def _file(self) -> Path:
        return self._editor.client.root / self._path

    async def once(self) -> float:
        """Make the file, or delete it. Returns the seconds until the diagnostics of ``main`` were there."""
        self._number += 1
        if self._file.exists():
            return await self._delete()
        self._file.write_text(
            f"from sqlalchemy import Column, Integer\n\nfrom {self._places.package}.core.db import Base\n\n\n"
            f'class Extra(Base):\n    __tablename__ = "extras_{self._number}"\n\n'
            f"    id = Column(Integer, primary_key=True)\n",
            encoding="utf-8",
        )
        return await self._editor.watched({self._path: 1}, self._places.main)

    async def undo(self) -> None:
        """Without the file."""
        if self._file.exists():
            await self._delete()

    async def _delete(self) -> float:
        self._file.unlink()
        return await self._editor.watched({self._path: 3}, self._places.main)
