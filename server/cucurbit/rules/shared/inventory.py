"""The inventory of models: every table, who registers it when, and the definitions that nothing executes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import last_name
from cucurbit.rules.shared.environments import Managed, managed, same_metadata, shares_project
from cucurbit.simulate.core.timeline import Event, EventKind, Link, MetaDataId, Place, TableDefinition, Timeline
from cucurbit.source.facts import (
    Annotated,
    Assign,
    At,
    Call,
    ClassDef,
    Comment,
    Const,
    ModuleFacts,
    Name,
    Step,
)
from cucurbit.source.scan import walk
from cucurbit.workspace.model import EntryPoint, Location

_TABLES = (EventKind.TABLE_REGISTERED, EventKind.TABLE_REJECTED, EventKind.TABLE_REUSED)


class Registered(str, Enum):
    """Whether something registers a table: surely, perhaps (on some paths, or unseen), not at all, or it rejects it."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Registration:
    """What one entry point does with a table.

    ``order``: the how-manieth table it is to come to stand there, from 1; 0 where it does not. ``link`` is the chain.
    ``before_migrations``: it stands before migrations start on that timeline; None where none do.
    """

    entry: EntryPoint
    registered: Registered
    order: int
    link: Link | None
    before_migrations: bool | None


@dataclass(frozen=True)
class EnvironmentView:
    """Whether an Alembic environment's env.py registers a table on its own, and whether ``target_metadata`` holds it.

    ``held`` is None where it is not known what ``target_metadata`` holds.
    """

    config: str
    env_path: str
    registered: Registered
    held: bool | None


@dataclass(frozen=True)
class ModelRecord:
    """One definition of a table. ``location`` is the class header or the ``Table(`` call.

    ``environments`` are those of its project, ``registrations`` one for each entry point that executes its file or
    registers it, in the order of the entry points.
    """

    definition: TableDefinition
    location: Location
    metadata: str
    environments: tuple[EnvironmentView, ...]
    registrations: tuple[Registration, ...]

    @property
    def key(self) -> str:
        return self.definition.key

    @property
    def class_name(self) -> str:
        return self.definition.class_name

    @property
    def is_live(self) -> bool:
        """Whether some entry point registers it."""
        return any(each.registered in (Registered.YES, Registered.MAYBE) for each in self.registrations)


class Dead(str, Enum):
    """Why a definition is never executed; ``FAILED``: each time, its module fails before the table is registered."""

    COMMENT = "comment"
    SHADOWED = "shadowed"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


@dataclass(frozen=True)
class DeadDefinition:
    """A definition that nothing executes.

    ``table`` is its name as far as it is written as a text. ``shadow`` is the file that Python finds instead of this
    one, where it is shadowed.
    """

    location: Location
    class_name: str
    table: str
    reason: Dead
    shadow: str = ""

    @property
    def why(self) -> str:
        """Why it is never executed, in words."""
        return {
            Dead.COMMENT: "commented out",
            Dead.SHADOWED: f"Python finds {self.shadow} instead",
            Dead.UNREACHABLE: "no entry point executes this file",
            Dead.FAILED: "its module fails before the table is registered",
        }[self.reason]


def inventory(context: Context) -> tuple[ModelRecord, ...]:
    """Every executed definition of a table, in the order of the files."""
    return context.memo(_inventory)


def dead_definitions(context: Context) -> tuple[DeadDefinition, ...]:
    """Definitions that are commented out, or in files or code that Python never executes, in the order of the files."""
    return context.memo(_dead)


def dead_definitions_in(context: Context, path: str) -> tuple[DeadDefinition, ...]:
    """Those of one file."""
    return tuple(_dead_in(context, path))


def _inventory(context: Context) -> tuple[ModelRecord, ...]:
    by_place: dict[object, list[Registration]] = {}
    for timeline in context.timelines:
        for definition, registration in _registrations(timeline):
            by_place.setdefault(definition.place, []).append(registration)
    records = [
        ModelRecord(
            definition=definition,
            location=context.location(definition.place),
            metadata=_label(definition.metadata),
            environments=tuple(_environments(context, definition)),
            registrations=tuple(by_place.get(definition.place, ())),
        )
        for definition in context.definitions.values()
    ]
    return tuple(sorted(records, key=lambda each: (each.location.path, each.location.span)))


def _label(metadata: MetaDataId) -> str:
    """``app.db.Base.metadata``."""
    return f"{metadata.module}.{metadata.label}" if metadata.module else metadata.label


def _registrations(timeline: Timeline) -> Iterator[tuple[TableDefinition, Registration]]:
    """What the entry point's own process does with each table, in order, once each."""
    start = next((index for index, each in enumerate(timeline.events) if _starts_migrations(each)), None)
    seen: set[object] = set()
    order = 0
    for index, event in enumerate(timeline.events):
        definition = event.definition
        if event.kind not in _TABLES or definition is None or event.process or definition.place in seen:
            continue
        seen.add(definition.place)
        if event.kind is EventKind.TABLE_REJECTED and event.certain:
            registered, position = Registered.REJECTED, 0
        else:
            order += 1
            registered, position = (Registered.YES if event.certain else Registered.MAYBE), order
        before = None if start is None else index < start
        yield definition, Registration(timeline.entry, registered, position, event.link, before)


