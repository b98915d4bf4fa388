"""How long it takes from an edit to its diagnostics, and what a server needs at rest and after many edits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from tests.bench.checks import WrongResult
from tests.bench.client import Refused, ServerGone
from tests.bench.editing import Changing, Editor, Files, Kind, NoAnswer
from tests.bench.places import Places
from tests.bench.serving import WHOLE, Serving, findings_in
from tests.bench.tools import OURS
from tests.bench.usage import Usage, usage_of


class Edits:
    """The scenarios of editing, and of what they leave behind."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    async def edits(self) -> None:
        """From an edit to its diagnostics, and what the servers need before and after."""
        editors = await self._settled()
        try:
            for name, editor in editors.items():
                self._rest(editor, name, await self._idle(editor))
            for kind in self._serving.workspace.kinds:
                await self._kind(kind, editors)
            if self._serving.workspace.places is not None:
                await self._files(editors, self._serving.workspace.places)
            if OURS in editors:
                if self._serving.workspace.places is not None:
                    await self._verify_rename(editors[OURS])
                self._serving.verify(await editors[OURS].everywhere(), editors[OURS])
        finally:
            for editor in editors.values():
                await editor.client.close()

    async def _verify_rename(self, editor: Editor) -> None:
        """A table that gets the name of another one is an error, until it has its own name again."""
        kind = next(each for each in self._serving.workspace.kinds if each.name == "edit-tablename")
        if kind.place.text not in editor.text(kind.place.path):
            # An edit that took too long was given up as it stood, and that is said.
            return
        renaming = Changing(editor, kind)
        await renaming.once()
        found = findings_in(await editor.everywhere(), editor.client)
        await renaming.undo()
        expected = sum(each.rule == "duplicate-table" for each in self._serving.workspace.findings)
        if sum(each.rule == "duplicate-table" for each in found) <= expected:
            raise WrongResult(f"{self._serving.workspace.name}: no error where two tables have one name")

    def _documents(self) -> list[str]:
        """The files that are open, each once."""
        workspace = self._serving.workspace
        return list(dict.fromkeys([workspace.main, *(each.place.path for each in workspace.kinds)]))

    async def _settled(self) -> dict[str, Editor]:
        """Every server, started one after the other, with the documents open and everything said."""
        editors: dict[str, Editor] = {}
        paths = self._documents()
        for tool in self._serving.servers:
            editor = await self._serving.start(tool)
            if editor is None:
                continue
            try:
                for path in paths:
                    await editor.opened(path)
                if tool.name in WHOLE:
                    await self._serving.complete(editor)
            except (NoAnswer, ServerGone, Refused) as error:
                self._serving.lose(tool, error)
                await editor.client.close()
            else:
                editors[tool.name] = editor
        return editors

    async def _idle(self, editor: Editor) -> Usage | None:
        """What a server uses when it has come to rest: processor time over two seconds, and memory."""
        for number in range(15):
            before = usage_of(editor.client.pid)
            begin = time.perf_counter()
            await asyncio.sleep(2)
            after = usage_of(editor.client.pid)
            if before is None or after is None:
                break
            share = (after.cpu - before.cpu) / (time.perf_counter() - begin)
            if share < 0.02 or number == 14:
                return Usage(share * 100, after.memory, after.peak)
        return None

    def _rest(self, editor: Editor, name: str, usage: Usage | None) -> None:
        if usage is None:
            self._serving.results.note(
                "Memory and processor time of servers are read from /proc, which this system lacks."
            )
            return
        key = self._serving.key("server-rest", name)
        self._serving.results.add(key, "cpu", "%", [usage.cpu])
        self._serving.results.add(key, "memory", "MiB", [usage.memory])
        self._serving.results.add(key, "peak", "MiB", [usage.peak])
        self._serving.say(
            f"server-rest {self._serving.workspace.name} {name}: {usage.memory:.0f} MiB, {usage.cpu:.1f} %"
        )

    async def _kind(self, kind: Kind, editors: Mapping[str, Editor]) -> None:
        changing = {name: Changing(editor, kind) for name, editor in editors.items() if kind.others or name == OURS}
        await self._in_turns(kind.name, changing)

    async def _files(self, editors: Mapping[str, Editor], places: Places) -> None:
        # Only one of them sees the file at a time, as each deletes it before the next one's turn.
        # Who pushes says nothing of a document that such a change leaves as it is.
        asked = {name: Files(each, places) for name, each in editors.items() if each.client.pulls}
        await self._in_turns("edit-file", asked)

    async def _in_turns(self, scenario: str, changing: Mapping[str, Changing | Files]) -> None:
        limits = self._serving.limits
        samples: dict[str, list[float]] = {name: [] for name in changing}
        spent = dict.fromkeys(changing, 0.0)
        going = list(changing)
        while going:
            for name in tuple(going):
                begin = time.perf_counter()
                try:
                    for _ in range(min(limits.batch, limits.edits - len(samples[name]))):
                        samples[name].append(await changing[name].once() * 1000)
                        late = spent[name] + time.perf_counter() - begin > limits.of(name)
                        if late and len(samples[name]) >= limits.least:
                            break
                    await changing[name].undo()
                except (NoAnswer, ServerGone, Refused) as error:
                    self._serving.results.note(f"{name}, {scenario} in `{self._serving.workspace.name}`: {error}.")
                    going.remove(name)
                    continue
                spent[name] += time.perf_counter() - begin
                late = spent[name] > limits.of(name) and len(samples[name]) >= limits.least
                if late or len(samples[name]) >= limits.edits:
                    going.remove(name)
        for name, found in samples.items():
            self._serving.results.add(self._serving.key(scenario, name), "latency", "ms", found)
            self._serving.results.add(self._serving.key(scenario, name), "first", "ms", found[:1])
            if found:
                middle = sorted(found)[len(found) // 2]
                self._serving.say(
                    f"{scenario} {self._serving.workspace.name} {name}: {middle:.1f} ms, {len(found)} edits"
                )

    async def growth(self) -> None:
        """Memory before and after many edits of all kinds."""
        editor = await self._serving.start(self._serving.tools.ours)
        if editor is None:
            return
        try:
            for path in self._documents():
                await editor.opened(path)
            changing = [Changing(editor, kind) for kind in self._serving.workspace.kinds[:3]]
            begin = time.perf_counter()
            made = 0
            before = None
            while made < self._serving.limits.growth and time.perf_counter() - begin < 6 * self._serving.limits.seconds:
                for each in changing:
                    await each.once()
                    made += 1
                if made == 60:
                    before = usage_of(editor.client.pid)
            after = usage_of(editor.client.pid)
        finally:
            await editor.client.close()
        if before is not None and after is not None:
            key = self._serving.key("server-growth", OURS)
            self._serving.results.add(key, "memory", "MiB", [after.memory - before.memory])
            self._serving.results.add(key, "edits", "", [float(made)])
            self._serving.say(
                f"server-growth {self._serving.workspace.name}: {after.memory - before.memory:.1f} MiB in {made} edits"
            )
