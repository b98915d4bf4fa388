"""The result of a simulation: the events in order, each with its chain of imports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import msgspec

from cucurbit.simulate.core.branches import ALWAYS, Under, exclusive
from cucurbit.source.facts import At
from cucurbit.workspace.model import EntryPoint


class EventKind(str, Enum):
    """The kinds of events, spelled as in the timeline's JSON Schema; those from ``QUERY`` on are not in the JSON."""

    MODULE_STARTED = "module-started"
    MODULE_FINISHED = "module-finished"
    MODULE_FAILED = "module-failed"
    TABLE_REGISTERED = "table-registered"
    TABLE_REJECTED = "table-rejected"
    MIGRATIONS_STARTED = "migrations-started"
    MIGRATIONS_FINISHED = "migrations-finished"
    MIGRATIONS_FAILED = "migrations-failed"
    CREATE_ALL = "create-all"
    ENTRY_FAILED = "entry-failed"
    QUERY = "query"
    TABLE_REUSED = "table-reused"
    """A second definition of a key that ``extend_existing`` or ``keep_existing`` let through."""
    METADATA_CLEARED = "metadata-cleared"
    FAILURE_SWALLOWED = "failure-swallowed"
    """An ``except`` caught a failure and the program continued; ``place`` is the handler."""
    FAILURE_REPLACED = "failure-replaced"
    """An ``except`` or ``finally`` raised another failure while handling one; ``place`` is where."""
    LOGGING_CONFIGURED = "logging-configured"
    """``fileConfig``/``dictConfig`` ran; ``detail`` is ``disables`` where existing loggers are disabled."""
    CLASS_MAPPED = "class-mapped"
    """A class has been mapped; ``shape`` is that of its mapper."""
    SHAPE_CHANGED = "shape-changed"
    """Something was added to a table or to a mapped class, or a table was removed: ``shape`` says what."""
    MAPPERS_CONFIGURED = "mappers-configured"
    """``configure_mappers()`` is called, or something that calls it."""
    OPERATION = "operation"
    """A revision does something to the schema of the database: ``shape`` says what. None: it asks what stands there."""
    RESERVED_ATTRIBUTE = "reserved-attribute"
    """A mapped class has an attribute with a reserved name: ``detail`` is the name, ``place`` where it is written. If
    the version of SQLAlchemy certainly raises, the event is certain and has a ``failure``; else SQLAlchemy warns."""
    CUT = "cut"
    """Something unknown may hide events here; ``detail`` says what."""


UNSHOWN_KINDS: Final = frozenset(
    {
        EventKind.FAILURE_REPLACED,
        EventKind.CLASS_MAPPED,
        EventKind.SHAPE_CHANGED,
        EventKind.MAPPERS_CONFIGURED,
        EventKind.OPERATION,
    }
)
"""What only rules and ``cucurbit explain`` read: the failure that replaces another is shown as a failure itself, and a
mapped class as its table."""


class CutKind(str, Enum):
    """What is not known at a cut."""

    CODE = "code"
    """Anything else than the following."""
    EXECUTION = "execution"
    """Which code runs, or from which folders modules come: it may import modules that are not seen."""
    TABLE = "table"
    """The name, the schema or the MetaData of a table, or whether a class has one."""
    LISTENER = "listener"
    """Which tables are registered from now on, by functions that SQLAlchemy calls later."""
    IMPORT = "import"
    """Which module is imported or executed."""
    ROOT = "root"
    """A module that no import root finds, while a file of that name stands elsewhere in the workspace."""
    MIGRATIONS = "migrations"
    """Which configuration migrations run with."""
    LIMIT = "limit"
    """What follows: the program is too long, or nests too deep, to be followed to its end."""
    FILE = "file"
    """What a file holds: it cannot be read, or Python refuses it."""

    @property
    def hides_imports(self) -> bool:
        """Whether what is not known may import a module."""
        return self in _HIDING_IMPORTS

    @property
    def hides_tables(self) -> bool:
        """Whether what is not known may register a table, of a module that is seen."""
        return self in (CutKind.TABLE, CutKind.LISTENER)


_HIDING_IMPORTS = frozenset({CutKind.EXECUTION, CutKind.IMPORT, CutKind.ROOT, CutKind.LIMIT, CutKind.FILE})


