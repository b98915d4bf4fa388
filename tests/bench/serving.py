"""What all scenarios of the servers share: which servers there are, and when one has said everything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.checks import WrongResult
from tests.bench.client import Arrived, Client, Object, Refused, ServerGone
from tests.bench.editing import Editor, NoAnswer
from tests.bench.results import Key, Results
from tests.bench.subject import Subject
from tests.bench.tools import OURS, Tool, Tools
from tests.bench.workspaces import Found

WHOLE = (OURS, "sqlalchemy-lsp", "ty")
"""The servers that look at every file of the workspace when they start."""

OTHERS = ("pyright", "jedi-language-server")
"""Servers that look at open files. What they need does not depend on the other files: two workspaces are enough."""

_OPTIONS: Mapping[str, Object] = {"ty": {"diagnosticMode": "workspace"}}
"""What makes a server look at the whole workspace."""

_QUIET = 1.0
"""Seconds without a message after which a server that pushes has said everything."""


@dataclass(frozen=True)
class Limits:
    """``rounds`` of starts, ``edits`` of each kind, or as many as ``seconds`` allow each server; ``growth`` edits.

    ``least`` edits of each kind are made however long they take.
    """

    rounds: int
    edits: int
    seconds: float
    growth: int
    timeout: float
    batch: int = 25
    least: int = 1

    def of(self, tool: str) -> float:
        """Seconds for the edits of one kind: others have half of ours, which is enough for their median."""
        return self.seconds if tool == OURS else self.seconds / 2


def _compared(workspace: Subject) -> Sequence[str]:
    """The servers that are measured in a generated workspace."""
    if workspace.files > 10_000:
        return OURS, "sqlalchemy-lsp"
    return (*WHOLE, *OTHERS) if workspace.name in {"300", "3000"} else WHOLE


class Serving:
    """The servers in one workspace. ``names`` are those that are measured, if not the usual ones."""

    def __init__(
        self,
        tools: Tools,
        workspace: Subject,
        limits: Limits,
        say: Callable[[str], None],
        results: Results,
        names: Sequence[str] = (),
    ) -> None:
        self.tools = tools
        self.workspace = workspace
        self.limits = limits
        self.say = say
        self.results = results
        self.servers = [each for each in tools.named(*(names or _compared(workspace))) if each.serve]

    async def start(self, tool: Tool, *, cold: bool = True) -> Editor | None:
        environment = tool.cold if cold else tool.environment
        client = await Client.start(tool.serve, self.workspace.root, environment)
        editor = Editor(tool.name, client, self.limits.timeout)
        try:
            await client.initialize(_OPTIONS.get(tool.name))
        except (Refused, ServerGone, asyncio.TimeoutError) as error:
            self.lose(tool, error)
            await client.close()
            return None
        return editor

    async def complete(self, editor: Editor) -> float:
        """The moment at which diagnostics of all files were there."""
        if editor.name == "sqlalchemy-lsp":
            return await self._silence(editor)
        arrived = await editor.everywhere()
        if editor.name == OURS:
            self.verify(arrived, editor)
        return arrived.at

    async def _silence(self, editor: Editor) -> float:
        queue = editor.client.watch("textDocument/publishDiagnostics")
        last = time.perf_counter()
        try:
            while True:
                last = (await asyncio.wait_for(queue.get(), _QUIET)).at
        except asyncio.TimeoutError:
            return last
        finally:
            editor.client.unwatch(queue)

    def verify(self, arrived: Arrived, editor: Editor) -> None:
        found = findings_in(arrived, editor.client)
        if found != self.workspace.findings:
            odd = sorted({*found} ^ {*self.workspace.findings})[:5] or "some findings twice"
            raise WrongResult(f"the server in {self.workspace.name}: {odd}")

    def key(self, scenario: str, tool: str) -> Key:
        return Key(scenario, self.workspace.name, tool)

    def lose(self, tool: Tool, error: Exception) -> None:
        self.say(f"{tool.name}: {error!r}")
        reason = str(error) if isinstance(error, NoAnswer) else type(error).__name__
        self.results.note(f"{tool.name} as a server in `{self.workspace.name}`: {reason}.")


def findings_in(arrived: Arrived, client: Client) -> tuple[Found, ...]:
    """The findings in an answer to ``workspace/diagnostic``."""
    result = arrived.message["result"]
    assert isinstance(result, Mapping)
    items = result["items"]
    assert isinstance(items, Sequence)
    found = []
    for item in items:
        assert isinstance(item, Mapping)
        path = str(item["uri"]).removeprefix(client.root.as_uri() + "/")
        diagnostics = item.get("items", ())
        assert isinstance(diagnostics, Sequence)
        for each in diagnostics:
            assert isinstance(each, Mapping)
            area = each["range"]
            assert isinstance(area, Mapping)
            start = area["start"]
            assert isinstance(start, Mapping)
            line = start["line"]
            assert isinstance(line, int)
            found.append(Found(str(each["code"]), path, line + 1))
    return tuple(sorted(found))
