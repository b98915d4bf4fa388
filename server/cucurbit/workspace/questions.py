"""A workspace that records the questions it is asked, so that results can be kept while the answers are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

from cucurbit.source.facts import At, ModuleFacts, Step
from cucurbit.source.span import Span
from cucurbit.workspace.model import (
    EntryPoint,
    InstalledSymbol,
    MigrationEnvironment,
    ModuleSpec,
    Problem,
    StartCommand,
    UpgradeCommand,
    Workspace,
)
from cucurbit.workspace.settings.schema import Settings

T = TypeVar("T")

Argument: TypeAlias = str | int | tuple[str, ...] | MigrationEnvironment | Callable[[ModuleFacts], object]


_OF_CONTENT = frozenset(
    {"facts", "body", "about", "span", "unreadable", "is_stale", "text", "may_declare_tables", "mentions"}
)


class Question(NamedTuple):
    """A property or method of :class:`Workspace`, and its arguments."""

    name: str
    arguments: tuple[Argument, ...] = ()

    @property
    def path(self) -> str | None:
        """The file whose content decides the answer, as long as the same files exist."""
        first = self.arguments[0] if self.name in _OF_CONTENT else None
        return first if isinstance(first, str) else None

    def ask(self, workspace: Workspace) -> object:
        attribute: object = getattr(workspace, self.name)
        return attribute(*self.arguments) if callable(attribute) else attribute


Note: TypeAlias = Callable[[Question, object], None]
"""A function that is called with each question and its answer."""


class Witness:
    """A workspace that calls ``note`` with every question and its answer."""

    def __init__(self, workspace: Workspace, note: Note) -> None:
        self._workspace = workspace
        self._tell = note

    def _note(self, answer: T, name: str, *arguments: Argument) -> T:
        self._tell(Question(name, arguments), answer)
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
    def upgrade_commands(self) -> Sequence[UpgradeCommand]:
        return self._note(self._workspace.upgrade_commands, "upgrade_commands")

    @property
    def problems(self) -> Sequence[Problem]:
        return self._note(self._workspace.problems, "problems")

    def facts(self, path: str) -> ModuleFacts | None:
        return self._note(self._workspace.facts(path), "facts", path)

    def body(self, path: str, number: int) -> tuple[Step, ...]:
        return self._note(self._workspace.body(path, number), "body", path, number)

    def span(self, path: str, at: At) -> Span:
        return self._note(self._workspace.span(path, at), "span", path, at)

    def about(self, path: str, ask: Callable[[ModuleFacts], T]) -> T | None:
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

    def may_declare_tables(self, path: str) -> bool:
        return self._note(self._workspace.may_declare_tables(path), "may_declare_tables", path)

    def mentions(self, path: str, *words: str) -> bool:
        return self._note(self._workspace.mentions(path, *words), "mentions", path, *words)

    def find_spec(self, name: str, search: Iterable[str]) -> ModuleSpec | None:
        where = tuple(search)
        return self._note(self._workspace.find_spec(name, where), "find_spec", name, where)

    def roots_of(self, path: str) -> Sequence[str]:
        return self._note(self._workspace.roots_of(path), "roots_of", path)

    def module_name(self, path: str) -> str:
        return self._note(self._workspace.module_name(path), "module_name", path)

    def revision_files(self, environment: MigrationEnvironment) -> Sequence[str]:
        return self._note(self._workspace.revision_files(environment), "revision_files", environment)

    def depends_on(self, module: str, near: str) -> bool:
        return self._note(self._workspace.depends_on(module, near), "depends_on", module, near)

    def elsewhere(self, module: str, importer: str) -> str | None:
        return self._note(self._workspace.elsewhere(module, importer), "elsewhere", module, importer)

    def version(self, distribution: str, near: str) -> tuple[int, ...] | None:
        return self._note(self._workspace.version(distribution, near), "version", distribution, near)

    def is_installed(self, module: str, near: str) -> bool | None:
        return self._note(self._workspace.is_installed(module, near), "is_installed", module, near)

    def installed(self, dotted: str) -> InstalledSymbol | None:
        return self._note(self._workspace.installed(dotted), "installed", dotted)


_STANDING = frozenset({
    "root", "settings", "environments", "entry_points", "start_commands", "upgrade_commands", "problems",
    "python_files", "is_file", "is_dir", "listdir", "find_spec", "roots_of", "module_name", "depends_on", "elsewhere",
    "version", "installed", "is_installed", "revision_files",
})  # fmt: skip
"""Questions that no edit of contents affects (:meth:`cucurbit.workspace.index.FolderWorkspace.changed_since`)."""


class Answered(NamedTuple):
    """Questions with their answers: those about the content of one file, by its path, and those about several files."""

    all: Mapping[Question, object]
    by_path: Mapping[str, list[tuple[Question, object]]]
    others: tuple[tuple[Question, object], ...]


def by_content(answers: Mapping[Question, object]) -> Answered:
    """The questions whose answers a change of contents may change."""
    by_path: dict[str, list[tuple[Question, object]]] = {}
    others: list[tuple[Question, object]] = []
    for question, answer in answers.items():
        path = question.path
        if path is not None:
            by_path.setdefault(path, []).append((question, answer))
        elif question.name not in _STANDING:
            others.append((question, answer))
    return Answered(answers, by_path, tuple(others))