class Place(msgspec.Struct, frozen=True):
    """A place in a file's facts; :meth:`cucurbit.workspace.model.Workspace.facts` turns ``at`` into a span."""

    path: str
    at: At


class LinkKind(str, Enum):
    IMPORT = "import"
    CALL = "call"
    MIGRATION = "migration"
    STARTUP = "startup"


class Link(msgspec.Struct, frozen=True):
    """One step of a chain: at ``place``, ``kind`` leads into ``target`` (a module's name, a function's name).

    ``outer`` is the link that led to the code in which ``place`` stands; None in the entry module itself.
    """

    kind: LinkKind
    place: Place
    target: str
    outer: Link | None

    def __iter__(self) -> Iterator[Link]:
        """The chain from the entry point inwards, this link last."""
        chain: list[Link] = []
        link: Link | None = self
        while link is not None:
            chain.append(link)
            link = link.outer
        return reversed(chain)


@dataclass(frozen=True)
class MetaDataId:
    """Identifies a MetaData object: the module that created it (its ``__name__``), its name, and where it is created.

    ``place`` is None for one of an installed package (``sqlmodel.SQLModel.metadata``).
    """

    module: str
    label: str = field(compare=False)
    place: Place | None


@dataclass(frozen=True)
class TableDefinition:
    """One executed definition of a table.

    ``key`` is ``schema.name`` or ``name``; ``class_name`` is empty for a ``Table(...)``; ``module`` is the
    ``__name__`` under which the code ran; ``place`` is the class header or the ``Table(`` call.
    ``name_place`` is where the name is written (the ``__tablename__`` value), when it is a literal there.
    ``lets_pass``: ``extend_existing`` or ``keep_existing`` is set. ``in_function``: not at a module's top level.
    """

    metadata: MetaDataId
    key: str
    class_name: str
    module: str
    place: Place
    name_place: Place | None
    lets_pass: bool
    in_function: bool
    schema_known: bool = True
    """False where the MetaData gives the table a schema, or none, that is not known; ``key`` is the name then."""
    has_items: bool = True
    """False for a ``Table(...)`` without columns: it looks a table up, or reads the columns from a database."""


class Failure(msgspec.Struct, frozen=True):
    """An exception that Python raises: ``error`` is the class's name, ``ancestors`` those of its bases where known.

    ``named`` is ``ImportError.name``, the module that the import was about, as far as Python says so; of a KeyError,
    the option of a configuration that is missing.
    """

    error: str
    message: str
    place: Place
    ancestors: tuple[str, ...] = ()
    named: str = ""

    @property
    def is_end(self) -> bool:
        """Whether it ends the program without an error, as ``sys.exit()`` does, as far as is known."""
        return self.error == "SystemExit" and not self.message


class Shape:
    """Base of what a table or a mapped class holds: see :mod:`cucurbit.simulate.core.shapes`."""

    __slots__ = ()


_RUN_REVISIONS = ("upgrade", "downgrade")


class Event(msgspec.Struct, frozen=True):
    """One event. ``certain``: it happens whenever the entry point runs; else it depends on something unknown.

    Which of the fields are set:

    - ``module`` and ``path``: the module events;
    - ``definition``: the table events; ``other`` is the definition that stood already (rejected, reused);
    - ``failure``: failed, rejected, swallowed;
    - ``metadata``: create-all and metadata-cleared (None where it is not known which);
    - ``environment``: the migration events, its config path ("" where it is not known which).

    ``place`` is where it happens, ``link`` the last link of the chain to the code in which it happens (None: in the
    entry module).
    """

    kind: EventKind
    certain: bool
    place: Place
    link: Link | None
    module: str = ""
    path: str = ""
    definition: TableDefinition | None = None
    other: TableDefinition | None = None
    failure: Failure | None = None
    metadata: MetaDataId | None = None
    environment: str = ""
    detail: str = ""
    process: int = 0
    """0 is the entry point's own process; a subprocess has a number of its own."""
    under: Under = ALWAYS
    """The sides of undecided branches on which it happens."""
    origin: Link | None = None
    """Of entry-failed: the last link of the chain to the code that raises."""
    cut: CutKind = CutKind.CODE
    """Of cut."""
    shape: Shape | None = None
    """Of table-registered and table-reused: a :class:`~cucurbit.simulate.core.shapes.TableShape`; of class-mapped: a
    :class:`~cucurbit.simulate.core.shapes.MapperShape`; of shape-changed: what was added or removed; of operation: an
    :class:`~cucurbit.simulate.core.operations.Operation`."""
    revision: str = ""
    """Of migrations-started: the revision to which it upgrades, as given; empty where it is not known."""

    @property
    def runs_revisions(self) -> bool:
        """Whether it starts a command that runs revisions; ``stamp``, ``current`` and the like run env.py alone."""
        return self.kind is EventKind.MIGRATIONS_STARTED and self.detail in _RUN_REVISIONS

    def may_follow(self, earlier: Event) -> bool:
        """Whether one run of the program may do both, and not only either: they are on no two sides of a branch."""
        return not exclusive(earlier.under.condition, self.under.condition)

    @property
    def is_end(self) -> bool:
        """Whether the program ends here without an error (:attr:`Failure.is_end`)."""
        return self.failure is not None and self.failure.is_end


