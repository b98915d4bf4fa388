"""The command line: ``check`` cold, warm and after a change, and the start of the program."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.bench.processes import Failed, Run, run
from tests.bench.results import Key, Results
from tests.bench.subject import Subject
from tests.bench.tools import OURS, Tool, Tools, base_environment
from tests.bench.workspaces import findings_in

_T = TypeVar("_T")

CHECKERS = (OURS, "sqlalchemy-lsp", "ty", "ruff")

_LARGE = 10_000
"""Files in a workspace from which on a type checker takes minutes, which nothing here is compared with."""

_SLOW = 12.0
"""Seconds from which on one run of a tool has to do."""


class WrongResult(Exception):
    """A measured run found something else than is there: its time is worth nothing."""


@dataclass
class Samples:
    """The runs of one scenario, by tool."""

    runs: dict[str, list[Run]] = field(default_factory=dict)

    def add(self, tool: str, done: Run) -> None:
        self.runs.setdefault(tool, []).append(done)

    def into(self, results: Results, scenario: str, workspace: str) -> None:
        for tool, runs in self.runs.items():
            key = Key(scenario, workspace, tool)
            results.add(key, "wall", "s", [each.wall for each in runs])
            results.add(key, "cpu", "s", [each.cpu for each in runs])
            results.add(key, "peak", "MiB", [each.peak for each in runs])


@dataclass(frozen=True)
class Checks:
    """The scenarios of ``check`` in one workspace."""

    tools: Tools
    workspace: Subject
    rounds: int
    timeout: float
    say: Callable[[str], None]
    names: Sequence[str] = CHECKERS

    def measure(self, results: Results) -> None:
        """Cold against the others, warm, and warm after one file changed; in each round every tool has its turn.

        Raises:
            WrongResult: a run found something else than is there.
        """
        cold, warm, changed = Samples(), Samples(), Samples()
        ours = self.tools.ours
        tools = list(self.tools.named(*self.names))
        if self.workspace.files > _LARGE and any(each.name == "ty" for each in tools):
            tools = [each for each in tools if each.name != "ty"]
            results.note(f"`ty check` in `{self.workspace.name}`: it would take minutes, and no goal needs it.")
        counts: dict[str, int] = {}
        for number in range(self.rounds):
            # Each round begins with another tool: whoever comes after a long one finds a hot processor.
            for tool in rotated(tools, number):
                done = self._run(tool, cold=True)
                if done is None:
                    results.note(f"`{tool.name} check` in `{self.workspace.name}`: not within {self.timeout:.0f} s.")
                else:
                    self._verify(tool, done, counts)
                    cold.add(tool.name, done)
                if done is None or done.wall > _SLOW:
                    tools = [each for each in tools if each is not tool]
            if ours.cold != ours.environment and (number == 0 or ours in tools):
                self._warm(ours, warm, changed, number)
        if ours.cold == ours.environment:
            results.note("No cache yet: `check` has no warm run.")
        cold.into(results, "check-cold", self.workspace.name)
        warm.into(results, "check-warm", self.workspace.name)
        changed.into(results, "check-changed", self.workspace.name)

    def _warm(self, ours: Tool, warm: Samples, changed: Samples, number: int) -> None:
        if self._run(ours, cold=False) is None:
            return
        for samples, name in ((warm, "warm"), (changed, "changed")):
            if name == "changed":
                _touch(self.workspace.root / self.workspace.changed, number)
            done = self._run(ours, cold=False)
            if done is not None:
                self._verify(ours, done, {})
                samples.add(ours.name, done)

    def _run(self, tool: Tool, *, cold: bool) -> Run | None:
        environment = tool.cold if cold else tool.environment
        try:
            done = run(tool.check, self.workspace.root, environment, timeout=self.timeout)
        except Failed as failure:
            self.say(f"{tool.name}: {failure}")
            return None
        how = "cold" if cold else "warm"
        self.say(f"check {self.workspace.name} {tool.name}, {how}: {done.wall:.3f} s, {done.peak:.0f} MiB")
        return done

    def _verify(self, tool: Tool, done: Run, counts: dict[str, int]) -> None:
        if tool.name == OURS:
            found = findings_in(done.output.decode())
            if found != self.workspace.findings:
                odd = sorted({*found} ^ {*self.workspace.findings})[:5] or "some findings twice"
                raise WrongResult(f"{self.workspace.name}: {odd}")
        # What others find is theirs to judge, but a run that found less than the one before has done less.
        count = done.output.count(b"\n")
        if counts.setdefault(tool.name, count) != count:
            raise WrongResult(f"{tool.name} in {self.workspace.name}: {count} lines after {counts[tool.name]}")


def _touch(path: Path, number: int) -> None:
    """Add a function to a file."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text + f"\n\ndef changed_{number}() -> int:\n    return {number}\n", encoding="utf-8")


def rotated(turns: Sequence[_T], by: int) -> list[_T]:
    """The same turns, beginning with another one."""
    by %= max(1, len(turns))
    return [*turns[by:], *turns[:by]]


def measure_starts(tools: Tools, rounds: int, say: Callable[[str], None], results: Results) -> None:
    """``--version`` and ``check`` of an empty folder, against an interpreter that does nothing."""
    folder = Path(tempfile.mkdtemp(prefix="cucurbit-empty-"))
    ours = tools.ours
    command = ours.command
    scenarios = {
        ("start-version", OURS): ([*command, "--version"], ours.environment),
        ("start-empty", OURS): ([*command, "check"], ours.environment),
        ("start-version", "python -c pass"): ([sys.executable, "-c", "pass"], base_environment()),
        ("start-empty", "python -c pass"): ([sys.executable, "-c", "pass"], base_environment()),
    }
    samples: dict[str, Samples] = {"start-version": Samples(), "start-empty": Samples()}
    try:
        # Not measured: writes the compiled modules of a fresh checkout.
        run(scenarios["start-empty", OURS][0], folder, ours.environment, timeout=60)
        for _ in range(rounds):
            for (scenario, tool), (argv, environment) in scenarios.items():
                samples[scenario].add(tool, run(argv, folder, environment, timeout=60))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for scenario, each in samples.items():
        each.into(results, scenario, "empty")
        say(f"{scenario}: measured {rounds} times")


def machine() -> dict[str, str]:
    """What the numbers depend on."""
    import os
    import platform

    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": str(os.cpu_count()),
        "python": platform.python_version(),
    }
