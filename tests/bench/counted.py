"""Counting what is done for an edit, where it is done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cucurbit.opening import open_workspace
from cucurbit.session.analysis import Analysis, analyse_snapshot
from cucurbit.session.cancellation import CancelToken
from cucurbit.session.memory import Memory
from cucurbit.session.snapshot_findings import Buffer
from cucurbit.simulate import run
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.core.values import ModuleValue
from cucurbit.simulate.imports.execution import Execution
from cucurbit.simulate.replay.repetition import Sharing
from cucurbit.source import reader, rereading
from cucurbit.source.facts import ModuleFacts
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryPoint, ModuleSpec, Workspace
from cucurbit.workspace.questions import Question
from cucurbit.workspace.tree import files
from tests.bench.places import Place


@dataclass
class Work:
    """What was done since the last :meth:`forget`.

    Texts parsed in whole or in part, paths read from disk, entry points simulated, files executed in them and files
    repeated instead, and questions that were put to the workspace once more.
    """

    parsed: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    simulated: list[str] = field(default_factory=list)
    executed: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    asked: list[Question] = field(default_factory=list)

    def forget(self) -> None:
        self.parsed.clear()
        self.read.clear()
        self.simulated.clear()
        self.executed.clear()
        self.repeated.clear()
        self.asked.clear()


def counting(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Counts from now on."""
    done = Work()
    parse, parse_again, look = reader.read, rereading.unbroken, files.DiskTree._read
    simulate, execute = run._simulate, Execution.run_file
    repeat, ask = Sharing.repeat, Question.ask

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

    def repeating(sharing: Sharing, spec: ModuleSpec, name: str) -> ModuleValue | None:
        module = repeat(sharing, spec, name)
        if module is not None:
            done.repeated[spec.name] += 1
        return module

    def asking(question: Question, workspace: Workspace) -> object:
        done.asked.append(question)
        return ask(question, workspace)

    monkeypatch.setattr(reader, "read", parsing)
    monkeypatch.setattr(rereading, "unbroken", parsing_again)
    monkeypatch.setattr(files.DiskTree, "_read", reading)
    monkeypatch.setattr(run, "_simulate", simulating)
    monkeypatch.setattr(Execution, "run_file", executing)
    monkeypatch.setattr(Sharing, "repeat", repeating)
    monkeypatch.setattr(Question, "ask", asking)
    return done


class Editing:
    """The analyses of one workspace, one snapshot after the other, as a session makes them."""

    def __init__(self, root: Path, virtual_env: str | None = None) -> None:
        self._root = root
        self._virtual_env = virtual_env
        self._memory = Memory()
        self._buffers: dict[str, Buffer] = {}
        self._good: dict[str, str] = {}
        self._workspace: FolderWorkspace | None = None
        self._number = 0

    def analyse(self, *changed: str) -> Analysis:
        """The analysis after paths ``changed`` on disk."""
        self._number += 1
        opened = {path: buffer.text for path, buffer in self._buffers.items()}
        if self._workspace is None:
            self._workspace = open_workspace(self._root, buffers=opened, virtual_env=self._virtual_env)
        else:
            self._workspace = self._workspace.with_changes(changed, opened)
        return analyse_snapshot(
            self._number,
            self._workspace,
            dict(self._buffers),
            self._good,
            self._memory,
            CancelToken(),
            lambda done, total, entry: None,
        )

    def put(self, path: str, text: str) -> None:
        """A file is open with this text."""
        self._buffers[path] = Buffer(text, self._number)

    def text(self, path: str) -> str:
        """The text of a file, as it is open or stands on disk."""
        opened = self._buffers.get(path)
        return (self._root / path).read_text(encoding="utf-8") if opened is None else opened.text


def edited(text: str, place: Place, now: str) -> str:
    start = place.start(text)
    return text[:start] + now + text[start + len(place.text) :]
