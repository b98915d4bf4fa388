"""What every reporter of findings is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cucurbit.analysis.baseline import fingerprints
from cucurbit.analysis.finding import Finding
from cucurbit.fixes.edits import Fix
from cucurbit.source.text import SourceText


@dataclass(frozen=True)
class Reported:
    """A finding, with the fixes that are offered for it."""

    finding: Finding
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True)
class Report:
    """``source`` gives a file's text; ``shown`` turns a path of the workspace into the one that the reader knows.

    People know a file by its path from where they stand, CI by its path in the repository.
    """

    findings: tuple[Reported, ...]
    source: Callable[[str], SourceText | None]
    shown: Callable[[str], str]

    def line(self, path: str, line: int) -> str:
        """The text of a line, without the white space around it."""
        source = self.source(path)
        return "" if source is None else source.line_text(line).strip()

    def fingerprints(self) -> list[str]:
        """For each finding a name that stays when lines move."""
        return fingerprints([reported.finding for reported in self.findings], self.line)


def printable(text: str) -> str:
    """``text`` on one line, without what a terminal would obey: a workspace may hold any name and any source."""
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return "    " if character == "\t" else character.encode("unicode_escape").decode("ascii")


def counted(number: int, one: str, many: str = "") -> str:
    """``1 finding``, ``2 findings``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(names: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *rest, last = list(names)
    return f"{', '.join(rest)} and {last}" if rest else last
