"""Programs that start Python code, and the meaning of their arguments. Nothing is run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class StartKind(Enum):
    """What a program does with the code that it names."""

    SERVED = "served"
    IMPORTED = "imported"
    PASTE = "paste"
    """A factory that is given a configuration, and whose application is served."""
    WORKER = "worker"
    """Imported; then the application in it, which no server serves, starts to work."""
    SCRIPT = "script"
    RERUN_SCRIPT = "rerun script"
    """A script that a server executes again and again in its process."""
    RUN_MODULE = "run-module"
    CONSOLE = "console"
    """A console script of a distribution: the working directory is not on ``sys.path``."""
    ALEMBIC = "alembic"


@dataclass(frozen=True)
class Upgrade:
    """An upgrade to a revision, with the configuration (a path as written)."""

    revision: str
    config: str


@dataclass(frozen=True)
class Start:
    """One Python program of a command line.

    ``module`` and ``attribute`` are as written; ``path`` is a script or, for alembic, a configuration file. ``cwd`` is
    where it runs, ``on_path`` the folders put on ``sys.path``, both as written: relative to where the line runs, or
    absolute. ``token`` is the part of the line that names the code.
    """

    kind: StartKind
    command: str
    token: str
    cwd: str
    module: str = ""
    attribute: str = ""
    path: str = ""
    section: str = "alembic"
    on_path: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """The attributes that are tried if none is named, the best first."""
    files: tuple[str, ...] = ()
    """The files that are tried if ``path`` is a folder."""
    submodule: str = ""
    """The module of a package that is used if the package is named without an attribute."""
    on_failure: str = ""
    """Of migrations: the shell command after them that hides their failure (``true`` of ``... || true``)."""
    upgrades: Upgrade | None = None
    """The upgrade of a database that it does."""


TARGET = re.compile(r"[A-Za-z_][\w.]*(?::[A-Za-z_][\w.]*(?:\(.*\))?)?\Z")
_WITH_ATTRIBUTE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(?:\(.*\))?\Z")
_PYTHON = re.compile(r"(?:pypy|python|py)[\d.]*w?(?:\.exe)?\Z")
_FLAGS = frozenset(
    {
        "--reload", "--factory", "--proxy-headers", "--access-log", "--use-colors", "--preload", "--daemon", "-D", "-R",
        "--debug", "--version", "--help", "--capture-output", "--enable-stdio-inheritance", "--reuse-port",
        "--check-config", "--spew", "--proxy-protocol", "--print-config", "--raiseerr", "-q", "--quiet", "-B", "-E",
        "--beat", "--events", "--dev", "--fast", "--single-process", "--master", "--enable-threads", "--die-on-term",
        "--vacuum", "--call", "--watch", "--burst", "--verbose", "-v", "--lazy-apps", "--need-app",
    }
)  # fmt: skip
"""Options without a value, of programs of every kind. All others are taken to have one."""


@dataclass(frozen=True)
class Arguments:
    """The arguments of a command line: options with their values, and the others in order."""

    options: dict[str, str]
    positional: list[str]

    def get(self, *names: str) -> str | None:
        return next((self.options[name] for name in names if name in self.options), None)

    def has(self, *names: str) -> bool:
        return self.get(*names) is not None


def arguments_of(argv: Sequence[str], flags: frozenset[str] = frozenset()) -> Arguments:
    """Tell options from other arguments. ``flags`` are options of this program that have no value."""
    options: dict[str, str] = {}
    positional: list[str] = []
    rest = iter(argv)
    for argument in rest:
        if argument == "--":
            positional += rest
        elif not argument.startswith("-") or argument == "-":
            positional.append(argument)
        elif "=" in argument:
            name, _, value = argument.partition("=")
            options[name] = value
        elif argument in _FLAGS or argument in flags or argument.startswith("--no-"):
            options[argument] = ""
        elif len(argument) > 2 and argument[1] != "-":
            options[argument[:2]] = argument[2:]
        else:
            options[argument] = next(rest, "")
    return Arguments(options, positional)


def python_path_of(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The folders in PYTHONPATH, as they are written; what another variable holds is left out."""
    return tuple(part for part in re.split("[:;]", variables.get("PYTHONPATH", "")) if part and "$" not in part)


