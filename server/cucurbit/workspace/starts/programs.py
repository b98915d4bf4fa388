"""The programs that start Python code, and what their arguments name. Nothing is run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class StartKind(Enum):
    """What a program does with the code that it names."""

    SERVED = "served"
    IMPORTED = "imported"
    CELERY = "celery"
    FLASK = "flask"
    SCRIPT = "script"
    RUN_MODULE = "run-module"
    CONSOLE = "console"
    """A console script that a distribution declares: nothing of where it runs is on ``sys.path``."""
    ALEMBIC = "alembic"


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


_TARGET = re.compile(r"[A-Za-z_][\w.]*(?::[A-Za-z_][\w.]*(?:\(.*\))?)?\Z")
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
"""Options without a value. All others are taken to have one."""


@dataclass(frozen=True)
class _Arguments:
    options: dict[str, str]
    positional: list[str]

    def get(self, *names: str) -> str | None:
        return next((self.options[name] for name in names if name in self.options), None)


def _arguments(argv: Sequence[str]) -> _Arguments:
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
        elif argument in _FLAGS or argument.startswith("--no-"):
            options[argument] = ""
        elif len(argument) > 2 and argument[1] != "-":
            options[argument[:2]] = argument[2:]
        else:
            options[argument] = next(rest, "")
    return _Arguments(options, positional)


@dataclass(frozen=True)
class Context:
    cwd: str
    variables: dict[str, str]
    command: str

    def start(
        self, kind: StartKind, target: str, *on_path: str, cwd: str | None = None, attribute: str = "", path: str = ""
    ) -> Start | None:
        """A start on ``target`` (``module`` or ``module:attribute``), ``on_path`` before PYTHONPATH."""
        if not path and not _TARGET.match(target):
            return None
        module, _, written = target.partition(":")
        environment = [part for part in self.variables.get("PYTHONPATH", "").split(":") if part and "$" not in part]
        return Start(
            kind,
            self.command,
            token=target.removesuffix("()") or path,
            cwd=self.cwd if cwd is None else posixpath.normpath(posixpath.join(self.cwd, cwd)),
            module="" if path else module,
            attribute=written or attribute,
            path=path,
            on_path=(*on_path, *environment),
        )


_Program: TypeAlias = Callable[[list[str], Context], Start | None]


def is_program(name: str) -> bool:
    """Whether a program of this name starts Python code in a way that is known here."""
    return bool(_PYTHON.match(name)) or name in _PROGRAMS


def start_of(name: str, argv: list[str], context: Context) -> Start | None:
    if _PYTHON.match(name):
        return _python(argv, context)
    return _PROGRAMS[name](argv, context)


def _python(argv: list[str], context: Context) -> Start | None:
    rest = list(argv)
    while rest:
        argument = rest.pop(0)
        if re.fullmatch(r"-[A-Za-z]*m", argument):
            return _run_module(rest, context)
        if argument.startswith("-c") or argument == "-":
            return None
        if argument in {"-W", "-X", "--check-hash-based-pycs"}:
            del rest[:1]
        elif not argument.startswith("-"):
            return context.start(StartKind.SCRIPT, "", path=argument) if argument.endswith(".py") else None
    return None


_LAUNCHERS = frozenset({"debugpy", "coverage", "cProfile", "trace", "pdb", "ddtrace", "watchfiles", "memray", "dotenv"})


def _run_module(argv: list[str], context: Context) -> Start | None:
    if not argv:
        return None
    module, rest = argv[0], argv[1:]
    if module in _PROGRAMS:
        return _PROGRAMS[module](rest, context)
    if module in _LAUNCHERS:
        for index, argument in enumerate(rest):
            if argument == "-m":
                return _run_module(rest[index + 1 :], context)
            if argument.endswith(".py"):
                return context.start(StartKind.SCRIPT, "", path=argument)
        return None
    return context.start(StartKind.RUN_MODULE, module, ".")


def _server(argv: list[str], context: Context) -> Start | None:
    """uvicorn, hypercorn and others that take ``module:attribute`` and put a folder on ``sys.path``."""
    arguments = _arguments(argv)
    candidates = [*arguments.positional, *(value for name, value in arguments.options.items() if "bind" not in name)]
    target = next((each.removeprefix("asgi:").removeprefix("wsgi:") for each in candidates if ":" in each), "")
    if not _WITH_ATTRIBUTE.match(target):
        return None
    if "--factory" in arguments.options or "--call" in arguments.options:
        target = target if target.endswith(")") else target + "()"
    folder = arguments.get("--app-dir", "--working-dir", "--chdir")
    return context.start(StartKind.SERVED, target, folder or ".")


def _gunicorn(argv: list[str], context: Context) -> Start | None:
    arguments = _arguments(argv)
    target = next((each for each in arguments.positional if _TARGET.match(each)), "")
    extra = (arguments.get("--pythonpath") or "").split(",")
    folder = arguments.get("--chdir")
    return context.start(
        StartKind.SERVED, target, ".", *filter(None, extra), cwd=folder, attribute="application"
    )  # fmt: skip


def _module_option(kind: StartKind, *names: str) -> _Program:
    def program(argv: list[str], context: Context) -> Start | None:
        target = _arguments(argv).get(*names) or ""
        return context.start(kind, target, ".")

    return program


def _celery(argv: list[str], context: Context) -> Start | None:
    arguments = _arguments(argv)
    target = arguments.get("-A", "--app") or ""
    return context.start(StartKind.CELERY, target, ".", cwd=arguments.get("--workdir"))


def _positional(kind: StartKind) -> _Program:
    def program(argv: list[str], context: Context) -> Start | None:
        target = next((each for each in _arguments(argv).positional if _TARGET.match(each)), "")
        return context.start(kind, target, ".")

    return program


def _flask(argv: list[str], context: Context) -> Start | None:
    arguments = _arguments(argv)
    target = arguments.get("--app", "-A") or context.variables.get("FLASK_APP") or ""
    if not arguments.positional:
        return None
    if target.endswith(".py") or "/" in target:
        return context.start(StartKind.FLASK, "", ".", path=target)
    return context.start(StartKind.FLASK, target, ".") if target else None


def _fastapi(argv: list[str], context: Context) -> Start | None:
    arguments = _arguments(argv)
    if not arguments.positional or arguments.positional[0] not in {"run", "dev"}:
        return None
    entry = arguments.get("--entrypoint", "-e")
    if entry:
        return context.start(StartKind.SERVED, entry, ".")
    path = arguments.positional[1] if len(arguments.positional) > 1 else ""
    return context.start(StartKind.SERVED, "", attribute=arguments.get("--app") or "", path=path or ".")


def _streamlit(argv: list[str], context: Context) -> Start | None:
    path = next((each for each in argv if each.endswith(".py")), "")
    return context.start(StartKind.SCRIPT, "", path=path) if path else None


def _arq(argv: list[str], context: Context) -> Start | None:
    target = next((each for each in argv if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)+", each)), "")
    module, _, attribute = target.rpartition(".")
    return context.start(StartKind.IMPORTED, module, ".", attribute=attribute) if module else None


def _alembic(argv: list[str], context: Context) -> Start | None:
    arguments = _arguments(argv)
    if not arguments.positional:
        return None
    config = arguments.get("-c", "--config") or context.variables.get("ALEMBIC_CONFIG") or "alembic.ini"
    return Start(
        StartKind.ALEMBIC,
        context.command,
        token="alembic",
        cwd=context.cwd,
        path=config,
        section=arguments.get("-n", "--name") or "alembic",
    )


_PROGRAMS: dict[str, _Program] = {
    "uvicorn": _server,
    "hypercorn": _server,
    "daphne": _server,
    "granian": _server,
    "waitress-serve": _server,
    "uwsgi": _server,
    "gunicorn": _gunicorn,
    "sanic": _positional(StartKind.SERVED),
    "litestar": _module_option(StartKind.SERVED, "--app"),
    "quart": _module_option(StartKind.FLASK, "--app"),
    "flask": _flask,
    "fastapi": _fastapi,
    "celery": _celery,
    "arq": _arq,
    "dramatiq": _positional(StartKind.IMPORTED),
    "streamlit": _streamlit,
    "alembic": _alembic,
}
