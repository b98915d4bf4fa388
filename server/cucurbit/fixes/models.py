"""Which modules belong in an aggregator, in which order, and which declarative base they share."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.fixes.page import page
from cucurbit.fixes.resolve import module_name
from cucurbit.rules.shared.aggregators import matches
from cucurbit.rules.shared.environments import (
    Managed,
    is_migration_file,
    is_test,
    managed,
    responsible,
    same_metadata,
)
from cucurbit.simulate.core.timeline import EventKind, MetaDataId, TableDefinition
from cucurbit.workspace.model import EntryKind


@dataclass(frozen=True)
class Base:
    """What a MetaData is reached by: the name of a declarative base (or of the MetaData) and the file that makes it."""

    path: str
    module: str
    name: str


@dataclass(frozen=True)
class Models:
    """The model modules of one project, in an order of execution that was seen to work.

    ``modules`` maps each file to its dotted name. ``base`` is None where an installed package makes it, or where there
    are several.
    """

    environment: Managed | None
    metadata: frozenset[MetaDataId]
    modules: dict[str, str]
    base: Base | None

    @property
    def env_path(self) -> str:
        return self.environment.target.env_path if self.environment is not None else ""


def all_models(context: Context) -> tuple[Models, ...]:
    """The model modules of each Alembic environment; of the fullest MetaData where there is none."""
    return context.once(_all_models)


def _all_models(context: Context) -> tuple[Models, ...]:
    found = []
    for environment in context.once(managed):
        models = _gathered(context, environment, environment.metadata)
        if models.modules:
            found.append(models)
    if not found and not context.workspace.environments:
        counts = Counter(each.metadata for each in context.definitions.values() if _belongs(context, each))
        found += [_gathered(context, None, frozenset({metadata})) for metadata, _ in counts.most_common(1)]
    return tuple(found)


def models_of(context: Context, path: str) -> Models | None:
    """The models to which a file belongs: as env.py, as model module, or as code under the same import root."""
    everything = all_models(context)
    for models in everything:
        if path == models.env_path or path in models.modules:
            return models
    roots = frozenset(context.workspace.roots_of(path))
    for models in everything:
        if not roots.isdisjoint(context.workspace.roots_of(next(iter(models.modules)))[:1]):
            return models
    return None


def _gathered(context: Context, environment: Managed | None, metadata: frozenset[MetaDataId]) -> Models:
    modules: dict[str, str] = {}
    for definition in _in_order(context):
        path = definition.place.path
        if path in modules or not any(same_metadata(definition.metadata, each) for each in metadata):
            continue
        owned = environment is None or any(each is environment for each in responsible(context, definition))
        if owned and _belongs(context, definition):
            modules[path] = module_name(context, path)
    places = {each.place for each in metadata}
    base = _base(context, next(iter(metadata))) if len(places) == 1 else None
    return Models(environment, metadata, modules, base)


def _in_order(context: Context) -> Iterator[TableDefinition]:
    """The definitions as they are executed: by env.py, by the other entry points, then those nobody executes."""
    alembic = [each for each in context.timelines if each.entry.kind is EntryKind.ALEMBIC]
    others = [each for each in context.timelines if each.entry.kind is not EntryKind.ALEMBIC]
    for timeline in (*alembic, *others, *context.isolated):
        for event in timeline.of(EventKind.TABLE_REGISTERED, EventKind.TABLE_REJECTED, EventKind.TABLE_REUSED):
            if event.definition is not None:
                yield event.definition


def _belongs(context: Context, definition: TableDefinition) -> bool:
    """Whether a definition's module can and should be imported for its tables."""
    path = definition.place.path
    if definition.in_function or is_migration_file(context, path) or path in context.once(_programs):
        return False
    roots = context.workspace.roots_of(path)
    if is_test(path, roots[0] if roots else ""):
        return False
    settings = context.workspace.settings.aggregator
    if (settings.include and not matches(path, settings.include)) or matches(path, settings.exclude):
        return False
    return all(part.isidentifier() for part in module_name(context, path).split("."))


def _programs(context: Context) -> frozenset[str]:
    """The files that start a program: importing one for its tables would start it."""
    return frozenset(timeline.entry.path for timeline in context.timelines)


def _base(context: Context, metadata: MetaDataId) -> Base | None:
    if metadata.place is None or is_migration_file(context, metadata.place.path):
        return None
    path = metadata.place.path
    source = page(context, path)
    span = context.span(metadata.place)
    placed = source.statement_at(span.line, span.column) if source is not None else None
    if placed is None or not placed.in_module:
        return None
    node = placed.node
    if isinstance(node, ast.ClassDef):
        return Base(path, module_name(context, path), node.name)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return Base(path, module_name(context, path), node.targets[0].id)
    return None
