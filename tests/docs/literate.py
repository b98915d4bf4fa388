"""Pages whose console blocks are run: ``$ command`` lines and, below each, what it prints.

Three kinds of fenced blocks count:

- ``console``: the commands of a reader, in a folder that stays the same from block to block. ``cucurbit`` is the one
  under test; besides it there are ``cd``, ``cp -r`` and ``cat``. A line ``...`` stands for any lines.
- ``python title="path"``, and the same for ``markdown`` and ``toml``: the reader writes this file.
- everything else is text.

``python -m tests.docs.literate PAGE`` writes what the commands print into the page; an output with ``...`` that still
holds stays.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_BLOCK = re.compile(
    r'^```(console|(?:python|markdown|toml) title="(?P<file>[^"]+)")\n(?P<body>.*?)^```$', re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Command:
    """``line`` is its 1-based line on the page, ``start`` and ``end`` delimit its output there."""

    line: int
    text: str
    output: str
    start: int
    end: int


@dataclass(frozen=True)
class NewFile:
    """A file that the reader writes."""

    path: str
    text: str


def steps(page: str) -> Iterator[Command | NewFile]:
    """What a reader of the page does, in order."""
    for block in _BLOCK.finditer(page):
        if block["file"] is not None:
            yield NewFile(block["file"], block["body"])
        else:
            yield from _commands(page, block.start("body"), block.end("body"))


def _commands(page: str, start: int, end: int) -> Iterator[Command]:
    starts = [match.start() for match in re.compile(r"^\$ ", re.MULTILINE).finditer(page, start, end)]
    for at, following in zip(starts, [*starts[1:], end], strict=True):
        after = page.index("\n", at) + 1
        text = page[at + 2 : after - 1]
        yield Command(page.count("\n", 0, at) + 1, text, page[after:following].rstrip("\n"), after, following)


class Reader:
    """Somebody who follows a page in a copy of this repository's documentation."""

    def __init__(self, home: Path) -> None:
        self.folder = home
        shutil.copytree(
            REPOSITORY / "docs" / "examples",
            home / "docs" / "examples",
            ignore=shutil.ignore_patterns("*.db", "__pycache__", ".cucurbit_cache"),
        )

    def write(self, file: NewFile) -> None:
        target = self.folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text, encoding="utf-8")

    def run(self, command: str) -> str:
        """What a command prints, on both streams.

        Raises:
            AssertionError: it is none that a page may use, or it ends in a way that no page shows.
        """
        name, *arguments = shlex.split(command)
        if name == "cd":
            self.folder = (self.folder / arguments[0]).resolve()
            assert self.folder.is_dir(), command
            return ""
        if name == "cp":
            assert arguments[0] == "-r", command
            shutil.copytree(self.folder / arguments[1], self.folder / arguments[2])
            return ""
        if name == "cat":
            return (self.folder / arguments[0]).read_text("utf-8").rstrip("\n")
        assert name == "cucurbit", f"a page cannot use {name}"
        env = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("CUCURBIT", "FORCE_COLOR", "VIRTUAL_ENV"))
        }
        env |= {
            "PYTHONPATH": str(REPOSITORY / "server"),
            "PYTHONIOENCODING": "utf-8",
            "NO_COLOR": "1",
            "COLUMNS": "100",
        }
        done = subprocess.run(
            [sys.executable, "-m", "cucurbit", *arguments],
            cwd=self.folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=100,
            check=False,
        )
        assert done.returncode in {0, 1}, f"{command}: exit code {done.returncode}\n{done.stdout}"
        return done.stdout.rstrip("\n")


def agrees(expected: str, printed: str) -> bool:
    """Whether what was printed is what the page shows; ``...`` on a line of its own stands for any lines."""
    pieces: list[list[str]] = [[]]
    for line in expected.splitlines():
        if line == "...":
            pieces.append([])
        else:
            pieces[-1].append(line)
    lines = printed.splitlines()
    first, *middle = pieces
    if not middle:
        return lines == first
    *middle, last = middle
    end = len(lines) - len(last)
    if lines[: len(first)] != first or end < len(first) or lines[end:] != last:
        return False
    at = len(first)
    for piece in middle:
        while lines[at : at + len(piece)] != piece:
            at += 1
            if at + len(piece) > end:
                return False
        at += len(piece)
    return at <= end


def rewritten(page: str, reader: Reader) -> str:
    """The page with what its commands print now."""
    outputs: list[tuple[Command, str]] = []
    for step in steps(page):
        if isinstance(step, NewFile):
            reader.write(step)
            continue
        printed = reader.run(step.text)
        if not ("..." in step.output.splitlines() and agrees(step.output, printed)):
            outputs.append((step, printed))
    for command, printed in reversed(outputs):
        blank = "\n" if page[command.start : command.end].endswith("\n\n") else ""
        page = page[: command.start] + (f"{printed}\n" if printed else "") + blank + page[command.end :]
    return page


def main(path: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        page = Path(path)
        page.write_text(rewritten(page.read_text("utf-8"), Reader(Path(home))), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
