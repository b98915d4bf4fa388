"""What a rule says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from cucurbit.workspace.model import Location


class Severity(str, Enum):
    """``error`` is a promise: Python, SQLAlchemy or Alembic will raise, or data will be lost."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"


@dataclass(frozen=True)
class Related:
    """One piece of evidence, mostly a link of a chain of imports."""

    location: Location
    message: str


@dataclass(frozen=True)
class Subject:
    """What a finding is about, for the fixes: each rule that has fixes derives its own."""


NO_SUBJECT = Subject()


@dataclass(frozen=True)
class Finding:
    """One finding. ``certain``: every step to it is certain. ``related`` is the evidence, in order."""

    rule: str
    severity: Severity
    certain: bool
    location: Location
    message: str
    related: tuple[Related, ...] = ()
    subject: Subject = field(default=NO_SUBJECT, compare=False)
