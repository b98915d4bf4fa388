"""Aggregators: the modules of a project that exist to import every model module.

Recognised by what they do, not by their name: a module that imports at least two model modules (or the only one) of a
project, mostly for nothing but their execution, and defines next to no tables itself. A walker imports whatever
modules a package has (``pkgutil``, a loop over files) and is complete by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.analysis.imports import Executions, ResolvedImport, edges_of, executions, find_module, imports_of
from cucurbit.analysis.unused_names import is_used
from cucurbit.rules.shared.environments import (
    Managed,
    is_migration_file,
    is_test,
    managed,
    same_metadata,
    shares_project,
)
from cucurbit.simulate.core.timeline import MetaDataId, Place
from cucurbit.source.facts import WHOLE_FILE, Assign, ClassDef, FunctionDef, ModuleFacts, Name

_NAMES = frozenset(
    {"models_all.py", "all_models.py", "registry.py", "base.py", "models.py", "metadata.py", "tables.py"}
)
"""What aggregators are called that nothing imports yet."""

_WALKS = ("pkgutil.", "walk_packages", "iter_modules", "import_module", "__import__", "import_string")


@dataclass(frozen=True)
class Aggregator:
    """One aggregator.

    ``imports`` are the names by which it imports model modules, with the model modules that each executes; a walker
    has none. ``covers`` are the files with tables that stand executed once it is imported, ``metadata`` those tables'
    MetaData. ``configured``: the settings name it.
    """

    path: str
    module: str
    imports: tuple[AggregatedImport, ...]
    walker: bool
    covers: frozenset[str]
    metadata: frozenset[MetaDataId]
    configured: bool = False

    @property
    def is_package(self) -> bool:
        return self.path.endswith("/__init__.py")


@dataclass(frozen=True)
class AggregatedImport:
    """A name that an aggregator imports: its place, the statement's, the file it means, the model modules executed."""

    place: Place
    statement: Place
    path: str
    models: tuple[str, ...]
    optional: bool


def aggregators(context: Context) -> tuple[Aggregator, ...]:
    """Every aggregator of the workspace, the most complete first; one that another imports is left out."""
    return context.memo(_find)


def aggregator_for(context: Context, path: str, metadata: Iterable[MetaDataId] = ()) -> Aggregator | None:
    """The aggregator of the project that ``path`` belongs to, and of one of these MetaData where any is given.

    The project's files can import it: the aggregator of a service does not serve a package that several services share.
    """
    wanted, roots = tuple(metadata), context.workspace.roots_of(path)
    for each in aggregators(context):
        serves = not wanted or any(same_metadata(one, other) for one in wanted for other in each.metadata)
        if serves and _root_of(context, each.path) in roots:
            return each
    return None


def belongs(context: Context, aggregator: Aggregator, path: str) -> bool:
    """Whether a model module is one that the aggregator should import."""
    settings = context.workspace.settings.aggregator
    if settings.include and not matches(path, settings.include):
        return False
    if matches(path, settings.exclude) or path == aggregator.path:
        return False
    if is_test(path, _root_of(context, path)) or is_migration_file(context, path):
        return False
    if not owns(context, aggregator, path) or not _reaches(context, aggregator, path):
        return False
    tables = context.model_modules.get(path, ())
    return any(same_metadata(table.metadata, each) for table in tables for each in aggregator.metadata)


def owns(context: Context, aggregator: Aggregator, path: str) -> bool:
    """Whether a model module is under the import root of the aggregator, so that both are of one project."""
    roots = context.workspace.roots_of(aggregator.path)
    return bool(roots) and roots[0] in context.workspace.roots_of(path)


def _reaches(context: Context, aggregator: Aggregator, path: str) -> bool:
    """Whether an aggregator is meant for a file: one that only imports its own package is for that alone."""

    def top(module: str) -> str:
        return module.partition(".")[0]

    own = top(aggregator.module)
    known = {own, *(top(context.workspace.module_name(each)) for each in aggregator.covers)}
    only_own = aggregator.is_package and not aggregator.configured and known == {own}
    if only_own and top(context.workspace.module_name(path)) != own:
        return False
    return path.startswith(_folder(aggregator)) or not _serves_its_folder(context, aggregator)


