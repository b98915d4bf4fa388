"""The workspace as the rest of the program sees it: plain frozen values and one protocol.

Paths are text, relative to the workspace root, with ``/``; the root itself is ``""``. Nothing outside the root is read,
except installed packages (:mod:`cucurbit.workspace.modules.installed`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar

from cucurbit.source.facts import At, ModuleFacts, Step
from cucurbit.source.span import Span
from cucurbit.workspace.settings.schema import Settings

T = TypeVar("T")

FILE_TEMPLATE = "%(rev)s_%(slug)s"
"""The ``file_template`` of an environment that sets none."""


@dataclass(frozen=True)
class Location:
    """A span of a file of the workspace."""

    path: str
    span: Span


@dataclass(frozen=True)
class Problem:
    """A part of the workspace's configuration that cannot be used. It is reported, never raised.

    ``elsewhere``: it names what is not in the workspace, and may be right where the program runs.
    """

    location: Location
    message: str
    elsewhere: bool = False


@dataclass(frozen=True)
class ModuleSpec:
    """Where Python's path finder finds a module (``importlib.machinery.PathFinder``).

    ``path`` is the file, None for a namespace package. ``search`` is the package's ``__path__``, empty for a plain
    module.
    """

    name: str
    path: str | None
    search: tuple[str, ...]

    @property
    def is_package(self) -> bool:
        return bool(self.search)


@dataclass(frozen=True)
class MigrationEnvironment:
    """One Alembic environment: what ``alembic.ini`` or ``pyproject.toml`` configures.

    ``config`` is that file, or env.py itself where a folder was found without one (Flask-Migrate made without ini).
    ``directory`` is where the command is assumed to run (the config file's folder). ``prepend_sys_path`` and
    ``version_locations`` are resolved to folders. ``location`` is the setting's place in ``config``.
    ``file_template`` names new revisions. ``sourceless``: compiled files count as revisions too. ``outside``: a folder
    of ``version_locations`` is not in the workspace. ``relative_location`` is ``script_location`` as it is written if
    it depends on the folder in which the command runs, else empty.
    """

    config: str
    section: str
    directory: str
    script_location: str
    env_path: str
    version_locations: tuple[str, ...]
    prepend_sys_path: tuple[str, ...]
    has_logging: bool
    location: Location
    file_template: str = FILE_TEMPLATE
    sourceless: bool = False
    outside: bool = False
    relative_location: str = ""

    @property
    def is_configured(self) -> bool:
        """Whether a configuration file exists. Without one the alembic command cannot run the environment."""
        return self.config != self.env_path


class EntryKind(str, Enum):
    """How an entry point is run: imported, run as ``__main__``, or through the alembic command."""

    MODULE = "module"
    SCRIPT = "script"
    ALEMBIC = "alembic"
    REVISION = "revision"
    """One function of one revision file, as Alembic calls it: ``startup`` is its name. No program of the user."""


AGAIN = "again"
"""The start-up of a script that is executed again in the same process, for each user and each interaction."""


CONFIGURED = "(...)"
"""How the start-up of a factory ends that is given a configuration: a dict, and options as keywords."""


@dataclass(frozen=True)
class EntryPoint:
    """One way in which Python is started on this workspace.

    - ``target``: ``pkg.mod`` (imported), ``pkg.mod:attr`` (imported, then ``attr`` served or called, see ``startup``),
      ``path.py`` or ``-m pkg.mod`` (run as ``__main__``), or the environment's config path.
    - ``module``: the dotted name to import or, for ``-m``, to run; empty for a script and for alembic.
    - ``startup``: the attribute to serve after the import (``app``, ``create_app()`` or ``main(...)``); of a script,
      :data:`AGAIN` where a server executes it many times in one process; else empty.
    - ``sys_path``: the folders of the workspace on ``sys.path`` at the start, in order, the script's own first.
    - ``fallback_path``: further folders that are assumed to be importable (development installs, PYTHONPATH).
    - ``named_by``: where the workspace names it (a line of a Procfile...), None if it was inferred from code.
    """

    kind: EntryKind
    target: str
    path: str
    module: str
    startup: str
    directory: str
    sys_path: tuple[str, ...]
    fallback_path: tuple[str, ...]
    environment: MigrationEnvironment | None
    named_by: Location | None

    def __hash__(self) -> int:
        # The rest seldom differs, and takes ten times as long: there are many questions about each entry point.
        return hash((self.target, self.path, self.startup))


@dataclass(frozen=True)
class StartCommand:
    """A start command in a Procfile, Dockerfile, compose file or script, and the Python module that it names.

    ``module`` is the dotted name, ``attribute`` what follows the colon (``app``) or empty; ``directory`` where it runs.
    A command that names no module has ``path``, a script that does not exist, or ``on_failure``, the shell command that
    makes a failure of its migrations look like a success (``echo ignored``).
    """

    command: str
    module: str
    attribute: str
    directory: str
    location: Location
    path: str = ""
    on_failure: str = ""


@dataclass(frozen=True)
class UpgradeCommand:
    """``alembic upgrade REVISION``, or ``flask db upgrade``, in a start file.

    ``configs`` are the paths that its configuration may have, the most likely first; ``section`` is that of the ini.
    ``folders`` are those in which it may run, as far as they are surely known: there Alembic looks for ``written``, its
    configuration.
    """

    command: str
    revision: str
    configs: tuple[str, ...]
    section: str
    location: Location
    written: str = ""
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class InstalledSymbol:
    """The definition of a name of an installed package, found without importing it.

    ``definition`` is the dotted name of where it is defined, ``facts`` the facts of that file, ``name`` the name at
    its top level and ``file`` its absolute path (for messages only).
    """

    definition: str
    name: str
    facts: ModuleFacts
    file: str


class Workspace(Protocol):
    """An immutable view of a workspace at one moment. Files are read on demand, and the same question always has the
    same answer.

    No content of the workspace makes a method raise: a file that cannot be read has no facts.
    """

    @property
    def root(self) -> str:
        """The absolute path of the root, with ``/`` and without a trailing one."""

    @property
    def settings(self) -> Settings: ...

    @property
    def environments(self) -> Sequence[MigrationEnvironment]:
        """Every Alembic environment, in the order of their configuration paths."""

    @property
    def entry_points(self) -> Sequence[EntryPoint]:
        """Every entry point found or configured: migrations first, then what is served, scripts last."""

    @property
    def start_commands(self) -> Sequence[StartCommand]: ...

    @property
    def upgrade_commands(self) -> Sequence[UpgradeCommand]: ...

    @property
    def problems(self) -> Sequence[Problem]: ...

    def facts(self, path: str) -> ModuleFacts | None:
        """The facts of a Python file; None if it does not exist or cannot be read."""

    def body(self, path: str, number: int) -> tuple[Step, ...]:
        """A body of the file's facts; empty where there is none of that number."""

    def span(self, path: str, at: At) -> Span:
        """The span of a place of the file's facts; the start of the file where it has none."""

    def about(self, path: str, ask: Callable[[ModuleFacts], T]) -> T | None:
        """The result of ``ask`` for the file's facts, computed once; None if it has none.

        The function is the key. A result that reads facts only in this way depends only on the answer.
        """

    def unreadable(self, path: str) -> str | None:
        """Why ``path`` has no facts although it exists (too large, not text, no permission); None otherwise."""

    def text(self, path: str) -> str | None:
        """The decoded text of any file, with its line endings; None if it cannot be read."""

    def is_stale(self, path: str) -> bool:
        """Whether :meth:`facts` are those of an earlier text, since the current one has a syntax error."""

    def overlaid(self, texts: Mapping[str, str]) -> Workspace:
        """The workspace as it would be if these files had these texts."""

    def is_file(self, path: str) -> bool: ...

    def is_dir(self, path: str) -> bool: ...

    def listdir(self, path: str) -> Sequence[str]:
        """Names in a folder, sorted; empty where it cannot be read."""

    def python_files(self) -> Sequence[str]:
        """Every Python file that is neither ignored, vendored nor excluded by the settings, sorted."""

    def candidates(self) -> Sequence[str]:
        """Those of :meth:`python_files` whose bytes show that they may define a table or a MetaData."""

    def may_declare_tables(self, path: str) -> bool:
        """Whether the bytes of a file show that it may declare a table, not only use SQLAlchemy."""

    def mentions(self, path: str, *words: str) -> bool:
        """Whether the text of a file contains one of these words, wherever in it. Cheaper than its facts."""

    def find_spec(self, name: str, search: Iterable[str]) -> ModuleSpec | None:
        """The result of ``PathFinder.find_spec(name, search)``: only the last part of ``name`` is looked up."""

    def roots_of(self, path: str) -> Sequence[str]:
        """The import roots that the code of ``path`` expects on ``sys.path``, the most likely first."""

    def module_name(self, path: str) -> str:
        """The dotted name of ``path`` under the first of :meth:`roots_of`."""

    def revision_files(self, environment: MigrationEnvironment) -> Sequence[str]:
        """The files that Alembic loads as revisions, in the order in which it does."""

    def depends_on(self, module: str, near: str) -> bool:
        """Whether the project of ``near`` (a path) requires another distribution with the name of this module."""

    def elsewhere(self, module: str, importer: str) -> str | None:
        """A file of the workspace that ``module``, which no import root finds, may mean; None where there is none."""

    def version(self, distribution: str, near: str) -> tuple[int, ...] | None:
        """The version of a distribution that ``near`` (a path) runs with (installed, locked or pinned), or None."""

    def is_installed(self, module: str, near: str) -> bool | None:
        """Whether ``near`` (a path) runs with an installed top-level module of that name; None if unknown.

        An environment without SQLAlchemy is not the project's: missing modules in it mean nothing.
        """

    def installed(self, dotted: str) -> InstalledSymbol | None:
        """The definition of ``dotted`` (``package.module.Name``) in the chosen interpreter; None if unknown."""
