"""What SQLAlchemy refuses, as values: :mod:`.judgement` finds them, :mod:`.findings` reports them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cucurbit.analysis.finding import CommonCause, Severity
from cucurbit.simulate.core.timeline import Event, Place

WARNING = "SAWarning"
"""The class of what SQLAlchemy only warns of."""

SILENT = ""
"""In place of a class of exceptions: SQLAlchemy says nothing, and does what nobody expects."""

Stage = Literal["import", "configure", "ddl"]
"""When SQLAlchemy raises: as the class statement is executed, when mappers are configured (at the first query, or when
an object of any mapped class is made), when tables are created, sorted or first written to."""


@dataclass(frozen=True)
class Absent:
    """A name that is missing, and that another file of the workspace may bring.

    ``kind``: a ``class`` of the registry, a ``table`` of the MetaData; an ``attribute`` of a mapped class or a
    ``column`` of a table, which code may add later.
    """

    kind: Literal["class", "table", "attribute", "column"]
    name: str


@dataclass(frozen=True)
class Spelling:
    """A string literal at ``place`` and what was meant instead."""

    place: Place
    written: str
    meant: str


def respelled(place: Place | None, written: str, better: str | None, part: str = "") -> Spelling | None:
    """The string literal with ``better`` in place of ``part``, or of all of it.

    None if there is no literal, nothing better is known, or the part occurs several times.
    """
    part = part or written
    if place is None or better is None or written.count(part) != 1:
        return None
    return Spelling(place, written, written.replace(part, better))


@dataclass(frozen=True)
class Verdict:
    """One thing that SQLAlchemy refuses, or does in another way than is written.

    ``error`` and ``said`` are the class and the message of the exception. ``message`` says what is wrong and what to
    do. ``event`` registered the table or mapped the class. ``absent`` are the names that are missing: nothing is
    refused if they appear. ``severity`` is the highest one possible.
    """

    rule: str
    stage: Stage
    place: Place
    message: str
    error: str
    said: str
    event: Event
    severity: Severity = Severity.ERROR
    absent: tuple[Absent, ...] = ()
    spelling: Spelling | None = None
    related: tuple[tuple[Place, str], ...] = ()
    reverse: ReverseSide | None = None
    keywords: tuple[str, ...] = ()
    """Arguments (``name=value``), each of which, added to the relationship at ``place``, mends it."""
    since: tuple[int, ...] = ()
    """The first version of SQLAlchemy that raises it."""
    cause: CommonCause | None = None
    """What it has in common with other verdicts, which are then reported as one finding."""


@dataclass(frozen=True)
class ReverseSide:
    """The other side of a relationship, which a fix may write: ``name``, in the class at ``owner``.

    ``target`` is the class it leads to, ``back_populates`` the relationship there. ``collection``: whether it is a
    list; None if that is not known.
    """

    owner: Place
    name: str
    target: str
    back_populates: str
    collection: bool | None