class ImportRecord(msgspec.Struct, frozen=True):
    """One executed import: ``place`` (the alias) in module ``importer`` asked for ``module``.

    ``first`` and ``last`` delimit the events (indexes into :attr:`Timeline.events`, ``last`` exclusive) that happened
    while it ran. ``ran`` is False if the module was already in ``sys.modules``; ``partial``: it was only partially
    executed. ``names``: the names of a ``from`` import, empty for a plain import.
    """

    place: Place
    importer: str
    importer_path: str
    module: str
    path: str
    ran: bool
    partial: bool
    certain: bool
    first: int
    last: int
    link: Link | None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Timeline:
    """The events of one entry point. Compared by identity: comparing contents would take as long as a simulation.

    ``visited``: the files executed. ``missed``: dotted names looked up under the workspace and not found there.
    ``targets``: for each environment that ran, the MetaData in ``target_metadata`` (None if unknown), and whether
    ``include_object`` or ``include_name`` filters. ``tables``: the tables in all MetaData at the end.
    """

    entry: EntryPoint
    events: tuple[Event, ...]
    imports: tuple[ImportRecord, ...]
    tables: tuple[TableDefinition, ...]
    targets: tuple[MigrationTarget, ...]
    visited: frozenset[str]
    missed: frozenset[str]

    @property
    def fails(self) -> bool:
        """Whether the entry point may fail; ending without an error is not a failure."""
        return any(not event.is_end for event in self.of(EventKind.ENTRY_FAILED))

    def of(self, *kinds: EventKind) -> Iterator[Event]:
        """The events of these kinds, in order."""
        return (event for event in self.events if event.kind in kinds)


@dataclass(frozen=True)
class ComparisonOptions:
    """What ``context.configure`` was given about the comparison of autogenerate; None: it is not known.

    ``types`` and ``defaults`` are ``compare_type`` and ``compare_server_default``, None also if a function decides.
    ``version_table`` and ``version_schema`` are where Alembic keeps the revision. ``rewrites`` is the function that is
    given as ``process_revision_directives``. ``as_batch``: ``render_as_batch``. ``include_object`` and ``include_name``
    are the functions of the program that are given so, ``filters_known`` says whether there is no other filter.
    """

    types: bool | None = True
    defaults: bool | None = False
    version_table: str | None = "alembic_version"
    version_schema: str = ""
    rewrites: Place | None = None
    as_batch: bool | None = False
    include_object: Place | None = None
    include_name: Place | None = None
    filters_known: bool = True


@dataclass(frozen=True)
class MigrationTarget:
    """What ``context.configure`` was given in one run of an env.py.

    ``metadata``: the MetaData objects, None where any of them is not known. ``registered``: the definitions that
    stood (certainly or not) when ``run_migrations`` began, on any MetaData. ``filtered``: an ``include_object`` or
    ``include_name`` was given. ``place``: the ``configure`` call, or the start of env.py where none was reached.
    ``includes_schemas``: what ``include_schemas`` was given, None where it is not known. ``options``: how it compares.
    """

    environment: str
    env_path: str
    metadata: tuple[MetaDataId, ...] | None
    registered: tuple[TableDefinition, ...]
    filtered: bool
    place: Place
    includes_schemas: bool | None = False
    options: ComparisonOptions = ComparisonOptions()
