"""Shell command lines, read for the Python programs that they start. Nothing is run."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cucurbit.source.text import split_lines
from cucurbit.workspace.allowance import Allowance
from cucurbit.workspace.starts.launchers import Launchers
from cucurbit.workspace.starts.programs import CommandContext, Start

WORKSPACE = "/@"
"""Directories with these beginnings are in the workspace, whichever machine or container runs the line."""


_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)\Z", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-([^{}]*))?\})")
_DIRNAME = re.compile(r"""(?:\$\(|`)\s*dirname\s+(?:--\s+)?["']?\$\{?(?:0|BASH_SOURCE(?:\[0\])?)\}?["']?\s*(?:\)|`)""")
_PWD = re.compile(
    r"""\$\(\s*cd\s+(?:--\s+)?["']?([^"'\s&;$()]+)["']?\s*(?:>\s*/dev/null(?:\s*2>&1)?\s*)?"""
    r"(?:&&|;)\s*pwd(?:\s+-P)?\s*\)"
)
_OPERATORS = frozenset({"&&", "||", ";", "|", "&", ";;", "|&"})
_WRAPPERS = frozenset(
    {
        "exec", "sudo", "nohup", "time", "env", "nice", "poetry", "uv", "pipenv", "pdm", "hatch", "rye", "pixi",
        "conda", "dotenv", "doppler", "opentelemetry-instrument", "ddtrace-run", "newrelic-admin", "gosu", "su-exec",
        "tini", "dumb-init", "wait-for-it.sh", "wait-for-it", "wait-for", "xvfb-run", "watchmedo", "watchfiles",
        "coverage", "timeout", "stdbuf", "then", "else", "do", "if", "while", "!", "{", "infisical", "op", "aws-vault",
        "command", "docker-entrypoint.sh", "entrypoint.sh", "uvx", "pipx", "honcho", "concurrently",
    }
)  # fmt: skip
"""Programs and words that are followed by the real command."""

LONGEST_LINE = 10_000
"""Characters of a command that is read, before and after variables are put in: :mod:`shlex` takes quadratic time."""
_MOST_WORDS = 1_000
_LONGEST_VALUE = 4_096
"""Characters of a variable or a folder that are kept; a system refuses longer paths."""
_MOST_VARIABLES = 1_000
_MOST_EXPANDED = 1_000_000
"""Characters of all lines of one file together, once variables are put in."""
_MOST_OF_ALL = 4 * _MOST_EXPANDED
"""The same for all files together."""
_LINE = 50
"""Characters that a line counts besides its own: to split even the shortest one takes as long as these."""

_SHOWN = 6
"""Words of what hides a failure that a message shows."""
_MOST_AFTER = 50
"""Words after a command that are looked at."""

_SHELLS = frozenset({"sh", "bash", "zsh", "ash", "dash"})


def allowance(total: Allowance | None = None) -> Allowance:
    """What the commands of one file may cost together; ``total`` is what those of all files may."""
    return Allowance(_MOST_EXPANDED, total)


def total_allowance() -> Allowance:
    """What the commands of all files may cost together."""
    return Allowance(_MOST_OF_ALL)


def change_folder(folder: str, path: str) -> str:
    """Where ``cd path`` leads from ``folder``; nowhere else where the path would be longer than a system allows."""
    joined = posixpath.join(folder, path)
    return posixpath.normpath(joined) if len(joined) <= _LONGEST_VALUE else folder


@dataclass
class Shell:
    """Reads lines one after another, as a shell would run them: ``cd`` and variables last."""

    launchers: Launchers
    cwd: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    here: str = WORKSPACE
    """The folder of the script being read (``$(dirname "$0")``)."""
    _stack: list[str] = field(default_factory=list)
    allowance: Allowance = field(default_factory=allowance)
    """What the lines of one file may cost together."""

    def run(self, line: str) -> list[Start]:
        """The Python programs that a line starts, in order; none of a line that is longer than people write."""
        found: list[Start] = []
        if len(line) > LONGEST_LINE:
            return found
        line = self._expand(line)
        if len(line) > LONGEST_LINE or not self.allowance.spend(len(line) + _LINE):
            return found
        for words, after in _simple_commands(line):
            if words == ["("]:
                self._stack.append(self.cwd)
            elif words == [")"]:
                self.cwd = self._stack.pop() if self._stack else self.cwd
            else:
                hidden = _hides_failure(after) if _runs_migrations(words) else ""
                found += (replace(start, on_failure=hidden) if hidden else start for start in self.run_words(words))
        return found

    def run_words(self, words: Sequence[str]) -> list[Start]:
        """The Python programs that one simple command starts; at most one, except for ``sh -c``."""
        if len(words) > _MOST_WORDS:
            return []
        words = list(words)
        own: dict[str, str] = {}
        while words and (match := _ASSIGNMENT.match(words[0])):
            own[match[1]] = match[2]
            words.pop(0)
        if not words:
            self._set(own)
            return []
        name = posixpath.basename(words[0])
        if name in {"export", "set", "declare", "local"}:
            self._set({match[1]: match[2] for word in words[1:] if (match := _ASSIGNMENT.match(word))})
            return []
        if name in {"cd", "pushd"} and len(words) > 1:
            self.cwd = change_folder(self.cwd, words[-1])
            return []
        if name in _SHELLS and len(words) > 2 and re.fullmatch(r"-\w*c", words[1]):
            return self._inner({**self.variables, **own}).run(words[2])
        return self._program(words, own)

    def _set(self, variables: Mapping[str, str]) -> None:
        for name, value in variables.items():
            if len(value) <= _LONGEST_VALUE and (name in self.variables or len(self.variables) < _MOST_VARIABLES):
                self.variables[name] = value

    def _inner(self, variables: dict[str, str]) -> Shell:
        """A shell inside this one, which spends what is left for this one."""
        return Shell(self.launchers, self.cwd, variables, self.here, allowance=self.allowance)

    def _expand(self, line: str) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            found = self.variables.get(name) or (match[3] if match[3] is not None else match.group())
            return found if room.spend(len(found)) else ""

        def directory(match: re.Match[str]) -> str:
            return change_folder(self.cwd, match[1])

        room = Allowance(LONGEST_LINE + 1)
        line = _DIRNAME.sub(lambda _: self.here, line)
        line = _VARIABLE.sub(value, line)
        return _PWD.sub(directory, line) if room.left else ""

    def _program(self, words: list[str], own: dict[str, str]) -> list[Start]:
        first = posixpath.basename(words[0])
        wrapped = first in _WRAPPERS or first.endswith(".sh")
        while words:
            name = posixpath.basename(words[0])
            if match := _ASSIGNMENT.match(words[0]):
                own[match[1]] = match[2]
            elif self.launchers.is_program(name):
                variables = {**self.variables, **own}
                start = self.launchers.start_of(name, words[1:], CommandContext(self.cwd, variables, shlex.join(words)))
                return [start] if start is not None else []
            elif wrapped and name in _SHELLS:
                return self.run_words(words)
            elif wrapped and " " in words[0]:
                return self._inner({**self.variables, **own}).run(words[0])
            elif not wrapped:
                return []
            words = words[1:]
        return []


def split_words(line: str) -> list[str]:
    """The words and operators of a line, without quotes."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:  # a quote that is never closed
        return line.replace('"', " ").replace("'", " ").split()


_SUCCEED = frozenset({"true", ":", "echo", "printf"})
_LEAVE = frozenset({"exit", "return", "false", "kill", "break", "continue"})


def _runs_migrations(words: Sequence[str]) -> bool:
    names = [posixpath.basename(word) for word in words]
    return "upgrade" in names and ("alembic" in names or ("flask" in names and "db" in names))


def _hides_failure(after: Sequence[str]) -> str:
    """What makes a failure look like a success: ``echo failed`` of ``|| echo failed``, which always succeeds."""
    if len(after) < 2 or after[0] != "||":
        return ""
    rest = list(after[1:])
    if rest[0] == "{":
        block = rest[1 : rest.index("}")] if "}" in rest else []
    else:
        block = rest[: rest.index(";")] if ";" in rest else rest
    if not block or block[0] not in _SUCCEED or not _LEAVE.isdisjoint(block):
        return ""
    return shlex.join(block[:_SHOWN]) + (" ..." if len(block) > _SHOWN else "")


def _simple_commands(line: str) -> Iterator[tuple[list[str], list[str]]]:
    """The simple commands of a line, each with the words after it; parentheses on their own."""
    current: list[str] = []
    skip = False
    every = split_words(line)
    for index, word in enumerate(every):
        if skip:
            skip = False
        elif word in _OPERATORS or set(word) <= {"(", ")"}:
            if current:
                yield current, every[index : index + _MOST_AFTER]
            current = []
            if word not in _OPERATORS:
                yield from (([mark], []) for mark in word)
        elif set(word) <= {"<", ">", "&"}:
            skip = True
        else:
            current.append(word)
    if current:
        yield current, []


def script_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """The command lines of a shell script with their first and last line, without comments and here-documents."""
    until: str | None = None
    for first, last, line in logical_lines(text):
        if until is not None:
            until = None if line.strip() == until else until
            continue
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        document = re.search(r"<<-?\s*(['\"]?)(\w+)\1", line)
        if document is not None and "<<<" not in line:
            until = document[2]
        yield first, last, re.sub(r"\s#\s.*", "", stripped)


def logical_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """The lines of a text, continued after a backslash at the end, with their first and last line."""
    lines = split_lines(text)
    index = 0
    while index < len(lines):
        first = index
        line = lines[index]
        index += 1
        parts = []
        while line.endswith("\\") and index < len(lines):
            parts.append(line[:-1].rstrip())
            line = lines[index].lstrip()
            index += 1
        yield first + 1, index, " ".join([*parts, line])
