"""The findings that rules yield."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from cucurbit.workspace.model import Location


class Severity(str, Enum):
    """``error`` is a promise: Python, SQLAlchemy or Alembic will raise, or data will be lost."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"


_RANK = {Severity.HINT: 0, Severity.INFORMATION: 1, Severity.WARNING: 2, Severity.ERROR: 3}


def stronger(severity: Severity, other: Severity) -> bool:
    """Whether ``severity`` is stronger than ``other``."""
    return _RANK[severity] > _RANK[other]


def strongest(severities: Iterable[Severity]) -> Severity:
    return max(severities, key=_RANK.__getitem__)


@dataclass(frozen=True)
class Related:
    """One piece of evidence, usually a link of a chain of imports.

    ``chain`` says where its chain leads ("to the first definition"); it is empty for a piece that needs no such name.
    """

    location: Location
    message: str
    chain: str = ""

    @property
    def text(self) -> str:
        """The message with the name of the chain, for readers that see each piece alone."""
        return f"{self.chain}: {self.message}" if self.chain else self.message


@dataclass(frozen=True)
class Subject:
    """What a finding is about, for the fixes: each rule that has fixes derives its own."""


NO_SUBJECT = Subject()


@dataclass(frozen=True)
class CommonCause:
    """What findings of a rule may have in common: those of one cause and severity are reported as one.

    ``key`` names the cause within the rule; it has no line numbers, so it stays when code moves. ``message`` is the
    message of several findings of this cause; in it ``{items}`` stands for the first of their ``items``, ``{number}``
    for the number of these, ``{files}`` for the first of their files, and ``{places}`` for the number of findings.
    ``here`` says what is at the place of this finding.
    """

    key: tuple[str, ...]
    message: str
    items: tuple[str, ...]
    here: str


@dataclass(frozen=True)
class Finding:
    """One finding. ``certain``: every step to it is certain. ``related`` is the evidence, in order.

    ``members`` are the findings that were grouped into this one; it is empty for a finding that stands for itself.
    """

    rule: str
    severity: Severity
    certain: bool
    location: Location
    message: str
    related: tuple[Related, ...] = ()
    subject: Subject = field(default=NO_SUBJECT, compare=False)
    cause: CommonCause | None = None
    members: tuple[Finding, ...] = ()

    @property
    def singles(self) -> tuple[Finding, ...]:
        """The findings that this one stands for: its members, or itself."""
        return self.members or (self,)


def distinct(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, each once: two environments may share their revisions or their models."""
    seen: set[tuple[Location, str]] = set()
    for finding in findings:
        if (finding.location, finding.message) not in seen:
            seen.add((finding.location, finding.message))
            yield finding
