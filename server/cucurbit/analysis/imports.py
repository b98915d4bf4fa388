"""Imports resolved to the modules of the workspace, and the files that importing a module executes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import ImportAlias, module_imports
from cucurbit.simulate.core.timeline import EventKind, Place, Timeline
from cucurbit.source.facts import At, Import, ImportFrom
from cucurbit.workspace.model import Workspace


@dataclass(frozen=True)
class ResolvedImport:
    """One name imported at the top level of a file.

    ``place`` is the name's own; ``statement`` that of the whole statement. ``module`` is the dotted name of the module
    that is meant (the submodule where the name is one) and ``path`` its file, empty where it is none of the workspace.
    ``executed``: some timeline has it. ``optional``: it stands in a ``try``.
    """

    place: Place
    statement: At
    bound: str
    module: str
    path: str
    executed: bool
    optional: bool
    from_import: bool
    name: str
    """What a ``from`` import takes, as it is called there; the module's dotted name for a plain one."""


def imports_of(context: Context, path: str) -> tuple[ResolvedImport, ...]:
    """What a file imports at its top level: as the timelines saw it, else as its import roots say."""
    return context.memo_for(_imports_of, path)


def _imports_of(context: Context, path: str) -> tuple[ResolvedImport, ...]:
    aliases = context.about(path, module_imports)
    executed = _by_place(context.memo_for(_executed_in, path) if aliases else ())
    return tuple(_resolve(context, path, each, executed) for each in aliases or ())


class _Executed(NamedTuple):
    """What an executed import requested, without what depends on earlier imports."""

    at: At
    module: str
    path: str
    takes_names: bool


def _executed_in(context: Context, path: str) -> tuple[_Executed, ...]:
    return tuple(context.memo(_executed).get(path, ()))


_ByPlace: TypeAlias = Mapping[At, Sequence[_Executed]]


def _by_place(executed: Iterable[_Executed]) -> _ByPlace:
    found: dict[At, list[_Executed]] = defaultdict(list)
    for each in executed:
        found[each.at].append(each)
    return found


def _executed(context: Context) -> Mapping[str, Collection[_Executed]]:
    """The executed imports by importing file, those on timelines of entry points first; each once."""
    found: dict[str, dict[_Executed, None]] = defaultdict(dict)
    for each in context.per_timeline(_executed_on):
        for path, imports in each.items():
            found[path].update(dict.fromkeys(imports))
    return MappingProxyType({path: tuple(imports) for path, imports in found.items()})


def _executed_on(_: Context, timeline: Timeline) -> Mapping[str, Collection[_Executed]]:
    found: dict[str, dict[_Executed, None]] = defaultdict(dict)
    for record in timeline.imports:
        found[record.place.path][_Executed(record.place.at, record.module, record.path, bool(record.names))] = None
    return MappingProxyType({path: tuple(imports) for path, imports in found.items()})


def _resolve(context: Context, path: str, each: ImportAlias, executed: _ByPlace) -> ResolvedImport:
    step = each.step
    if isinstance(step, Import):
        module, found = each.alias.name, next(iter(executed.get(each.alias.at, ())), None)
    else:
        module, found = _resolve_from(context, path, step, each, executed)
    target = found.path if found is not None else _find(context.workspace, path, module)
    if not target and isinstance(step, ImportFrom) and module.endswith(f".{each.alias.name}"):
        # Not executed, and no submodule: the name is an attribute of the module before it.
        module = module.rpartition(".")[0]
        target = _find(context.workspace, path, module)
    place = Place(path, each.alias.at)
    return ResolvedImport(
        place,
        step.at,
        each.bound,
        module,
        target,
        found is not None,
        each.optional,
        isinstance(step, ImportFrom),
        each.alias.name,
    )


def _resolve_from(
    context: Context, path: str, step: ImportFrom, each: ImportAlias, executed: _ByPlace
) -> tuple[str, _Executed | None]:
    base = next((done for done in executed.get(step.names[0].at, ()) if done.takes_names), None)
    name = each.alias.name
    if base is None:
        module = absolute_name(context.workspace, path, step)
        return (module if name == "*" else f"{module}.{name}"), None
    full = f"{base.module}.{name}"
    for done in executed.get(each.alias.at, ()):
        if done.module == full and not done.takes_names:
            return full, done
    return base.module, base


