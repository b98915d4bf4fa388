"""Shell command lines, read for the Python programs that they start. Nothing is run."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cucurbit.source.text import split_lines
from cucurbit.workspace.starts.launchers import Launchers
from cucurbit.workspace.starts.programs import CommandContext, Start

WORKSPACE = "/@"
"""Directories with these beginnings are in the workspace, whichever machine or container runs the line."""


_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)\Z", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-([^{}]*))?\})")
_DIRNAME = re.compile(r"""(?:\$\(|`)\s*dirname\s+(?:--\s+)?["']?\$\{?(?:0|BASH_SOURCE(?:\[0\])?)\}?["']?\s*(?:\)|`)""")
_PWD = re.compile(
    r"""\$\(\s*cd\s+(?:--\s+)?["']?([^"'\s&;$()]+)["']?\s*(?:>\s*/dev/null\s*(?:2>&1)?\s*)?"""
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

_SHELLS = frozenset({"sh", "bash", "zsh", "ash", "dash"})


@dataclass
class Shell:
    """Reads lines one after another, as a shell would run them: ``cd`` and variables last."""

    launchers: Launchers
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
        """The Python programs that one simple command starts; at most one, except for ``sh -c``."""
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
            return Shell(self.launchers, self.cwd, local, self.here).run(words[2])
        return self._program(words, local)

    def _expand(self, line: str) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            return self.variables.get(name) or (match[3] if match[3] is not None else match.group())

        def directory(match: re.Match[str]) -> str:
            return posixpath.normpath(posixpath.join(self.cwd, match[1]))

        line = _DIRNAME.sub(lambda _: self.here, line)
        return _PWD.sub(directory, _VARIABLE.sub(value, line))

    def _program(self, words: list[str], variables: dict[str, str]) -> list[Start]:
        first = posixpath.basename(words[0])
        wrapped = first in _WRAPPERS or first.endswith(".sh")
        while words:
            name = posixpath.basename(words[0])
            if match := _ASSIGNMENT.match(words[0]):
                variables[match[1]] = match[2]
            elif self.launchers.is_program(name):
                start = self.launchers.start_of(name, words[1:], CommandContext(self.cwd, variables, shlex.join(words)))
                return [start] if start is not None else []
            elif wrapped and name in _SHELLS:
                return self.run_words(words)
            elif wrapped and " " in words[0]:
                return Shell(self.launchers, self.cwd, variables, self.here).run(words[0])
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
    """The command lines of a shell script with their first and last line, without comments and here-documents."""
    lines = split_lines(text)
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
            line = line[:-1].rstrip() + " " + lines[index].lstrip()
            index += 1
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        document = re.search(r"<<-?\s*(['\"]?)(\w+)\1", line)
        if document is not None and "<<<" not in line:
            until = document[2]
        yield first + 1, index, re.sub(r"\s#\s.*", "", stripped)
