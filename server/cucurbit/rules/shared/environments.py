"""What each Alembic environment manages: its MetaData, the tables registered at that time, and its project."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import find_class, inside_all, module_imports
from cucurbit.analysis.imports import absolute_name, executions, find_module
from cucurbit.simulate.core.timeline import (
    Event,
    EventKind,
    MetaDataId,
    MigrationTarget,
    Place,
    TableDefinition,
    Timeline,
)
from cucurbit.source.facts import Const, Import
from cucurbit.workspace.alembic.revisions import read_revision
from cucurbit.workspace.model import EntryKind, EntryPoint, MigrationEnvironment

_TESTS = frozenset({"tests", "test", "testing"})


@dataclass(frozen=True)
class Managed:
    """One environment as the alembic command runs it.

    ``metadata`` is what ``target_metadata`` holds. ``assumed``: it was not seen (env.py failed first, or computes it),
    so the MetaData that its tables stand on is taken. ``reached`` are the files that are executed, or would be if
    env.py did not fail. ``failure`` is the event that ends it early, ``doubts`` the events that may hide imports.
    ``program`` is the timeline of what runs env.py: ``timeline``, or where there is no configuration file, that of
    the program which makes a ``Config`` for it; None if no such program is seen. ``target`` is from that timeline.
    """

    environment: MigrationEnvironment
    timeline: Timeline
    target: MigrationTarget
    metadata: frozenset[MetaDataId]
    assumed: bool
    reached: frozenset[str]
    failure: Event | None
    doubts: tuple[Event, ...]
    program: Timeline | None

    def holds(self, metadata: MetaDataId) -> bool:
        return any(same_metadata(metadata, each) for each in self.metadata)

    @property
    def run(self) -> Timeline:
        """The timeline in which env.py runs: that of ``program``, or of env.py by itself where no program is seen."""
        return self.program or self.timeline

    @property
    def may_import_more(self) -> bool:
        """Whether something that is not known may have imported a model module."""
        return self.program is None or any(event.cut.hides_imports for event in self.doubts)

    @cached_property
    def _registered(self) -> frozenset[Place]:
        return frozenset(each.place for each in self.target.registered)

    def registers(self, definition: TableDefinition) -> bool:
        """Whether env.py registers this definition, or would if it did not fail."""
        if definition.place in self._registered:
            return True
        return self.failure is not None and definition.place.path in self.reached


def same_metadata(one: MetaDataId, other: MetaDataId) -> bool:
    """Whether two ids mean one MetaData: the same place made them, whatever name the module had."""
    if one.place is not None or other.place is not None:
        return one.place == other.place
    return (one.module, one.label) == (other.module, other.label)


def managed(context: Context) -> tuple[Managed, ...]:
    """The environments, each env.py once. Ask through :meth:`Context.memo`."""
    found: dict[str, Managed] = {}
    for timeline in context.alembic_timelines():
        environment = timeline.entry.environment
        if environment is None or environment.env_path in found:
            continue
        target = _target(timeline, environment)
        if target is None:
            continue
        program: Timeline | None = timeline
        if not environment.is_configured and not timeline.entry.startup:
            program = _program(context, environment)
            target = (None if program is None else _target(program, environment)) or target
        found[environment.env_path] = _manage(context, environment, timeline, program, target)
    return tuple(found.values())


def _target(timeline: Timeline, environment: MigrationEnvironment) -> MigrationTarget | None:
    """The first run of an env.py; of the alembic command its own, after those of an application that it loads."""
    found = [each for each in timeline.targets if each.env_path == environment.env_path]
    if not found:
        return None
    return found[-1] if timeline.entry.kind is EntryKind.ALEMBIC else found[0]


def _program(context: Context, environment: MigrationEnvironment) -> Timeline | None:
    """The program that runs an environment for which the alembic command has no configuration file.

    Of several it is the one that registers the most tables.
    """
    programs = [each for each in context.timelines if each.entry.kind is not EntryKind.ALEMBIC]
    targets = [(_target(each, environment), each) for each in programs]
    found = [(len(target.registered), each) for target, each in targets if target is not None]
    return max(found, key=lambda each: each[0])[1] if found else None


def managed_by(context: Context, environment: MigrationEnvironment) -> Managed | None:
    """What is known of an environment; None if its env.py is not simulated, or has no target."""
    return next((e for e in context.memo(managed) if e.environment.env_path == environment.env_path), None)


def _manage(
    context: Context,
    environment: MigrationEnvironment,
    timeline: Timeline,
    program: Timeline | None,
    target: MigrationTarget,
) -> Managed:
    failure = next((e for e in timeline.of(EventKind.MIGRATIONS_FAILED) if e.environment == environment.config), None)
    known = target.metadata
    metadata = frozenset(known) if known is not None else _assume(context, environment, timeline, target)
    reached = timeline.visited
    if failure is not None:
        reached = context.memo(executions).closure(*_static_reach(context, timeline))
    doubts = tuple(event for event in (program or timeline).of(EventKind.CUT) if event.place.at >= 0)
    return Managed(environment, timeline, target, metadata, known is None, reached, failure, doubts, program)


def _assume(
    context: Context, environment: MigrationEnvironment, timeline: Timeline, target: MigrationTarget
) -> frozenset[MetaDataId]:
    """The MetaData that the tables registered in env.py's process stand on, else the project's only one."""
    if target.registered:
        return frozenset(each.metadata for each in target.registered)
    own = {
        each.metadata
        for each in context.definitions.values()
        if shares_project(context, timeline.entry, each.place.path)
        and is_application(context, environment, each.place.path)
    }
    places = {each.place for each in own}
    return frozenset(own) if len(places) == 1 else frozenset()


def _static_reach(context: Context, timeline: Timeline) -> frozenset[str]:
    """The files that the imports of a failing env.py lead to, also those that come after the failure."""
    search = (*timeline.entry.sys_path, *timeline.entry.fallback_path)
    found: set[str] = set()
    todo = [timeline.entry.path, *timeline.visited]
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found.add(path)
        todo.extend(_modules_named(context, path, search))
    return frozenset(found)


def _modules_named(context: Context, path: str, search: Sequence[str]) -> Iterable[str]:
    for each in context.about(path, module_imports) or ():
        if isinstance(each.step, Import):
            names = [each.alias.name]
        else:
            base = absolute_name(context.workspace, path, each.step)
            names = [base, f"{base}.{each.alias.name}"]
        for name in names:
            parts = name.split(".")
            for count in range(1, len(parts) + 1):
                file = find_module(context.workspace, ".".join(parts[:count]), search)
                if file:
                    yield file


# --------------------------------------------------------------- what is whose


def is_test(path: str, directory: str = "") -> bool:
    """Whether a file is part of the tests of the project in ``directory``."""
    below = path[len(directory) + 1 :] if directory and path.startswith(directory + "/") else path
    *folders, name = below.split("/")
    return (
        not _TESTS.isdisjoint(folders)
        or name == "conftest.py"
        or name.startswith("test_")
        or name.endswith(("_test.py", "_tests.py"))
    )


def is_migration_file(context: Context, path: str) -> bool:
    """Whether a file is an env.py, a revision, or anything else in a script directory."""
    return any(
        path == each.env_path
        or (each.script_location and path.startswith(each.script_location + "/"))
        or any(path.startswith(folder + "/") for folder in each.version_locations)
        for each in context.workspace.environments
    )


def loads(loader: str, path: str) -> bool:
    """Whether ``path`` is below the package whose ``__init__.py`` is ``loader``."""
    folder, _, name = loader.rpartition("/")
    return name == "__init__.py" and folder != "" and loader != path and path.startswith(f"{folder}/")


def is_application(context: Context, environment: MigrationEnvironment, path: str) -> bool:
    """Whether a file's tables are the application's own: not those of tests, nor of migrations."""
    return not is_test(path, environment.directory) and not is_migration_file(context, path)


def shares_project(context: Context, entry: EntryPoint, path: str) -> bool:
    """Whether code started at ``entry`` imports ``path`` as its own: they have an import root in common."""
    folders = {*entry.sys_path, *entry.fallback_path}
    roots = context.workspace.roots_of(path)
    if not folders.isdisjoint(roots[:1]):
        return True
    return not folders.isdisjoint(roots) and (not entry.directory or path.startswith(entry.directory + "/"))


def responsible(context: Context, definition: TableDefinition) -> tuple[Managed, ...]:
    """The environments whose ``target_metadata`` holds the table's MetaData and whose project the table is of."""
    path = definition.place.path
    found = [
        each
        for each in context.memo(managed)
        if each.holds(definition.metadata) and shares_project(context, each.timeline.entry, path)
    ]
    nearest = max((_nearness(each, path) for each in found), default=0)
    return tuple(each for each in found if _nearness(each, path) == nearest)


