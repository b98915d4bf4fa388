"""What SQLAlchemy refuses, as values: :mod:`.judgement` finds them, :mod:`.findings` reports them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cucurbit.analysis.finding import Severity
from cucurbit.simulate.core.timeline import Event, Place

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


@dataclass(frozen=True)
class Verdict:
    """One thing that SQLAlchemy refuses or that does harm.

    ``error`` and ``said`` are the class and the message of the exception; both are empty if none is raised.
    ``message`` says what is wrong and what to do. ``event`` registered the table or mapped the class.
    ``absent`` are the missing names without which it would not be. ``severity`` is the highest one possible.
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
    advice: Advice | None = None
    since: tuple[int, ...] = ()
    """The first version of SQLAlchemy that raises it."""


@dataclass(frozen=True)
class Advice:
    """What a fix may write: ``kind`` says what, ``cls`` and ``name`` where and under which name."""

    kind: Literal["reverse", "foreign-keys", "single-parent"]
    owner: Place
    name: str
    texts: tuple[str, ...]
