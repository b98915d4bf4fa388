"""Timelines that stand for as long as everything they were made of does.

While an entry point is simulated, every question that the simulator asks of the workspace is written down with its
answer. A timeline holds for a later snapshot if the same questions have the same answers there; facts count as the
same when they execute alike, wherever they stand. So nothing has to be known of what a change may touch: a file looked
up and missed, a folder listed, a version and a setting are all questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from cucurbit.simulate.run import simulate
from cucurbit.simulate.timeline import Timeline
from cucurbit.source.facts import ModuleFacts, Step
from cucurbit.source.fingerprint import imports_alike, steps_alike
from cucurbit.workspace.model import (
    EntryPoint,
    InstalledSymbol,
    MigrationEnvironment,
    ModuleSpec,
    Problem,
    StartCommand,
    Workspace,
)
from cucurbit.workspace.settings import Settings

_T = TypeVar("_T")

Argument = str | int | tuple[str, ...] | MigrationEnvironment | Callable[[ModuleFacts], object]


@dataclass(frozen=True)
class Question:
    """A property or method of :class:`Workspace`, and its arguments."""

    name: str
    arguments: tuple[Argument, ...] = ()

    def ask(self, workspace: Workspace) -> object:
        attribute: object = getattr(workspace, self.name)
        return attribute(*self.arguments) if callable(attribute) else attribute


class _Witness:
    """A workspace that writes down what it is asked."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.answers: dict[Question, object] = {}

    def _note(self, answer: _T, name: str, *arguments: Argument) -> _T:
        self.answers[Question(name, arguments)] = answer
        return answer

    @property
    def root(self) -> str:
        return self._note(self._workspace.root, "root")

    @property
    def settings(self) -> Settings:
        return self._note(self._workspace.settings, "settings")

    @property
    def environments(self) -> Sequence[MigrationEnvironment]:
        return self._note(self._workspace.environments, "environments")

    @property
    def entry_points(self) -> Sequence[EntryPoint]:
        return self._note(self._workspace.entry_points, "entry_points")

    @property
    def start_commands(self) -> Sequence[StartCommand]:
        return self._note(self._workspace.start_commands, "start_commands")

    @property
    def problems(self) -> Sequence[Problem]:
        return self._note(self._workspace.problems, "problems")

    def facts(self, path: str) -> ModuleFacts | None:
        return self._note(self._workspace.facts(path), "facts", path)

    def body(self, path: str, number: int) -> tuple[Step, ...]:
        return self._note(self._workspace.body(path, number), "body", path, number)

    def about(self, path: str, ask: Callable[[ModuleFacts], _T]) -> _T | None:
        return self._note(self._workspace.about(path, ask), "about", path, ask)

    def unreadable(self, path: str) -> str | None:
        return self._note(self._workspace.unreadable(path), "unreadable", path)

    def is_stale(self, path: str) -> bool:
        return self._note(self._workspace.is_stale(path), "is_stale", path)

    def overlaid(self, texts: Mapping[str, str]) -> Workspace:
        return self._workspace.overlaid(texts)

    def text(self, path: str) -> str | None:
        return self._note(self._workspace.text(path), "text", path)

    def is_file(self, path: str) -> bool:
        return self._note(self._workspace.is_file(path), "is_file", path)

    def is_dir(self, path: str) -> bool:
        return self._note(self._workspace.is_dir(path), "is_dir", path)

    def listdir(self, path: str) -> Sequence[str]:
        return self._note(self._workspace.listdir(path), "listdir", path)

    def python_files(self) -> Sequence[str]:
        return self._note(self._workspace.python_files(), "python_files")

    def candidates(self) -> Sequence[str]:
        return self._note(self._workspace.candidates(), "candidates")

    def find_spec(self, name: str, search: Iterable[str]) -> ModuleSpec | None:
        where = tuple(search)
        return self._note(self._workspace.find_spec(name, where), "find_spec", name, where)

    def roots_of(self, path: str) -> Sequence[str]:
        return self._note(self._workspace.roots_of(path), "roots_of", path)

    def module_name(self, path: str) -> str:
        return self._note(self._workspace.module_name(path), "module_name", path)

    def revision_files(self, environment: MigrationEnvironment) -> Sequence[str]:
        return self._note(self._workspace.revision_files(environment), "revision_files", environment)

    def version(self, distribution: str, near: str) -> tuple[int, ...] | None:
        return self._note(self._workspace.version(distribution, near), "version", distribution, near)

    def installed(self, dotted: str) -> InstalledSymbol | None:
        return self._note(self._workspace.installed(dotted), "installed", dotted)


@dataclass(frozen=True)
class _Kept:
    timeline: Timeline
    answers: Mapping[Question, object]


class TimelineMemory:
    """The timelines of the last snapshots. For one thread."""

    def __init__(self) -> None:
        self._kept: dict[EntryPoint, _Kept] = {}

    def over(self, workspace: Workspace, before_each: Callable[[EntryPoint], None]) -> Simulator:
        """The simulator of one snapshot. ``before_each`` is called before each entry point that is really simulated."""
        return Simulator(workspace, self._kept, before_each)

    def keep_only(self, timelines: Iterable[Timeline]) -> None:
        """Forget every timeline but these."""
        entries = {timeline.entry for timeline in timelines}
        self._kept = {entry: kept for entry, kept in self._kept.items() if entry in entries}


class Simulator:
    """Simulates entry points over one snapshot, or gives the timeline that still holds."""

    def __init__(
        self, workspace: Workspace, kept: dict[EntryPoint, _Kept], before_each: Callable[[EntryPoint], None]
    ) -> None:
        self._workspace = workspace
        self._kept = kept
        self._before_each = before_each
        self._now: dict[Question, object] = {}
        self._alike: dict[tuple[int, int], bool] = {}
        self.simulated = 0
        """How many entry points no timeline was kept for."""

    def __call__(self, workspace: Workspace, entry: EntryPoint) -> Timeline:
        """The timeline of ``entry``. ``workspace`` must be the snapshot that this simulator was made for."""
        kept = self._kept.get(entry)
        if kept is not None and all(self._holds(question, answer) for question, answer in kept.answers.items()):
            return kept.timeline
        self._before_each(entry)
        self.simulated += 1
        witness = _Witness(workspace)
        timeline = simulate(witness, entry)
        self._kept[entry] = _Kept(timeline, witness.answers)
        return timeline

    def _holds(self, question: Question, answer: object) -> bool:
        if question in self._now:
            now = self._now[question]
        else:
            now = question.ask(self._workspace)
            self._now[question] = now
        if now is answer:
            return True
        if isinstance(now, ModuleFacts) and isinstance(answer, ModuleFacts):
            return self._import_alike(now, answer)
        if question.name == "body":
            return steps_alike(cast("tuple[Step, ...]", now), cast("tuple[Step, ...]", answer))
        return now == answer

    def _import_alike(self, now: ModuleFacts, then: ModuleFacts) -> bool:
        key = (id(now), id(then))
        if key not in self._alike:
            self._alike[key] = imports_alike(now, then)
        return self._alike[key]