def _nearness(each: Managed, path: str) -> int:
    directory = each.environment.directory
    return len(directory) if not directory or path.startswith(directory + "/") else -1


def is_view(context: Context, definition: TableDefinition) -> bool:
    """Whether a mapped class maps a view, judged by its table arguments or its name."""
    name = definition.key.rpartition(".")[2].lower()
    if name.startswith(("v_", "vw_", "view_")) or name.endswith(("_view", "_mv")):
        return True
    facts = context.facts(definition.place.path)
    cls = None if facts is None else find_class(facts, definition.place.at)
    if facts is None or cls is None:
        return False
    texts = (node.value for node in inside_all(facts, cls) if isinstance(node, Const) and isinstance(node.value, str))
    return any(re.fullmatch(r"is_?view|materialized_?view", text, re.IGNORECASE) for text in texts)


def sets_schemas_otherwise(context: Context, env: Managed) -> bool:
    """Whether the names of schemas are translated, or the schema by default is set, for the connection of env.py."""
    text = context.workspace.text(env.target.env_path) or ""
    return any(word in text for word in ("schema_translate_map", "search_path", "default_schema_name"))


# ------------------------------------------------------------------- revisions


@dataclass(frozen=True)
class RevisionHistory:
    """The tables that the revisions of an environment create and drop, by metadata key."""

    created: Mapping[str, Place]
    dropped: frozenset[str]


def history(context: Context, environment: MigrationEnvironment) -> RevisionHistory:
    """What the revisions of an environment do to tables."""
    return context.memo_for(_history, environment)


def _history(context: Context, environment: MigrationEnvironment) -> RevisionHistory:
    created: dict[str, Place] = {}
    dropped: set[str] = set()
    for path in context.workspace.revision_files(environment):
        revision = context.about(path, read_revision)
        if revision is None:
            continue
        for table in revision.created:
            created.setdefault(f"{table.schema}.{table.name}" if table.schema else table.name, Place(path, table.at))
        dropped.update(f"{table.schema}.{table.name}" if table.schema else table.name for table in revision.dropped)
    return RevisionHistory(MappingProxyType(created), frozenset(dropped))
