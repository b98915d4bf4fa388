"""The JSON documents of the command line, as types: the JSON Schemas in ``docs/schemas`` are generated from these.

Paths are relative to the workspace root, with ``/``; lines and columns are 1-based, columns count code points and the
end of a range is exclusive. Within a version, fields may be added, but none is removed or changes its meaning.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from cucurbit.analysis.drift.difference import Op
from cucurbit.analysis.finding import Severity
from cucurbit.workspace.model import EntryKind, EntryPoint

VERSION: Literal[1] = 1

Line: TypeAlias = Annotated[int, Meta(ge=1, description="1-based.")]
Certainty: TypeAlias = Literal["certain", "uncertain"]


class Position(msgspec.Struct, frozen=True):
    line: Line
    column: Annotated[int, Meta(ge=1, description="1-based, in Unicode code points.")]


class Range(msgspec.Struct, frozen=True):
    """A range in a file; the end is exclusive."""

    start: Position
    end: Position


class RelatedPlace(msgspec.Struct, frozen=True):
    """One piece of evidence. A chain of imports has one piece for each import, in order."""

    path: str
    line: Line
    message: str


class OfferedFix(msgspec.Struct, frozen=True):
    """`safe`: it changes nothing that the program does, except what the finding is about.

    With `--show-fixes`, each was checked by a simulation of the fixed program; otherwise `--fix` may leave one out.
    """

    title: str
    safe: bool


class FindingItem(msgspec.Struct, frozen=True):
    rule: str
    severity: Severity
    certainty: Annotated[Certainty, Meta(description="`uncertain`: it depends on a value that cannot be determined.")]
    path: str
    range: Range
    message: str
    related: tuple[RelatedPlace, ...]
    fixes: tuple[OfferedFix, ...]


class EntryItem(msgspec.Struct, frozen=True):
    kind: Literal["module", "script", "alembic"]
    target: Annotated[str, Meta(description="As on the command line; for alembic, the configuration file.")]


def entry_item(entry: EntryPoint) -> EntryItem:
    assert entry.kind is not EntryKind.REVISION, "no document shows the run of a single revision"
    return EntryItem(entry.kind.value, entry.target)


class EndingItem(msgspec.Struct, frozen=True):
    """An entry point that ends before its end: in an exception, or as it is too long to be followed."""

    entry: EntryItem
    certain: Annotated[bool, Meta(description="Whether it ends there every time it runs.")]
    error: Annotated[str, Meta(description="The name of the exception's class; empty where there is none.")]
    message: str
    path: str
    line: Line


class SeenEnvironment(msgspec.Struct, frozen=True):
    """An Alembic environment and how many tables its env.py registers."""

    config: str
    tables: Annotated[int, Meta(ge=0)]
    failed: Annotated[bool, Meta(description="Whether env.py ends in an exception.")]


class CoverageItem(msgspec.Struct, frozen=True):
    """How much of the workspace was seen, tests and revisions aside."""

    entry_points: Annotated[int, Meta(ge=0, description="How many entry points were simulated.")]
    tables: Annotated[int, Meta(ge=0, description="Mapped classes and `Table`s in the workspace's files.")]
    registered: Annotated[int, Meta(ge=0, description="How many of them an entry point registers.")]
    unnamed: Annotated[int, Meta(ge=0, description="How many of them have a name that is not known.")]
    endings: tuple[EndingItem, ...]
    environments: tuple[SeenEnvironment, ...]


class CheckDocument(msgspec.Struct, frozen=True):
    """What `cucurbit check --output-format json` writes."""

    version: Literal[1]
    findings: tuple[FindingItem, ...]
    coverage: CoverageItem


# --------------------------------------------------------------------- timeline


class _EventBase(msgspec.Struct, frozen=True, tag_field="event"):
    certain: Annotated[bool, Meta(description="Whether it happens every time the entry point runs.")]


class _ModuleEvent(_EventBase, frozen=True):
    module: Annotated[str, Meta(description="Python's `__name__`; env.py is `env_py`.")]
    path: str


class ModuleStarted(_ModuleEvent, frozen=True, tag="module-started"):
    pass


class ModuleFinished(_ModuleEvent, frozen=True, tag="module-finished"):
    pass


class ModuleFailed(_ModuleEvent, frozen=True, tag="module-failed"):
    error: Annotated[str, Meta(description="The name of the exception's class.")]


class _TableEvent(_EventBase, frozen=True):
    table: Annotated[str, Meta(description="`schema.name`, or `name` without a schema.")]
    path: str
    line: Annotated[int, Meta(ge=1, description="The line of the `class` statement or the `Table(` call.")]


class TableRegistered(_TableEvent, frozen=True, tag="table-registered"):
    pass


class TableRejected(_TableEvent, frozen=True, tag="table-rejected"):
    pass


class _PlacedEvent(_EventBase, frozen=True):
    path: str
    line: Line


class MigrationsStarted(_PlacedEvent, frozen=True, tag="migrations-started"):
    pass


class CreateAll(_PlacedEvent, frozen=True, tag="create-all"):
    pass


class MigrationsFinished(_EventBase, frozen=True, tag="migrations-finished"):
    pass


class _ErrorEvent(_EventBase, frozen=True):
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


class Note(msgspec.Struct, frozen=True):
    """A place where events may be missing, as the code there is unknown."""

    after: Annotated[int, Meta(ge=0, description="How many of `events` happen before it.")]
    path: str
    line: Line
    message: str


class Subprocess(msgspec.Struct, frozen=True):
    """What another process does that the entry point starts. It has its own modules and MetaData."""

    process: int
    events: tuple[EventItem, ...]


class TimelineItem(msgspec.Struct, frozen=True):
    entry: EntryItem
    events: Annotated[tuple[EventItem, ...], Meta(description="The events of the entry point's own process, in order.")]
    notes: tuple[Note, ...]
    subprocesses: tuple[Subprocess, ...]


class TimelineDocument(msgspec.Struct, frozen=True):
    """What `cucurbit timeline --output-format json` writes."""

    version: Literal[1]
    timelines: tuple[TimelineItem, ...]


# ----------------------------------------------------------------------- models

RegisteredName: TypeAlias = Annotated[
    Literal["yes", "maybe", "no", "rejected"],
    Meta(description="`maybe`: on some paths; `rejected`: SQLAlchemy refuses this definition."),
]


class EnvironmentItem(msgspec.Struct, frozen=True):
    """What an Alembic environment does with a table."""

    config: str
    env: Annotated[str, Meta(description="The path of its env.py.")]
    registered: RegisteredName
    held: Annotated[bool | None, Meta(description="Whether `target_metadata` contains the table; null if unknown.")]


class RegistrationItem(msgspec.Struct, frozen=True):
    """What an entry point does with a table."""

    entry: EntryItem
    registered: RegisteredName
    order: Annotated[
        int, Meta(ge=0, description="The position in the order of registration, from 1; 0 if it is not registered.")
    ]
    before_migrations: Annotated[bool | None, Meta(description="null if no migrations run there.")]


class ModelItem(msgspec.Struct, frozen=True):
    """One definition of a table. `class` is empty for a `Table(...)`."""

    table: str
    class_name: str = msgspec.field(name="class")
    path: str
    line: Line
    metadata: Annotated[str, Meta(description="The dotted name of the MetaData.")]
    environments: tuple[EnvironmentItem, ...]
    entry_points: tuple[RegistrationItem, ...]


class DeadItem(msgspec.Struct, frozen=True):
    """A definition that is never executed."""

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
    models: tuple[ModelItem, ...]
    dead: tuple[DeadItem, ...]


# -------------------------------------------------------------------- revisions


class RevisionFault(msgspec.Struct, frozen=True):
    """Something for which Alembic cannot load the revisions, or for which it skips a file."""

    kind: Annotated[str, Meta(description="Such as `missing parent`, `duplicate identifier` or `cycle`.")]
    name: Annotated[str, Meta(description="The identifier or label that it is about; empty if there is none.")]
    message: Annotated[str, Meta(description="What Alembic says.")]
    paths: tuple[str, ...]


class RevisionItem(msgspec.Struct, frozen=True):
    """One revision file; the lists are empty where the file sets `None`."""

    revision: Annotated[str, Meta(description="The identifier; empty if it is not known.")]
    path: str
    line: Line
    message: Annotated[str, Meta(description="The first paragraph of the docstring.")]
    number: Annotated[int, Meta(ge=0, description="Its place in an order in which all can be applied; 0 if unknown.")]
    down_revision: tuple[str, ...]
    depends_on: tuple[str, ...]
    branch_labels: tuple[str, ...]


class RevisionEnvironment(msgspec.Struct, frozen=True):
    """The revisions of one Alembic environment."""

    config: Annotated[str, Meta(description="The configuration file; env.py itself if there is none.")]
    section: str
    complete: Annotated[bool, Meta(description="Whether every revision, and all that it follows, is known.")]
    unknown: Annotated[tuple[str, ...], Meta(description="Why it is not complete.")]
    heads: Annotated[tuple[str, ...], Meta(description="As `alembic heads` counts them.")]
    bases: tuple[str, ...]
    faults: tuple[RevisionFault, ...]
    revisions: Annotated[tuple[RevisionItem, ...], Meta(description="Each after those that it follows.")]


class RevisionsDocument(msgspec.Struct, frozen=True):
    """What `cucurbit revisions --output-format json` writes."""

    version: Literal[1]
    environments: tuple[RevisionEnvironment, ...]


# ------------------------------------------------------------------------ drift


class DifferenceItem(msgspec.Struct, frozen=True):
    """One operation that `alembic revision --autogenerate` would write."""

    op: Annotated[Op, Meta(description="As `alembic.autogenerate.compare_metadata` names it.")]
    table: Annotated[str, Meta(description="`schema.name`; `name` in the default schema.")]
    name: Annotated[str | None, Meta(description="Of the column, index or constraint; null if it has none.")]
    path: str
    line: Line
    certain: Annotated[bool, Meta(description="Whether nothing unknown may change it.")]
    message: str


class DriftEnvironment(msgspec.Struct, frozen=True):
    """What autogenerate would write for one Alembic environment."""

    config: Annotated[str, Meta(description="The configuration file; env.py itself if there is none.")]
    section: str
    heads: Annotated[tuple[str, ...], Meta(description="The revisions after which the schema is compared.")]
    complete: Annotated[bool, Meta(description="Whether nothing else differs.")]
    unknown: Annotated[tuple[str, ...], Meta(description="Why it is not complete.")]
    differences: tuple[DifferenceItem, ...]


class DriftDocument(msgspec.Struct, frozen=True):
    """What `cucurbit drift --output-format json` writes."""

    version: Literal[1]
    environments: tuple[DriftEnvironment, ...]


# ---------------------------------------------------------------------- explain


class ExplanationItem(msgspec.Struct, frozen=True):
    """The explanation of one exception of a traceback."""

    error: Annotated[str, Meta(description="The exception's class, as the traceback prints it.")]
    message: Annotated[str, Meta(description="The first line of its message.")]
    cause: Annotated[str, Meta(description="The rule or the kind of the cause; empty if unknown.")]
    raised_here: Annotated[
        bool | None, Meta(description="Whether the code of this workspace raises it; null if unknown.")
    ]
    summary: str
    related: tuple[RelatedPlace, ...]
    advice: tuple[str, ...]


class ExplainDocument(msgspec.Struct, frozen=True):
    """What `cucurbit explain --output-format json` writes."""

    version: Literal[1]
    explanations: tuple[ExplanationItem, ...]


# ------------------------------------------------------------------------ rules


class RuleItem(msgspec.Struct, frozen=True):
    name: str
    summary: str
    severity: Annotated[Severity, Meta(description="The highest severity that it reports.")]
    default: Annotated[bool, Meta(description="Whether it is checked by default.")]
    url: str


class RulePageItem(RuleItem, frozen=True):
    page: Annotated[str, Meta(description="The documentation, in Markdown.")]


class RulePagesDocument(msgspec.Struct, frozen=True):
    """What `cucurbit rule --output-format json` writes."""

    version: Literal[1]
    rules: tuple[RulePageItem, ...]


class RulesDocument(msgspec.Struct, frozen=True):
    """What `cucurbit rules --output-format json` writes."""

    version: Literal[1]
    rules: tuple[RuleItem, ...]


def to_json(document: msgspec.Struct) -> str:
    """A document as text, in ASCII: it can be written to any stream, whatever the names of the files are."""
    return json.dumps(msgspec.to_builtins(document, str_keys=True), indent=2) + "\n"
