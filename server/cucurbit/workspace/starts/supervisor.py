"""The programs of a ``supervisord`` configuration: ``[program:web]`` with ``command``, ``directory``, ``environment``.

Facts from supervisor/options.py: a ``;`` after a blank begins a comment; ``environment`` is a list ``KEY="value",...``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.source.text import split_lines
from cucurbit.workspace.tree.files import FileTree

_SECTION = re.compile(r"\[(?P<name>[^\]]+)\]")
_OPTION = re.compile(r"(?P<key>[A-Za-z_]+)\s*[=:]\s*(?P<value>.*)\Z")
_COMMENT = re.compile(r"\s;.*\Z")
_PROGRAM = "program:"


@dataclass(frozen=True)
class SupervisedProgram:
    """A program; ``line`` is that of its command, 1-based."""

    command: str
    line: int
    directory: str
    variables: tuple[tuple[str, str], ...]


def programs(text: str) -> Iterator[SupervisedProgram]:
    """The programs in the text of a configuration, in its order."""
    command, line, others, key = "", 0, dict[str, str](), ""
    inside = False
    # A program is complete where the next section begins: one more header completes the last.
    for number, written in enumerate((*split_lines(text), f"[{_PROGRAM}]"), 1):
        bare = _COMMENT.sub("", written).strip()
        section = _SECTION.match(bare)
        if section is not None:
            if inside and command:
                variables = tuple(_variables(others.get("environment", "")))
                yield SupervisedProgram(command, line, others.get("directory", ""), variables)
            inside = section["name"].startswith(_PROGRAM)
            command, others, key = "", {}, ""
            continue
        if written[:1].isspace() and bare and key:
            # A line that is indented goes on with the value of the option above it.
            if key == "command":
                command = f"{command} {bare}"
            else:
                others[key] = f"{others[key]} {bare}"
            continue
        option = _OPTION.match(bare)
        key = option["key"] if option is not None else ""
        if option is not None and option["key"] == "command":
            command, line = option["value"], number
        elif option is not None:
            others[option["key"]] = option["value"]


def _variables(text: str) -> Iterator[tuple[str, str]]:
    """Name and value of each; none where quotes are not closed."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = ",", True, ""
    try:
        items = list(lexer)
    except ValueError:
        return
    for item in items:
        name, separator, value = item.partition("=")
        if separator and name.strip().isidentifier():
            yield name.strip(), value.strip()


def folder_of(tree: FileTree, directory: str) -> str | None:
    """The folder of the workspace that ``directory`` is where the program runs: the longest end that exists."""
    parts = [part for part in directory.split("/") if part]
    for count in range(len(parts)):
        folder = "/".join(parts[count:])
        if tree.is_dir(folder):
            return folder
    return None