def _starts_migrations(event: Event) -> bool:
    return event.kind is EventKind.MIGRATIONS_STARTED and not event.process and event.place.at >= 0


def _environments(context: Context, definition: TableDefinition) -> Iterator[EnvironmentView]:
    for env in context.memo(managed):
        if shares_project(context, env.timeline.entry, definition.place.path):
            held = None if env.target.metadata is None and not env.assumed else env.holds(definition.metadata)
            yield EnvironmentView(env.environment.config, env.target.env_path, _by_env(env, definition), held)


def _by_env(env: Managed, definition: TableDefinition) -> Registered:
    events = [
        event
        for event in env.run.of(*_TABLES)
        if event.definition is not None
        and event.definition.place == definition.place
        and same_metadata(event.definition.metadata, definition.metadata)
    ]
    if not events:
        return Registered.MAYBE if env.may_import_more else Registered.NO
    if all(event.kind is EventKind.TABLE_REJECTED for event in events):
        return Registered.REJECTED
    return Registered.YES if any(event.certain for event in events) else Registered.MAYBE


# -------------------------------------------------------------- what never runs


def _dead(context: Context) -> tuple[DeadDefinition, ...]:
    found = [each for path in context.workspace.candidates() for each in _dead_in(context, path)]
    return tuple(sorted(found, key=lambda each: (each.location.path, each.location.span)))


def _dead_in(context: Context, path: str) -> Iterator[DeadDefinition]:
    for comment in context.about(path, _commented_out) or ():
        name, table = (*comment.codes, "", "")[:2]
        yield DeadDefinition(Location(path, comment.span), name, table, Dead.COMMENT)
    executed = {definition.place.at for definition in context.model_modules.get(path, ())}
    shadow = shadow_of(context, path)
    for at, name, table in context.about(path, _written) or ():
        if at in executed:
            continue
        location = context.location(Place(path, at))
        if shadow:
            yield DeadDefinition(location, name, table, Dead.SHADOWED, shadow)
        elif path not in context.memo(_ends):
            yield DeadDefinition(location, name, table, Dead.UNREACHABLE)
        elif context.memo(_ends)[path]:
            yield DeadDefinition(location, name, table, Dead.FAILED)


def _ends(context: Context) -> Mapping[str, bool]:
    """The files that entry points execute; True for those that fail each time."""
    found: dict[str, bool] = {}
    for timeline in context.timelines:
        for event in timeline.of(EventKind.MODULE_STARTED):
            found.setdefault(event.path, True)
        for event in timeline.of(EventKind.MODULE_FINISHED):
            found[event.path] = False
    return MappingProxyType(found)


def shadow_of(context: Context, path: str) -> str:
    """The file that Python finds under the name of ``path``: a package beside a module, a module beside a folder.

    Empty where ``path`` itself is found.
    """
    workspace = context.workspace
    for root in workspace.roots_of(path)[:1]:
        below = path[len(root) + 1 :] if root else path
        parts = below.removesuffix(".py").removesuffix("/__init__").split("/")
        search: tuple[str, ...] = (root,)
        for count in range(1, len(parts) + 1):
            spec = workspace.find_spec(".".join(parts[:count]), search) if search else None
            if spec is None:
                return ""
            search = spec.search
            if count < len(parts) and not search:
                return spec.path or ""
            if count == len(parts) and spec.path != path:
                return spec.path or ""
    return ""


def _commented_out(facts: ModuleFacts) -> tuple[Comment, ...]:
    return tuple(comment for comment in facts.comments if comment.kind == "definition")


def _written(facts: ModuleFacts) -> tuple[tuple[At, str, str], ...]:
    """The definitions that a file's top level spells out: (place, class name, table name)."""
    return tuple(_definitions_in(facts))


def _definitions_in(facts: ModuleFacts) -> Iterator[tuple[At, str, str]]:
    for step in walk(facts.body):
        if isinstance(step, ClassDef):
            table = _table_of(step)
            if table is not None:
                yield step.at, step.name, table
        elif isinstance(step, Assign) and isinstance(step.value, Call) and last_name(step.value.func) == "Table":
            first = step.value.args[0] if step.value.args else None
            if isinstance(first, Const) and isinstance(first.value, str):
                yield step.value.at, "", first.value


def _table_of(cls: ClassDef) -> str | None:
    """The table name that a class body sets, the lower-cased class name for ``table=True``; None for no table."""
    for step in cls.body:
        value = _named(step, "__tablename__")
        if isinstance(value, Const) and isinstance(value.value, str):
            return value.value
    for keyword in cls.keywords:
        if keyword.name == "table" and keyword.value == Const(True):
            return cls.name.lower()
    return None


def _named(step: Step, name: str) -> object:
    if isinstance(step, Assign) and any(isinstance(each, Name) and each.id == name for each in step.targets):
        return step.value
    if isinstance(step, Annotated) and isinstance(step.target, Name) and step.target.id == name:
        return step.value
    return None
