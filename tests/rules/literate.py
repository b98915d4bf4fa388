"""Reads pages of small workspaces, each marked with the findings that it must give.

Under a ``##`` heading, a line ``path/name.py`` in backticks with a colon, followed by a fenced block, is a file; so is
each path of a line ``Empty: `a/__init__.py`, `b/__init__.py```. In a file, a comment at the end of a line states a
finding that starts there::

    class User(Base):  # error: [duplicate-table] "already defined" related app/old.py:3

The text in quotes is part of the message, ``related path:line`` a piece of its evidence; both may be left out. A
``?`` after the severity states that the finding is not certain. Several follow each other, each after a ``#``.

A page checks its own rule, the one that it is named after (``duplicate-table-more.md`` is about ``duplicate-table``),
unless a line ``rules: all`` or ``rules: a, b`` stands under the heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse, findings
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.grouping import singles
from cucurbit.opening import folder_workspace
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.workspace.tree.files import MemoryTree

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "rules"
PAGES = Path(__file__).parent / "pages"

_HEADING = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^`(?P<path>[^`\n]+)`:\n+(?P<fence>`{3,})\w*\n(?P<body>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)
_EMPTY = re.compile(r"^Empty: (?P<names>.+)$", re.MULTILINE)
_RULES = re.compile(r"^rules: (?P<rules>.+)$", re.MULTILINE)
_MARK = re.compile(
    r"#\s*(?P<severity>error|warning|information|hint)(?P<uncertain>\?)?:\s*\[(?P<rule>[\w-]+)\]"
    r"(?:\s*\"(?P<message>[^\"]*)\")?(?P<related>(?:\s+related\s+\S+:\d+)*)"
)
_RELATED = re.compile(r"related\s+(\S+:\d+)")


@dataclass(frozen=True)
class Expected:
    """One mark."""

    path: str
    line: int
    severity: str
    uncertain: bool
    rule: str
    message: str
    related: tuple[str, ...]

    def fits(self, finding: Finding) -> bool:
        evidence = {f"{piece.location.path}:{piece.location.span.line}" for piece in finding.related}
        return (
            (self.path, self.line) == (finding.location.path, finding.location.span.line)
            and (self.rule, self.severity) == (finding.rule, finding.severity.value)
            and not (self.uncertain and finding.certain)
            and self.message in finding.message
            and evidence.issuperset(self.related)
        )


@dataclass(frozen=True)
class Case:
    """One workspace and what it must say."""

    page: str
    title: str
    rules: frozenset[str]
    files: Mapping[str, str]

    @property
    def id(self) -> str:
        return f"{self.page}: {self.title}"

    def expected(self) -> list[Expected]:
        return [
            mark
            for path, text in self.files.items()
            for line, content in enumerate(text.split("\n"), 1)
            for mark in _marks(path, line, content)
        ]

    def analyse(self) -> Context:
        return analyse(folder_workspace(MemoryTree({**self.files}), NAMES))

    def found(self) -> list[Finding]:
        """The findings, each place of a group for itself."""
        return [finding for finding in singles(findings(self.analyse(), RULES)) if finding.rule in self.rules]


def _marks(path: str, line: int, content: str) -> Iterator[Expected]:
    for mark in _MARK.finditer(content):
        related = tuple(_RELATED.findall(mark["related"]))
        uncertain = mark["uncertain"] is not None
        yield Expected(path, line, mark["severity"], uncertain, mark["rule"], mark["message"] or "", related)


def read_page(page: Path) -> Iterator[Case]:
    """The cases of a page; a heading without files is prose."""
    text = page.read_text(encoding="utf-8")
    own = max((rule for rule in NAMES if page.stem.startswith(rule)), key=len, default="")
    headings = list(_HEADING.finditer(text))
    for heading, following in zip_longest(headings, headings[1:]):
        body = text[heading.end() : following.start() if following is not None else len(text)]
        empty = _EMPTY.search(body)
        files = dict.fromkeys(re.findall(r"`([^`]+)`", empty["names"]) if empty is not None else [], "")
        files |= {block["path"]: block["body"] for block in _BLOCK.finditer(body)}
        if files:
            yield Case(page.stem, heading["title"], _rules(page, body, own), files)


def _rules(page: Path, body: str, own: str) -> frozenset[str]:
    given = _RULES.search(body)
    if given is None:
        assert own, f"{page.name} is named after no rule and says none"
        return frozenset({own})
    names = frozenset(name.strip() for name in given["rules"].split(","))
    return NAMES if names == {"all"} else names


def pages() -> list[Path]:
    return [page for folder in (DOCS, PAGES) for page in sorted(folder.glob("*.md")) if page.name != "README.md"]


def all_cases() -> list[Case]:
    return [case for page in pages() for case in read_page(page)]


def differences(case: Case) -> list[str]:
    """What is marked and not found, or found and not marked; each mark stands for one finding."""
    found = case.found()
    unmatched = []
    for expected in case.expected():
        finding = next((each for each in found if expected.fits(each)), None)
        if finding is None:
            unmatched.append(f"missed: {expected}")
        else:
            found.remove(finding)
    return unmatched + [f"unexpected: {render(finding)}" for finding in found]


def render(finding: Finding) -> str:
    at = f"{finding.location.path}:{finding.location.span.line}"
    mark = "" if finding.certain else "?"
    evidence = "".join(
        f"\n    {piece.location.path}:{piece.location.span.line} {piece.message}" for piece in finding.related
    )
    return f"{at} # {finding.severity.value}{mark}: [{finding.rule}] {finding.message}{evidence}"


RULE_NAMES = [rule.name for rule in RULES]
