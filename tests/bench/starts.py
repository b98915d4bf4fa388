"""How soon a server is there, and what it answers meanwhile."""

from __future__ import annotations

import asyncio
import time

from tests.bench.checks import rotated
from tests.bench.client import Object, Refused, ServerGone
from tests.bench.editing import Editor, NoAnswer
from tests.bench.serving import WHOLE, Serving
from tests.bench.tools import Tool


class Starts:
    """The scenarios of the first seconds."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    async def starts(self) -> None:
        """From the start of the process to the first and to complete diagnostics; then the same, with questions."""
        first: dict[tuple[str, str], list[float]] = {}
        complete: dict[tuple[str, str], list[float]] = {}
        ours = self._serving.tools.ours
        turns = [(tool, True) for tool in self._serving.servers]
        if ours.cold != ours.environment:
            turns.append((ours, False))
            await self._once(ours, cold=False)
        for number in range(self._serving.limits.rounds):
            for tool, cold in rotated(turns, number):
                found = await self._once(tool, cold=cold)
                key = ("server-start" if cold else "server-start-warm", tool.name)
                if found is not None:
                    first.setdefault(key, []).append(found[0])
                    complete.setdefault(key, []).extend(found[1:])
        for quantity, by_key in (("first", first), ("complete", complete)):
            for (scenario, name), samples in by_key.items():
                self._serving.results.add(self._serving.key(scenario, name), quantity, "s", samples)
                if samples:
                    self._serving.say(
                        f"{scenario} {self._serving.workspace.name} {name} {quantity}: {min(samples):.2f} s"
                    )

    async def _once(self, tool: Tool, *, cold: bool) -> list[float] | None:
        """One start: seconds to the first diagnostics, and to complete ones where the server has such."""
        editor = await self._serving.start(tool, cold=cold)
        if editor is None:
            return None
        begin = editor.client.started
        try:
            found = [await editor.opened(self._serving.workspace.main) - begin]
            if tool.name in WHOLE:
                found.append(await self._serving.complete(editor) - begin)
        except (NoAnswer, ServerGone, Refused) as error:
            self._serving.lose(tool, error)
            return None
        finally:
            await editor.client.close()
        return found

    async def asked(self) -> None:
        """Hovers and code actions, one after the other, from the start until diagnostics are complete."""
        for tool in self._serving.servers:
            editor = await self._serving.start(tool)
            if editor is None:
                continue
            try:
                hovers, actions, complete = await self._ask_meanwhile(editor)
            except (NoAnswer, ServerGone, Refused) as error:
                self._serving.lose(tool, error)
                continue
            finally:
                await editor.client.close()
            key = self._serving.key("server-asked", tool.name)
            for quantity, samples in (("hover", hovers), ("code-action", actions), ("complete", complete)):
                self._serving.results.add(key, quantity, "ms", samples)
            self._serving.say(f"{key.scenario} {key.workspace} {key.tool}: hover at most {max(hovers):.0f} ms")

    async def _ask_meanwhile(self, editor: Editor) -> tuple[list[float], list[float], list[float]]:
        """Milliseconds of each hover and code action, and until diagnostics were complete where that can be told."""
        assert self._serving.workspace.places is not None
        place = self._serving.workspace.places.comment
        editor.open(place.path)
        text = editor.text(place.path)
        line = text.count("\n", 0, text.index("class ", text.index(place.text)))
        document: Object = {"uri": editor.client.uri(place.path)}
        position: Object = {"line": line, "character": 7}
        area: Object = {"start": position, "end": position}
        hover: Object = {"textDocument": document, "position": position}
        action: Object = {"textDocument": document, "range": area, "context": {"diagnostics": []}}
        hovers: list[float] = []
        actions: list[float] = []
        done = asyncio.ensure_future(self._serving.complete(editor) if editor.name in WHOLE else asyncio.sleep(0, 0.0))
        while True:
            for method, params, samples in (
                ("textDocument/hover", hover, hovers),
                ("textDocument/codeAction", action, actions),
            ):
                begin = time.perf_counter()
                try:
                    answer = await editor.client.request(method, params, self._serving.limits.timeout)
                except Refused:
                    # Refused as stale is an answer too; it will be asked again.
                    samples.append((time.perf_counter() - begin) * 1000)
                else:
                    samples.append((answer.at - begin) * 1000)
            if done.done():
                moment = await done
                begun = editor.client.started
                return hovers, actions, [(moment - begun) * 1000] if moment else []
            await asyncio.sleep(0.02)
