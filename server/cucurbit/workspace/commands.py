"""Shell command lines, read for the Python programs that they start. Nothing is run."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

WORKSPACE = "/@"
"""A directory that starts so is one of the workspace, whatever machine or container the line runs in."""

_HERE = "@here"


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
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)\Z", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-([^{}]*))?\})")
_DIRNAME = re.compile(r"""(?:\$\(|`)\s*dirname\s+(?:--\s+)?["']?\$\{?(?:0|BASH_SOURCE(?:\[0\])?)\}?["']?\s*(?:\)|`)""")
_PWD = re.compile(
    rf"""\$\(\s*cd\s+(?:--\s+)?["']?({re.escape(_HERE)}[^"'\s&;]*)["']?\s*(?:>\s*/dev/null\s*(?:2>&1)?\s*)?(?:&&|;)\s*pwd(?:\s+-P)?\s*\)"""
)
_OPERATORS = frozenset({"&&", "||", ";", "|", "&", ";;", "|&"})
_WRAPPERS = frozenset(
    {
        "exec", "sudo", "nohup", "time", "env", "nice", "poetry", "uv", "pipenv", "pdm", "hatch", "rye", "pixi", "conda",
        "dotenv", "doppler", "opentelemetry-instrument", "ddtrace-run", "newrelic-admin", "gosu", "su-exec", "tini",
        "dumb-init", "wait-for-it.sh", "wait-for-it", "wait-for", "xvfb-run", "watchmedo", "watchfiles", "coverage",
        "timeout", "stdbuf", "then", "else", "do", "if", "while", "!", "{", "infisical", "op", "aws-vault", "command",
        "docker-entrypoint.sh", "entrypoint.sh", "uvx", "pipx", "honcho", "concurrently",
    }
)  # fmt: skip
"""Programs and words that are followed by the command that counts."""

_SHELLS = frozenset({"sh", "bash", "zsh", "ash", "dash"})
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


@dataclass
class Shell:
    """Reads lines one after another, as a shell would run them: ``cd`` and variables last."""

    cwd: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    here: str = WORKSPACE
    """The folder of the script being read (``$(dirname "$0")``)."""
    _stack: list[str] = field(default_factory=list)

    def run(self, line: str) -> list[Start]:
        """The Python programs that a line starts, in order."""
        found: list[Start] = []
        for words in _simple_commands(self._expand(line)):
            if words == ["("]:
                self._stack.append(self.cwd)
            elif words == [")"]:
                self.cwd = self._stack.pop() if self._stack else self.cwd
            else:
                found += self.run_words(words)
        return found

    def run_words(self, words: Sequence[str]) -> list[Start]:
        """The Python programs that one simple command starts; at most one but for ``sh -c``."""
        words = list(words)
        local = dict(self.variables)
        while words and (match := _ASSIGNMENT.match(words[0])):
            local[match[1]] = match[2]
            words.pop(0)
        if not words:
            self.variables = local
            return []
        name = posixpath.basename(words[0])
        if name in {"export", "set", "declare", "local"}:
            self.variables.update((match[1], match[2]) for word in words[1:] if (match := _ASSIGNMENT.match(word)))
            return []
        if name in {"cd", "pushd"} and len(words) > 1:
            self.cwd = posixpath.normpath(posixpath.join(self.cwd, words[-1]))
            return []
        if name in _SHELLS and len(words) > 2 and re.fullmatch(r"-\w*c", words[1]):
            return Shell(self.cwd, local, self.here).run(words[2])
        return self._program(words, local)

    def _expand(self, line: str) -> str:
        line = _PWD.sub(lambda match: match[1], _DIRNAME.sub(_HERE, line))

        def value(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            return self.variables.get(name) or (match[3] if match[3] is not None else match.group())

        return _VARIABLE.sub(value, line).replace(_HERE, self.here)

    def _program(self, words: list[str], variables: dict[str, str]) -> list[Start]:
        first = posixpath.basename(words[0])
        wrapped = first in _WRAPPERS or first.endswith(".sh")
        while words:
            name = posixpath.basename(words[0])
            if match := _ASSIGNMENT.match(words[0]):
                variables[match[1]] = match[2]
            elif _PYTHON.match(name) or name in _PROGRAMS:
                start = _start(name, words[1:], _Context(self.cwd, variables, shlex.join(words)))
                return [start] if start is not None else []
            elif wrapped and name in _SHELLS:
                return self.run_words(words)
            elif wrapped and " " in words[0]:
                return Shell(self.cwd, variables, self.here).run(words[0])
            elif not wrapped:
                return []
            words = words[1:]
        return []


@dataclass(frozen=True)
class _Context:
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


_Program: TypeAlias = Callable[[list[str], _Context], Start | None]


def _start(name: str, argv: list[str], context: _Context) -> Start | None:
    if _PYTHON.match(name):
        return _python(argv, context)
    return _PROGRAMS[name](argv, context)


def _python(argv: list[str], context: _Context) -> Start | None:
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


def _run_module(argv: list[str], context: _Context) -> Start | None:
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


def _server(argv: list[str], context: _Context) -> Start | None:
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


def _gunicorn(argv: list[str], context: _Context) -> Start | None:
    arguments = _arguments(argv)
    target = next((each for each in arguments.positional if _TARGET.match(each)), "")
    extra = (arguments.get("--pythonpath") or "").split(",")
    folder = arguments.get("--chdir")
    return context.start(
        StartKind.SERVED, target, ".", *filter(None, extra), cwd=folder, attribute="application"
    )  # fmt: skip


def _module_option(kind: StartKind, *names: str) -> _Program:
    def program(argv: list[str], context: _Context) -> Start | None:
        target = _arguments(argv).get(*names) or ""
        return context.start(kind, target, ".")

    return program


def _celery(argv: list[str], context: _Context) -> Start | None:
    arguments = _arguments(argv)
    target = arguments.get("-A", "--app") or ""
    return context.start(StartKind.CELERY, target, ".", cwd=arguments.get("--workdir"))


def _positional(kind: StartKind) -> _Program:
    def program(argv: list[str], context: _Context) -> Start | None:
        target = next((each for each in _arguments(argv).positional if _TARGET.match(each)), "")
        return context.start(kind, target, ".")

    return program


def _flask(argv: list[str], context: _Context) -> Start | None:
    arguments = _arguments(argv)
    target = arguments.get("--app", "-A") or context.variables.get("FLASK_APP") or ""
    if not arguments.positional:
        return None
    if target.endswith(".py") or "/" in target:
        return context.start(StartKind.FLASK, "", ".", path=target)
    return context.start(StartKind.FLASK, target, ".") if target else None


def _fastapi(argv: list[str], context: _Context) -> Start | None:
    arguments = _arguments(argv)
    if not arguments.positional or arguments.positional[0] not in {"run", "dev"}:
        return None
    entry = arguments.get("--entrypoint", "-e")
    if entry:
        return context.start(StartKind.SERVED, entry, ".")
    path = arguments.positional[1] if len(arguments.positional) > 1 else ""
    return context.start(StartKind.SERVED, "", attribute=arguments.get("--app") or "", path=path or ".")


def _streamlit(argv: list[str], context: _Context) -> Start | None:
    path = next((each for each in argv if each.endswith(".py")), "")
    return context.start(StartKind.SCRIPT, "", path=path) if path else None


def _arq(argv: list[str], context: _Context) -> Start | None:
    target = next((each for each in argv if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)+", each)), "")
    module, _, attribute = target.rpartition(".")
    return context.start(StartKind.IMPORTED, module, ".", attribute=attribute) if module else None


def _alembic(argv: list[str], context: _Context) -> Start | None:
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


def split_words(line: str) -> list[str]:
    """The words and operators of a line, quotes taken off."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:  # a quote that is never closed
        return line.replace('"', " ").replace("'", " ").split()


def _simple_commands(line: str) -> Iterator[list[str]]:
    """The simple commands of a line; parentheses on their own."""
    current: list[str] = []
    skip = False
    for word in split_words(line):
        if skip:
            skip = False
        elif word in _OPERATORS or set(word) <= {"(", ")"}:
            if current:
                yield current
            current = []
            if word not in _OPERATORS:
                yield from ([mark] for mark in word)
        elif set(word) <= {"<", ">", "&"}:
            skip = True
        else:
            current.append(word)
    if current:
        yield current


def script_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """The command lines of a shell script with their first and last line; comments and here-documents left out."""
    lines = text.splitlines()
    index = 0
    until: str | None = None
    while index < len(lines):
        first = index
        line = lines[index]
        index += 1
        if until is not None:
            until = None if line.strip() == until else until
            continue
        while line.endswith("\\") and index < len(lines):
            line = line[:-1] + " " + lines[index].lstrip()
            index += 1
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        document = re.search(r"<<-?\s*(['\"]?)(\w+)\1", line)
        if document is not None and "<<<" not in line:
            until = document[2]
        yield first + 1, index, re.sub(r"\s#\s.*", "", stripped)
