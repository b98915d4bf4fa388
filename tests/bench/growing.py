"""Whether anything grows in a server that runs for long: its memory, and the handles that it holds.

Each scenario is done twice, a tenth of it to warm up: what counts is the difference between the two ends.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cucurbit.session.session import QUIET
from tests.bench.client import Client, Json, Object
from tests.bench.results import Key, Results
from tests.bench.tools import OURS
from tests.bench.usage import usage_of

_CREATED, _DELETED = 1, 3
_BATCH = 100
"""Files that are created, told of, and deleted at once."""
_MODEL = (
    "from sqlalchemy import Column, Integer\nfrom sqlalchemy.orm import declarative_base\n\nBase = declarative_base()\n"
    "\n\nclass Model{0}(Base):\n    __tablename__ = 'table{0}'\n    id = Column(Integer, primary_key=True)\n"
)
_MOST_EDITED = 8
_A_WHILE = 2 * QUIET


@dataclass(frozen=True)
class Limits:
    """How often each thing is done."""

    edits: int = 5_000
    folders: int = 50
    clients: int = 200
    files: int = 10_000


@dataclass(frozen=True)
class Held:
    """What a server holds: MiB of memory, and open handles."""

    memory: float
    handles: int

    @classmethod
    def by(cls, client: Client) -> Held:
        usage = usage_of(client.pid)
        return cls(usage.memory if usage else 0, len(os.listdir(f"/proc/{client.pid}/fd")))


class Growing:
    """Measures one project."""

    def __init__(self, root: Path, limits: Limits, results: Results) -> None:
        self._root = root
        self._limits = limits
        self._results = results
        self._cache = tempfile.mkdtemp(prefix="cucurbit-growing-")

    async def measure(self) -> None:
        """All scenarios. The project is copied, as files are created in it."""
        try:
            await self._twice("grow-edits", self._limits.edits, self._edit)
            await self._twice("grow-files", self._limits.files, self._files)
            await self._twice("grow-folders", self._limits.folders, self._folders)
            await self._clients()
        finally:
            shutil.rmtree(self._cache)

    async def _start(self) -> Client:
        environment = {**os.environ, "CUCURBIT_CACHE_DIR": self._cache}
        client = await Client.start([sys.executable, "-m", "cucurbit", "serve"], self._root, environment)
        await client.initialize()
        await self._rest(client)
        return client

    async def _rest(self, client: Client) -> None:
        """Wait until everything is analysed."""
        await client.request("workspace/diagnostic", {"previousResultIds": []})

    async def _held(self, client: Client) -> Held:
        """What the server holds when nothing has changed for a while."""
        await self._rest(client)
        await asyncio.sleep(_A_WHILE)
        return Held.by(client)

    async def _twice(self, scenario: str, count: int, work: Callable[[Client, int], Awaitable[None]]) -> None:
        client = await self._start()
        try:
            await work(client, max(1, count // 10))
            before = await self._held(client)
            await work(client, count)
            self._add(scenario, count, before, await self._held(client))
        finally:
            await client.close()

    def _add(self, scenario: str, count: int, before: Held, after: Held) -> None:
        key = Key(scenario, self._root.name, OURS)
        found: Mapping[str, tuple[str, float]] = {
            "times": ("", count),
            "before": ("MiB", before.memory),
            "memory": ("MiB", after.memory - before.memory),
            "handles": ("", after.handles - before.handles),
        }
        for quantity, (unit, value) in found.items():
            self._results.add(key, quantity, unit, [value])
        sys.stderr.write(f"{scenario} {self._root.name}: {count} times, {before} -> {after}\n")

    async def _edit(self, client: Client, count: int) -> None:
        """Edits in turns in a few files: comments come and go, and a function with every tenth edit."""
        texts = {path: path.read_text("utf-8") for path in self._edited()}
        for path, text in texts.items():
            document: Object = {"uri": path.as_uri(), "languageId": "python", "version": 0, "text": text}
            client.notify("textDocument/didOpen", {"textDocument": document})
        for number in range(1, count + 1):
            path = list(texts)[number // 2 % len(texts)]
            added = f"\n\ndef added_{number}():\n    return {number}\n" if number % 20 == 1 else f"\n# {number}\n"
            text = texts[path] + (added if number % 2 else "")
            changed: Object = {"uri": path.as_uri(), "version": number}
            client.notify("textDocument/didChange", {"textDocument": changed, "contentChanges": [{"text": text}]})
            await client.request("textDocument/diagnostic", {"textDocument": {"uri": path.as_uri()}})
        for path in texts:
            client.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def _edited(self) -> list[Path]:
        files = sorted(path for path in self._root.rglob("*.py") if "test" not in path.as_posix())
        models = [path for path in files if "__tablename__" in path.read_text("utf-8", "replace")]
        return (models or files)[:_MOST_EDITED]

    async def _files(self, client: Client, count: int) -> None:
        folder = self._root / "grown"
        for start in range(0, count, _BATCH):
            folder.mkdir()
            paths = [folder / f"m{number}.py" for number in range(start, start + _BATCH)]
            for number, path in enumerate(paths, start):
                path.write_text(_MODEL.format(number), "utf-8")
            await self._tell(client, paths, _CREATED)
            shutil.rmtree(folder)
            await self._tell(client, paths, _DELETED)

    async def _tell(self, client: Client, paths: list[Path], kind: int) -> None:
        changes: list[Json] = [{"uri": path.as_uri(), "type": kind} for path in paths]
        client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        await self._rest(client)

    async def _folders(self, client: Client, count: int) -> None:
        """Folders with a program each, added all together and removed again."""
        with tempfile.TemporaryDirectory(prefix="cucurbit-folders-") as scratch:
            added: list[Json] = []
            for number in range(count):
                folder = Path(scratch, f"f{number}")
                folder.mkdir()
                (folder / "models.py").write_text(_MODEL.format(number), "utf-8")
                (folder / "main.py").write_text("import models\nif __name__ == '__main__':\n    pass\n", "utf-8")
                added.append({"uri": folder.as_uri(), "name": folder.name})
            client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": added, "removed": []}})
            await self._rest(client)
            client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": added}})
            await self._rest(client)

    async def _clients(self) -> None:
        """Clients one after another. Each has a server of its own, which goes with it: what stays is in the cache."""
        held: list[Held] = []
        left = 0
        for _ in range(self._limits.clients):
            client = await self._start()
            held.append(Held.by(client))
            await client.close()
            left += Path(f"/proc/{client.pid}").exists()
        key = Key("grow-clients", self._root.name, OURS)
        self._add("grow-clients", self._limits.clients, held[min(1, len(held) - 1)], held[-1])
        self._results.add(key, "left", "", [left])
        self._results.add(key, "cache", "MiB", [_size(Path(self._cache)) / 2**20])


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def grow(projects: list[Path], limits: Limits, results: Results) -> None:
    """Measure projects; each is copied first."""
    with tempfile.TemporaryDirectory(prefix="cucurbit-projects-") as scratch:
        for project in projects:
            root = Path(scratch, project.name)
            shutil.copytree(project, root, symlinks=True)
            asyncio.run(Growing(root, limits, results).measure())
            shutil.rmtree(root)