def _folder(aggregator: Aggregator) -> str:
    return aggregator.path.rpartition("/")[0] + "/"


def _serves_its_folder(context: Context, aggregator: Aggregator) -> bool:
    """Whether a package imports models of its own folder only, while most models of the project stand elsewhere."""
    folder, targets = _folder(aggregator), {each.path for each in aggregator.imports}
    if not aggregator.is_package or aggregator.configured or aggregator.walker:
        return False
    if not all(each.startswith(folder) for each in targets):
        return False
    elsewhere = _models_around(context, aggregator.path) - sum(
        each.startswith(folder) for each in context.model_modules if each != aggregator.path
    )
    return elsewhere > len(targets)


def matches(path: str, globs: Iterable[str]) -> bool:
    """Whether a path matches one of these globs; ``**/`` also stands for no folder at all."""
    return any(fnmatchcase(path, glob) or fnmatchcase(path, glob.replace("**/", "")) for glob in globs)


def runs_before(aggregator: Aggregator, each: ResolvedImport) -> bool:
    """Whether an import executes the aggregator anyway, as that is a package around what is imported."""
    folder = aggregator.path.rpartition("/")[0]
    return each.path == aggregator.path or (aggregator.is_package and each.path.startswith(folder + "/"))


# ------------------------------------------------------------------ recognition


def _find(context: Context) -> tuple[Aggregator, ...]:
    graph = context.memo(executions)
    configured = _configured(context)
    leading = graph.leading_to(context.model_modules)
    found = [
        aggregator
        for path in sorted(_candidates(context) | configured)
        if path in configured or _may_aggregate(context, path, leading)
        if (aggregator := _recognise(context, graph, path, path in configured)) is not None
    ]
    chosen = [each for each in found if each.configured] or found
    users = {path: graph.closure(path) for path in {each.path for each in chosen}}
    imported_by_env = {file for env in context.memo(managed) for file in env.timeline.visited}

    def rank(each: Aggregator) -> tuple[bool, int, int, str]:
        return (each.path not in imported_by_env, -len(each.covers), each.path.count("/"), each.path)

    kept: list[Aggregator] = []
    for each in sorted(chosen, key=rank):
        inside = any(each.path in users[other.path] and each.covers <= other.covers for other in kept)
        around = any(other.path in users[each.path] and other.covers == each.covers for other in kept)
        if not inside and not around:
            kept.append(each)
    return tuple(sorted(kept, key=lambda each: (-len(each.covers), rank(each))))


def _configured(context: Context) -> set[str]:
    """The files that the setting ``aggregator.module`` means, in each project that has it."""
    module = context.workspace.settings.aggregator.module
    if module is None:
        return set()
    if module.endswith(".py"):
        return {module} if context.workspace.is_file(module) else set()
    roots = {
        root for path in (*context.model_modules, *_env_files(context)) for root in context.workspace.roots_of(path)
    }
    return {found for root in sorted(roots) if (found := find_module(context.workspace, module, (root,)))}


def _env_files(context: Context) -> list[str]:
    return [each.env_path for each in context.workspace.environments]


def _candidates(context: Context) -> set[str]:
    visited = {path for timeline in (*context.timelines, *context.isolated) for path in timeline.visited}
    named = {path for path in context.workspace.python_files() if path.rpartition("/")[2] in _NAMES}
    entries = {timeline.entry.path for timeline in context.timelines}
    imported = {
        record.path
        for timeline in (*context.timelines, *context.isolated)
        for record in timeline.imports
        if record.importer_path != record.path
    }
    packages = {path for path in visited if path.endswith("/__init__.py")}
    return {
        path
        for path in (visited & imported | packages | named) - entries
        if not is_test(path, _root_of(context, path)) and not is_migration_file(context, path)
    }


def _root_of(context: Context, path: str) -> str:
    roots = context.workspace.roots_of(path)
    return roots[0] if roots else ""


def _may_aggregate(context: Context, path: str, leading: Collection[str]) -> bool:
    """Whether a file may be found to aggregate, asked at little cost: most are not.

    ``leading`` are the files whose execution leads to that of model modules.
    """
    if context.memo_for(_walks, path):
        return True
    targets = {each.path for each in imports_of(context, path) if each.path != path}
    inits = {target for target in targets if target.endswith("/__init__.py")}
    if path not in leading:
        # What it executes may not be known.
        return bool(inits) or not targets.isdisjoint(context.model_modules)
    count = sum(target in context.model_modules or (target in inits and target in leading) for target in targets)
    return count > 0 and count >= min(2, _models_around(context, path))


