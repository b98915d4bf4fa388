"""The JSON documents of the command line, as types: the JSON Schemas in ``docs/schemas`` are generated from these.

Paths are relative to the workspace root, with ``/``; lines and columns are 1-based, columns count code points and the
end of a range is exclusive. Fields may be added within a version; none is taken away or changes its meaning.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from cucurbit.analysis.finding import Severity

VERSION: Literal[1] = 1

Line: TypeAlias = Annotated[int, Meta(ge=1, description="1-based.")]
Certainty: TypeAlias = Literal["certain", "uncertain"]


class Position(msgspec.Struct, frozen=True):
    line: Line
    column: Annotated[int, Meta(ge=1, description="1-based, in Unicode code points.")]


class Range(msgspec.Struct, frozen=True):
    """A stretch of a file; the end is exclusive."""

    start: Position
    end: Position


class RelatedPlace(msgspec.Struct, frozen=True):
    """One piece of evidence; a chain of imports is one piece a link, in order."""

    path: str
    line: Line
    message: str


class OfferedFix(msgspec.Struct, frozen=True):
    """`safe`: it cannot change what the program does but for what the finding is about."""

    title: str
    safe: bool


class FindingItem(msgspec.Struct, frozen=True):
    rule: str
    severity: Severity
    certainty: Annotated[
        Certainty, Meta(description="`uncertain`: a step to it depends on something that is not known.")
    ]
    path: str
    range: Range
    message: str
    related: list[RelatedPlace]
    fixes: list[OfferedFix]


class CheckDocument(msgspec.Struct, frozen=True):
    """What `cucurbit check --output-format json` writes."""

    version: Literal[1]
    findings: list[FindingItem]


# --------------------------------------------------------------------- timeline


class _Event(msgspec.Struct, frozen=True, tag_field="event"):
    certain: Annotated[bool, Meta(description="Whether it happens whenever the entry point runs.")]


class _ModuleEvent(_Event, frozen=True):
    module: Annotated[str, Meta(description="Python's `__name__`; env.py is `env_py`.")]
    path: str


class ModuleStarted(_ModuleEvent, frozen=True, tag="module-started"):
    pass


class ModuleFinished(_ModuleEvent, frozen=True, tag="module-finished"):
    pass


class ModuleFailed(_ModuleEvent, frozen=True, tag="module-failed"):
    error: Annotated[str, Meta(description="The name of the exception's class.")]


class _TableEvent(_Event, frozen=True):
    table: Annotated[str, Meta(description="`schema.name`, or `name` where there is no schema.")]
    path: str
    line: Annotated[int, Meta(ge=1, description="That of the `class` statement or the `Table(` call.")]


class TableRegistered(_TableEvent, frozen=True, tag="table-registered"):
    pass


class TableRejected(_TableEvent, frozen=True, tag="table-rejected"):
    pass


class _PlacedEvent(_Event, frozen=True):
    path: str
    line: Line


class MigrationsStarted(_PlacedEvent, frozen=True, tag="migrations-started"):
    pass


class CreateAll(_PlacedEvent, frozen=True, tag="create-all"):
    pass


class MigrationsFinished(_Event, frozen=True, tag="migrations-finished"):
    pass


class _ErrorEvent(_Event, frozen=True):
    error: Annotated[str, Meta(description="The name of the exception's class.")]


class MigrationsFailed(_ErrorEvent, frozen=True, tag="migrations-failed"):
    pass


class EntryFailed(_ErrorEvent, frozen=True, tag="entry-failed"):
    pass


EventItem: TypeAlias = (
    ModuleStarted
    | ModuleFinished
    | ModuleFailed
    | TableRegistered
    | TableRejected
    | MigrationsStarted
    | MigrationsFinished
    | MigrationsFailed
    | CreateAll
    | EntryFailed
)


class EntryItem(msgspec.Struct, frozen=True):
    kind: Literal["module", "script", "alembic"]
    target: Annotated[str, Meta(description="As on the command line; for alembic, the configuration file.")]


class Note(msgspec.Struct, frozen=True):
    """Where something unknown may hide events."""

    after: Annotated[int, Meta(ge=0, description="How many of `events` happened before.")]
    path: str
    line: Line
    message: str


class Subprocess(msgspec.Struct, frozen=True):
    """What another process does that the entry point starts: its modules and MetaData are its own."""

    process: int
    events: list[EventItem]


class TimelineItem(msgspec.Struct, frozen=True):
    entry: EntryItem
    events: Annotated[list[EventItem], Meta(description="In order, of the entry point's own process.")]
    notes: list[Note]
    subprocesses: list[Subprocess]


class TimelineDocument(msgspec.Struct, frozen=True):
    """What `cucurbit timeline --output-format json` writes."""

    version: Literal[1]
    timelines: list[TimelineItem]


# ----------------------------------------------------------------------- models

RegisteredName: TypeAlias = Annotated[
    Literal["yes", "maybe", "no", "rejected"],
    Meta(description="`maybe`: on some paths; `rejected`: SQLAlchemy refuses this definition."),
]


class EnvironmentItem(msgspec.Struct, frozen=True):
    """What an Alembic environment makes of a table."""

    config: str
    env: Annotated[str, Meta(description="The path of its env.py.")]
    registered: RegisteredName
    held: Annotated[
        bool | None, Meta(description="Whether `target_metadata` holds the table; null where that is not known.")
    ]


class RegistrationItem(msgspec.Struct, frozen=True):
    """What an entry point makes of a table."""

    entry: EntryItem
    registered: RegisteredName
    order: Annotated[int, Meta(ge=0, description="The how-manieth table to register, from 1; 0 where it does not.")]
    before_migrations: Annotated[bool | None, Meta(description="null where no migrations run there.")]


class ModelItem(msgspec.Struct, frozen=True):
    """One definition of a table. `class` is empty for a `Table(...)`."""

    table: str
    class_name: str = msgspec.field(name="class")
    path: str
    line: Line
    metadata: Annotated[str, Meta(description="The MetaData, by the dotted name of where it is made.")]
    environments: list[EnvironmentItem]
    entry_points: list[RegistrationItem]


class DeadItem(msgspec.Struct, frozen=True):
    """A definition that nothing executes."""

    table: str
    class_name: str = msgspec.field(name="class")
    path: str
    line: Line
    reason: Annotated[
        Literal["comment", "failed", "shadowed", "unreachable"],
        Meta(
            description="`failed`: its module fails before the table is registered, each time. `shadowed`: Python finds"
            " the file `shadow` under that name instead."
        ),
    ]
    shadow: str


class ModelsDocument(msgspec.Struct, frozen=True):
    """What `cucurbit models --output-format json` writes."""

    version: Literal[1]
    models: list[ModelItem]
    dead: list[DeadItem]


# ---------------------------------------------------------------------- explain


class ExplanationItem(msgspec.Struct, frozen=True):
    """What is behind one exception of a traceback."""

    error: Annotated[str, Meta(description="The exception's class, as the traceback prints it.")]
    message: Annotated[str, Meta(description="The first line of its message.")]
    cause: Annotated[str, Meta(description="The rule or the kind of the cause; empty where it is not known.")]
    raised_here: Annotated[
        bool | None, Meta(description="Whether the code of this workspace raises it; null where that is not known.")
    ]
    summary: str
    related: list[RelatedPlace]
    advice: list[str]


class ExplainDocument(msgspec.Struct, frozen=True):
    """What `cucurbit explain --output-format json` writes."""

    version: Literal[1]
    explanations: list[ExplanationItem]


# ------------------------------------------------------------------------ rules


class RuleItem(msgspec.Struct, frozen=True):
    name: str
    summary: str
    severity: Annotated[Severity, Meta(description="The gravest that it reports.")]
    default: Annotated[bool, Meta(description="Whether it is checked without being asked for.")]
    url: str


class RulesDocument(msgspec.Struct, frozen=True):
    """What `cucurbit rules --output-format json` writes."""

    version: Literal[1]
    rules: list[RuleItem]


def to_json(document: msgspec.Struct) -> str:
    """A document as text, in ASCII: it can be written to any stream, whatever the names of the files are."""
    return json.dumps(msgspec.to_builtins(document, str_keys=True), indent=2) + "\n"
