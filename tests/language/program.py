"""Small programs, as they are stored: one file of ``programs/`` a subject, one section a program.

A section begins with a line ``# === title``. Behind the title may stand, in brackets, the oldest Python that runs it
(``[3.11]``) and the exception that the program certainly ends with (``[raises ValueError]``); without the latter the
program runs to its end. A line ``# --- package/module.py`` begins another file of the same program: what stands before
the first such line is ``main.py``, which is run as a script.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("programs")
MAIN = "main.py"
KNOWN = frozenset(Path(__file__).with_name("known.txt").read_text(encoding="utf-8").splitlines())
"""The stored programs that are predicted wrongly today; one that is right is taken off the list."""


_SECTION = re.compile(r"^# === (?P<title>.*?)(?: \[(?P<oldest>3\.\d+)\])?(?: \[raises (?P<raises>\w+)\])?$")
_FILE = re.compile(r"^# --- (?P<path>\S+)$")


@dataclass(frozen=True)
class Program:
    """A program that runs to its end, unless ``raises`` names the exception that ends it.

    ``origin`` is where it comes from: ``stored``, ``docs`` (a docstring of the standard library) or ``tests`` (a test
    method of the standard library).
    """

    origin: str
    subject: str
    title: str
    files: dict[str, str]
    raises: str = ""

    @property
    def name(self) -> str:
        return f"{self.origin}/{self.subject}: {self.title}"


def stored() -> Iterator[Program]:
    """The stored programs that this Python can run, in order."""
    for path in sorted(FOLDER.glob("*.py")):
        yield from read(path.stem, path.read_text(encoding="utf-8"))


def read(subject: str, text: str) -> Iterator[Program]:
    """The programs of one file.

    Raises:
        ValueError: text before the first section, an empty file of a program, or a title that stands twice.
    """
    titles: set[str] = set()
    for head, lines in _split(text):
        if head["title"] in titles:
            raise ValueError(f"{subject}: the title {head['title']!r} stands twice")
        titles.add(head["title"])
        if _runs_here(head["oldest"]):
            yield Program("stored", subject, head["title"], dict(_files(lines)), head["raises"] or "")


def _split(text: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    head: re.Match[str] | None = None
    lines: list[str] = []
    for line in text.splitlines():
        found = _SECTION.match(line)
        if found is None:
            lines.append(line)
            continue
        if head is not None:
            yield head, lines
        elif any(lines):
            raise ValueError(f"text before the first section: {lines}")
        head, lines = found, []
    if head is not None:
        yield head, lines


def _files(lines: list[str]) -> Iterator[tuple[str, str]]:
    name, text = MAIN, ""
    for line in lines:
        found = _FILE.match(line)
        if found is None:
            text += f"{line}\n"
        else:
            yield name, text.strip("\n") + "\n"
            name, text = found["path"], ""
    yield name, text.strip("\n") + "\n"


def _runs_here(oldest: str | None) -> bool:
    return oldest is None or sys.version_info >= tuple(map(int, oldest.split(".")))