def _recognise(context: Context, graph: Executions, path: str, configured: bool) -> Aggregator | None:
    models = context.model_modules
    resolved = imports_of(context, path)
    graph = _with_own_run(context, graph, path, resolved)
    walker = _is_walker(context, graph, path, resolved)
    imports = tuple(_aggregated(context, graph, path, resolved))
    covers = frozenset(graph.closure(path) & models.keys()) - {path}
    if not configured and not walker and not _aggregates(context, path, resolved, imports):
        return None
    if not configured and len(covers) < min(2, _models_around(context, path)):
        return None
    metadata = frozenset(table.metadata for file in covers for table in models[file])
    return Aggregator(path, context.workspace.module_name(path), imports, walker, covers, metadata, configured)


def _with_own_run(context: Context, graph: Executions, path: str, resolved: tuple[ResolvedImport, ...]) -> Executions:
    """The graph, with the imports of this file added where no timeline executes it."""
    walks = context.memo_for(_walks, path)
    if path in graph.direct or not (resolved or walks):
        return graph
    if any(path in timeline.visited for timeline in (*context.timelines, *context.isolated)):
        return graph
    return Executions.of((graph.direct, edges_of(context.workspace, context.isolated_timeline(path))))


def _aggregated(
    context: Context, graph: Executions, path: str, resolved: Iterable[ResolvedImport]
) -> Iterator[AggregatedImport]:
    models = context.model_modules
    for each in resolved:
        reached = () if each.path in ("", path) else _models_of(models, graph, each.path, path)
        if reached and _means_models(context, each, reached):
            yield AggregatedImport(each.place, Place(path, each.statement), each.path, reached, each.optional)


def _means_models(context: Context, each: ResolvedImport, reached: Collection[str]) -> bool:
    """Whether what is imported is a module, a mapped class or a table: a function that uses them is no sign."""
    taken = each.module.rpartition(".")[2] != each.name if each.from_import else False
    if not taken or each.name == "*":
        return True
    if any(table.class_name == each.name for path in reached for table in context.model_modules[path]):
        return True
    if each.path in reached:
        return each.name not in (context.about(each.path, _behaves) or ())
    return any(each.name in (context.about(path, _assigned_names) or ()) for path in reached)


def _behaves(facts: ModuleFacts) -> frozenset[str]:
    """The functions that a file defines at its top level."""
    return frozenset(step.name for step in facts.body if isinstance(step, FunctionDef))


def _assigned_names(facts: ModuleFacts) -> frozenset[str]:
    targets = (target for step in facts.body if isinstance(step, Assign) for target in step.targets)
    return frozenset(target.id for target in targets if isinstance(target, Name))


def _models_of(models: Collection[str], graph: Executions, target: str, importer: str) -> tuple[str, ...]:
    """The model modules that importing ``target`` executes; those of a package around the importer are its own."""
    if target in models:
        return (target, *sorted(graph.closure(target) & set(models) - {target, importer}))
    if target.endswith("/__init__.py"):
        folder, named = target.removesuffix("__init__.py"), _named_by_packages(graph, target)
        reached = graph.closure(target) & set(models) - {importer}
        return tuple(sorted(path for path in reached if path.startswith(folder) or path in named))
    return ()


def _named_by_packages(graph: Executions, package: str) -> frozenset[str]:
    """The files that a package imports in its ``__init__.py``, or in those of packages that it imports.

    What its other modules import is theirs: a package of routes uses models, and is none of models.
    """
    found: set[str] = set()
    seen, pending = {package}, [package]
    while pending:
        files = graph.direct.get(pending.pop(), frozenset())
        found |= files
        inner = {path for path in files if path.endswith("/__init__.py")} - seen
        # A package around is executed first, whatever is imported from it.
        pending += [path for path in inner if not package.startswith(path.removesuffix("__init__.py"))]
        seen |= inner
    return frozenset(found)