def absolute_name(workspace: Workspace, path: str, step: ImportFrom) -> str:
    """The absolute name of the module that a ``from`` import names."""
    if step.level == 0:
        return step.module
    parts = workspace.module_name(path).split(".")
    if path.rpartition("/")[2] != "__init__.py":
        parts = parts[:-1]
    parts = parts[: len(parts) - step.level + 1]
    return ".".join([*parts, step.module] if step.module else parts)


def _find(workspace: Workspace, importer: str, module: str) -> str:
    return next(
        (found for root in workspace.roots_of(importer) if (found := find_module(workspace, module, (root,)))), ""
    )


def find_module(workspace: Workspace, module: str, search: Iterable[str]) -> str:
    """The file of a dotted module under ``search``; empty where there is none, or only a namespace package."""
    parts = module.split(".")
    found: str | None = None
    folders = tuple(search)
    for count in range(1, len(parts) + 1):
        spec = workspace.find_spec(".".join(parts[:count]), folders) if folders and parts[0] else None
        if spec is None:
            return ""
        found, folders = spec.path, spec.search
    return found or ""


# -------------------------------------------------------------------- execution


Edges: TypeAlias = Mapping[str, frozenset[str]]
"""From each file to those that it imports while it is executed."""

_ENDS = (EventKind.MODULE_FINISHED, EventKind.MODULE_FAILED)


@dataclass(frozen=True)
class Executions:
    """Which files are executed while a file is: by import, directly, on any timeline."""

    direct: Edges

    @classmethod
    def of(cls, graphs: Iterable[Edges]) -> Executions:
        """The graph with the edges of all of these."""
        direct: dict[str, frozenset[str]] = {}
        for graph in graphs:
            for path, inner in graph.items():
                known = direct.get(path)
                direct[path] = inner if known is None or known is inner else known | inner
        return cls(MappingProxyType(direct))

    def closure(self, *paths: str) -> frozenset[str]:
        """The files that are executed when these are, themselves included."""
        return _reached(self.direct, (path for path in paths if path))

    def leading_to(self, paths: Iterable[str]) -> frozenset[str]:
        """The files of which :meth:`closure` holds one of these, themselves included."""
        asking: dict[str, set[str]] = defaultdict(set)
        for outer, inner in self.direct.items():
            for path in inner:
                asking[path].add(outer)
        return _reached(asking, paths)


def _reached(edges: Mapping[str, AbstractSet[str]], paths: Iterable[str]) -> frozenset[str]:
    """The files reachable over these edges, the start included."""
    found = set(paths)
    todo = list(found)
    while todo:
        new = edges.get(todo.pop(), frozenset()) - found
        found |= new
        todo += new
    return frozenset(found)


def executions(context: Context) -> Executions:
    """The graph of executed imports over all timelines. Ask through :meth:`Context.memo`."""
    return Executions.of(context.per_timeline(_edges_on))


def _edges_on(context: Context, timeline: Timeline) -> Edges:
    return edges_of(context.workspace, timeline)


def edges_of(workspace: Workspace, timeline: Timeline) -> Edges:
    """The files that each file imported while it was being executed."""
    around: dict[tuple[str, str], tuple[str, ...]] = {}
    found: dict[str, set[str]] = defaultdict(set)
    records = iter(sorted(timeline.imports, key=lambda record: record.first))
    upcoming = next(records, None)
    running: list[str] = []
    for index, event in enumerate((*timeline.events, None)):
        while upcoming is not None and upcoming.first <= index:
            if running and upcoming.path:
                asked = (upcoming.module, upcoming.path)
                if asked not in around:
                    around[asked] = (*packages_of(workspace, *asked), upcoming.path)
                found[running[-1]].update(around[asked])
            upcoming = next(records, None)
        if event is None:
            break
        if event.kind is EventKind.MODULE_STARTED:
            if running:
                found[running[-1]].add(event.path)
            running.append(event.path)
        elif event.kind in _ENDS and running:
            running.pop()
    return MappingProxyType({path: frozenset(inner) for path, inner in found.items()})


def packages_of(workspace: Workspace, module: str, path: str) -> list[str]:
    """The ``__init__.py`` of each package that is imported before a module, whose file is ``path``."""
    folder = path.removesuffix("/__init__.py") if path.endswith("/__init__.py") else path
    found = []
    for _ in range(module.count(".")):
        folder = folder.rpartition("/")[0]
        init = f"{folder}/__init__.py" if folder else "__init__.py"
        if workspace.is_file(init):
            found.append(init)
    return found