@dataclass(frozen=True)
class CommandContext:
    cwd: str
    variables: dict[str, str]
    command: str

    def start(
        self,
        kind: StartKind,
        target: str,
        *on_path: str,
        cwd: str | None = None,
        attribute: str = "",
        path: str = "",
        names: tuple[str, ...] = (),
        files: tuple[str, ...] = (),
        submodule: str = "",
    ) -> Start | None:
        """A start on ``target`` (``module`` or ``module:attribute``), ``on_path`` before PYTHONPATH."""
        if not path and not TARGET.match(target):
            return None
        module, _, written = target.partition(":")
        return Start(
            kind,
            self.command,
            token=target.removesuffix("()") or path,
            cwd=self.cwd if cwd is None else posixpath.normpath(posixpath.join(self.cwd, cwd)),
            module="" if path else module,
            attribute=written or attribute,
            path=path,
            on_path=(*on_path, *python_path_of(self.variables)),
            names=names,
            files=files,
            submodule=submodule,
        )


CommandLine: TypeAlias = Callable[[list[str], CommandContext], Start | None]
"""From the words after the name of a program to what it starts; None if they do not tell."""


def is_python(name: str) -> bool:
    """Whether a program of this name is a Python interpreter."""
    return _PYTHON.match(name) is not None


def python_start(argv: list[str], context: CommandContext, programs: Mapping[str, CommandLine]) -> Start | None:
    """What ``python`` starts; ``programs`` are those with their own command line after ``-m``."""
    rest = list(argv)
    while rest:
        argument = rest.pop(0)
        if re.fullmatch(r"-[A-Za-z]*m", argument):
            return _run_module(rest, context, programs)
        if argument.startswith("-c") or argument == "-":
            return None
        if argument in {"-W", "-X", "--check-hash-based-pycs"}:
            del rest[:1]
        elif not argument.startswith("-"):
            return context.start(StartKind.SCRIPT, "", path=argument) if argument.endswith(".py") else None
    return None


_LAUNCHERS = frozenset({"debugpy", "coverage", "cProfile", "trace", "pdb", "ddtrace", "watchfiles", "memray", "dotenv"})


def _run_module(argv: list[str], context: CommandContext, programs: Mapping[str, CommandLine]) -> Start | None:
    if not argv:
        return None
    module, rest = argv[0], argv[1:]
    if module in programs:
        return programs[module](rest, context)
    if module in _LAUNCHERS:
        for index, argument in enumerate(rest):
            if argument == "-m":
                return _run_module(rest[index + 1 :], context, programs)
            if argument.endswith(".py"):
                return context.start(StartKind.SCRIPT, "", path=argument)
        return None
    return context.start(StartKind.RUN_MODULE, module, ".")


def server(argv: list[str], context: CommandContext) -> Start | None:
    """uvicorn, hypercorn and others that take ``module:attribute`` and put a folder on ``sys.path``."""
    arguments = arguments_of(argv)
    candidates = [*arguments.positional, *(value for name, value in arguments.options.items() if "bind" not in name)]
    target = next((each.removeprefix("asgi:").removeprefix("wsgi:") for each in candidates if ":" in each), "")
    if not _WITH_ATTRIBUTE.match(target):
        return None
    if "--factory" in arguments.options or "--call" in arguments.options:
        target = target if target.endswith(")") else target + "()"
    folder = arguments.get("--app-dir", "--working-dir", "--chdir")
    return context.start(StartKind.SERVED, target, folder or ".")


def module_option(kind: StartKind, *names: str) -> CommandLine:
    """A program whose option of one of ``names`` names what it starts."""

    def program(argv: list[str], context: CommandContext) -> Start | None:
        target = arguments_of(argv).get(*names) or ""
        return context.start(kind, target, ".")

    return program


def positional(kind: StartKind) -> CommandLine:
    """A program whose first suitable argument names what it starts."""

    def program(argv: list[str], context: CommandContext) -> Start | None:
        target = next((each for each in arguments_of(argv).positional if TARGET.match(each)), "")
        return context.start(kind, target, ".")

    return program
