"""Counting what is done, where it is done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cucurbit.simulate import run
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.core.values import ModuleValue
from cucurbit.simulate.imports.execution import Execution
from cucurbit.simulate.program import Program
from cucurbit.source import reader, rereading
from cucurbit.source.facts import ModuleFacts
from cucurbit.workspace.model import EntryPoint
from cucurbit.workspace.tree import files
from tests.bench.workspaces import Workspace, write


@dataclass
class Work:
    """What was done since the last :meth:`forget`.

    Texts parsed in whole or in part, paths read from disk, entry points simulated, files executed in them: not those
    repeated.
    """

    parsed: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    simulated: list[str] = field(default_factory=list)
    executed: Counter[str] = field(default_factory=Counter)

    def forget(self) -> None:
        self.parsed.clear()
        self.read.clear()
        self.simulated.clear()
        self.executed.clear()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Counts from now on."""
    done = Work()
    parse, parse_again, look = reader.read, rereading.unbroken, files.DiskTree._read
    simulate, execute = run._simulate, Execution.run_file

    def parsing(text: str) -> ModuleFacts:
        done.parsed[text] += 1
        return parse(text)

    def parsing_again(text: str, before: rereading.Reading | None = None) -> rereading.Reading | None:
        done.parsed[text] += 1
        return parse_again(text, before)

    def reading(tree: files.DiskTree, path: str) -> files.Content:
        done.read[path] += 1
        return look(tree, path)

    def simulating(program: Program, entry: EntryPoint) -> Timeline:
        done.simulated.append(entry.target)
        return simulate(program, entry)

    def executing(execution: Execution, module: ModuleValue, path: str, *, keep: bool) -> None:
        done.executed[path] += 1
        execute(execution, module, path, keep=keep)

    monkeypatch.setattr(reader, "read", parsing)
    monkeypatch.setattr(rereading, "unbroken", parsing_again)
    monkeypatch.setattr(files.DiskTree, "_read", reading)
    monkeypatch.setattr(run, "_simulate", simulating)
    monkeypatch.setattr(Execution, "run_file", executing)
    return done


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace of 160 files. Who changes it puts it back."""
    return write("160", tmp_path_factory.mktemp("generated") / "workspace")


@pytest.fixture
def copy(tmp_path: Path) -> Workspace:
    """The same, to change it."""
    return write("160", tmp_path / "workspace")