def _aggregates(
    context: Context,
    path: str,
    resolved: tuple[ResolvedImport, ...],
    imports: tuple[AggregatedImport, ...],
) -> bool:
    """Whether importing models is what a file is for."""
    own_tables = len(context.model_modules.get(path, ()))
    targets = {each.path for each in imports}
    if len(targets) < min(2, _models_around(context, path)) or not targets or own_tables >= len(targets):
        return False
    places = {each.place for each in imports}
    bases = {each.metadata.place.path for each in context.definitions.values() if each.metadata.place is not None}
    others = {each.path for each in resolved if each.path and each.place not in places and each.path not in bases}
    if len(others) >= len(targets):
        return False
    kept = Counter(_only_registers(context, path, each) for each in resolved if each.place in places)
    return kept[True] > kept[False] and not _uses_models(context, path, kept[False])


def _uses_models(context: Context, path: str, used: int) -> bool:
    """Whether a file imports models for code of its own, as a service does, even if that no longer uses all of them."""
    name = path.rpartition("/")[2]
    own = context.about(path, _has_code)
    if not own:
        return False
    if used:
        return True
    by_env = any(path in env.timeline.visited for env in context.memo(managed))
    return not (name in _NAMES or name == "__init__.py" or by_env)


def _has_code(facts: ModuleFacts) -> bool:
    """Whether a file defines a function, or a class with methods, at its top level."""
    return any(
        isinstance(step, FunctionDef)
        or (isinstance(step, ClassDef) and any(isinstance(inner, FunctionDef) for inner in step.body))
        for step in facts.body
    )


def _only_registers(context: Context, path: str, each: ResolvedImport) -> bool:
    """Whether nothing in the file uses what is imported but to hand it on."""
    return each.bound == "*" or not context.memo_for(_is_used, (path, each.bound))


def _is_used(context: Context, which: tuple[str, str]) -> bool:
    path, name = which
    return is_used(context, path, name, listed=False)


def _models_around(context: Context, path: str) -> int:
    """How many model modules the project of a file has, itself left out."""
    roots = tuple(context.workspace.roots_of(path))
    around = context.memo(_models_by_roots)
    count = sum(len(models) for theirs, models in around.items() if _meet(roots, theirs))
    return count - (path in around.get(roots, ()))


def _models_by_roots(context: Context) -> Mapping[tuple[str, ...], frozenset[str]]:
    """The model modules that are neither of tests nor of migrations, by their import roots."""
    found: dict[tuple[str, ...], set[str]] = {}
    for path in context.model_modules:
        if not is_test(path, _root_of(context, path)) and not is_migration_file(context, path):
            found.setdefault(tuple(context.workspace.roots_of(path)), set()).add(path)
    return MappingProxyType({roots: frozenset(models) for roots, models in found.items()})


def _walks(context: Context, path: str) -> bool:
    text = context.workspace.text(path)
    return text is not None and any(word in text for word in _WALKS)


def _is_walker(context: Context, graph: Executions, path: str, resolved: Iterable[ResolvedImport]) -> bool:
    """Whether model modules are executed that no import statement of the file names."""
    if not context.memo_for(_walks, path):
        return False
    named = {each.path for each in resolved}
    models = context.model_modules.keys()
    walked = (graph.direct.get(path, frozenset()) - named) & models
    return len(walked) >= min(2, _models_around(context, path)) and bool(walked)


def _meet(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    return bool(ours) and bool(theirs) and (ours[0] in theirs or theirs[0] in ours)


def environments_of(context: Context, aggregator: Aggregator) -> tuple[Managed, ...]:
    """The Alembic environments whose tables the aggregator imports."""
    return tuple(
        each
        for each in context.memo(managed)
        if shares_project(context, each.timeline.entry, aggregator.path)
        and any(each.holds(metadata) for metadata in aggregator.metadata)
    )


def end_of_imports(context: Context, aggregator: Aggregator) -> Place:
    """The last statement that imports models: below it a missing one belongs."""
    statements = [each.statement for each in aggregator.imports]
    if not statements:
        statements = [Place(aggregator.path, each.statement) for each in imports_of(context, aggregator.path)]
    return max(statements, key=context.span, default=Place(aggregator.path, WHOLE_FILE))
