"""Reads pages of fixes: a small workspace, what is offered there, and what it makes of the files.

Under a ``##`` heading, a path in backticks with a colon, followed by a fenced block, is a file of the workspace; a
fenced block after ``path becomes`` is what the fix must make of that file, and no other file may change. What stands
before the first heading holds for every case of the page; a case may give such a file another text.

``Fix `title` for rule at path`` names the fix by its finding (``at path`` may be left out), ``Action `title` at
path:line`` names it by a place. ``Not: `title` for rule`` states that no fix of that title is offered. ``Stays`` states
that the finding is still there afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PAGES = Path(__file__).parent / "pages"

_BLOCK = re.compile(
    r"^`(?P<path>[^`\n]+)`(?P<becomes> becomes)?:\n+(?P<fence>`{3,})\w*\n(?P<body>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_EMPTY = re.compile(r"^Empty: (?P<names>.+)$", re.MULTILINE)
_FIX = re.compile(r"^Fix `(?P<title>[^\n]+)` for (?P<rule>[\w-]+)(?: at (?P<path>\S+))?$", re.MULTILINE)
_ACTION = re.compile(r"^Action `(?P<title>[^\n]+)` at (?P<path>[^\s:]+):(?P<line>\d+)$", re.MULTILINE)
_NOT = re.compile(
    r"^Not: `(?P<title>[^\n]+)` (?:for (?P<rule>[\w-]+)|at (?P<path>[^\s:]+):(?P<line>\d+))$", re.MULTILINE
)
_STAYS = re.compile(r"^Stays", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """One fix or action by its title; ``rule`` for the fix of a finding, ``line`` for an action at a place."""

    title: str
    rule: str
    path: str
    line: int


@dataclass(frozen=True)
class Case:
    page: str
    title: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    asked: Asked | None
    refused: tuple[Asked, ...]
    stays: bool

    @property
    def id(self) -> str:
        return f"{self.page}: {self.title}"


def cases() -> Iterator[Case]:
    for path in sorted(PAGES.glob("*.md")):
        head, *sections = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        given = dict(_files(head, becomes=False))
        for section in sections:
            title, _, body = section.partition("\n")
            asked = [_asked(match) for match in (*_FIX.finditer(body), *_ACTION.finditer(body))]
            refused = tuple(_asked(match) for match in _NOT.finditer(body))
            assert len(asked) + len(refused) > 0, f"{path.name}: {title} asks for nothing"
            assert len(asked) <= 1, f"{path.name}: {title} asks for several fixes"
            yield Case(
                page=path.stem,
                title=title.strip(),
                before={**given, **dict(_files(body, becomes=False))},
                after=dict(_files(body, becomes=True)),
                asked=asked[0] if asked else None,
                refused=refused,
                stays=_STAYS.search(body) is not None,
            )


def _asked(match: re.Match[str]) -> Asked:
    found = match.groupdict()
    return Asked(found["title"], found.get("rule") or "", found.get("path") or "", int(found.get("line") or 0))


def _files(body: str, *, becomes: bool) -> Iterator[tuple[str, str]]:
    if not becomes:
        for match in _EMPTY.finditer(body):
            for name in re.findall(r"`([^`]+)`", match["names"]):
                yield name, ""
    for match in _BLOCK.finditer(body):
        if (match["becomes"] is not None) is becomes:
            yield match["path"], match["body"]
