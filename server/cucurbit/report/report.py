"""The input of every reporter of findings, and helpers for texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cucurbit.analysis.baseline import fingerprints
from cucurbit.analysis.edits import Fix
from cucurbit.analysis.finding import Finding
from cucurbit.source.text import SourceText


@dataclass(frozen=True)
class Reported:
    """A finding with the fixes that are offered for it."""

    finding: Finding
    fixes: tuple[Fix, ...] = ()


def not_linked(_path: str, _line: int, _column: int) -> str:
    """No URL: nothing can be clicked."""
    return ""


@dataclass(frozen=True)
class Report:
    """Findings to report. ``source`` returns a file's text; ``shown`` converts a path of the workspace for the reader.

    People see paths relative to the current folder, CI services see paths relative to the repository. ``link`` returns
    the URL that a click on a path, a line and a column (1-based) opens; empty for none.
    """

    findings: tuple[Reported, ...]
    source: Callable[[str], SourceText | None]
    shown: Callable[[str], str]
    link: Callable[[str, int, int], str] = not_linked

    def line(self, path: str, line: int) -> str:
        """The text of a line without leading and trailing white space."""
        source = self.source(path)
        return "" if source is None else source.line_text(line).strip()

    def fingerprints(self) -> list[str]:
        """For each finding an identifier that stays the same when lines move."""
        return fingerprints([reported.finding for reported in self.findings], self.line)


_PASSWORD = re.compile(r"(?<=://)([^\s:/@'\"]{0,200}:)([^\s@'\"]{1,200})(?=@)")


def masked(text: str) -> str:
    """``text`` with stars for the passwords in its URLs, in as many columns."""
    return _PASSWORD.sub(lambda match: match[1] + "*" * len(match[2]), text) if "://" in text else text


def printable(text: str) -> str:
    """``text`` on one line, with control characters escaped and without passwords, fit to be shown.

    Names and source of a workspace may contain any character, and logs of CI services are read by many.
    """
    text = masked(text)
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return "    " if character == "\t" else character.encode("unicode_escape").decode("ascii")


def counted(number: int, one: str, many: str = "") -> str:
    """``1 finding``, ``2 findings``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(names: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *rest, last = list(names)
    return f"{', '.join(rest)} and {last}" if rest else last
