"""Which module of the workspace an import means, and what is executed with a module."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cucurbit.rules.context import Context
from cucurbit.rules.steps import ImportAlias, module_imports
from cucurbit.simulate.timeline import EventKind, ImportRecord, Place, Timeline
from cucurbit.source.facts import At, Import, ImportFrom
from cucurbit.workspace.model import Workspace


@dataclass(frozen=True)
class ResolvedImport:
    """One name imported at the top level of a file.

    ``place`` is the name's own; ``statement`` that of the whole statement. ``module`` is the dotted name of the module
    that is meant (the submodule where the name is one) and ``path`` its file, empty where it is none of the workspace.
    ``record`` is its execution on some timeline, if there is one. ``optional``: it stands in a ``try``.
    """

    place: Place
    statement: At
    bound: str
    module: str
    path: str
    record: ImportRecord | None
    optional: bool
    from_import: bool


def imports_of(context: Context, path: str) -> tuple[ResolvedImport, ...]:
    """What a file imports at its top level: as the timelines saw it, else as its import roots say."""
    return context.once_for(_imports_of, path)


def _imports_of(context: Context, path: str) -> tuple[ResolvedImport, ...]:
    return tuple(_resolve(context, path, each) for each in context.about(path, module_imports) or ())


def _records(context: Context) -> Mapping[Place, Sequence[ImportRecord]]:
    """The executed imports by their place, those on entry points' timelines first."""
    found: dict[Place, list[ImportRecord]] = defaultdict(list)
    for timeline in (*context.timelines, *context.isolated):
        for record in timeline.imports:
            found[record.place].append(record)
    return found


def _resolve(context: Context, path: str, each: ImportAlias) -> ResolvedImport:
    records = context.once(_records)
    place = Place(path, each.alias.at)
    step = each.step
    if isinstance(step, Import):
        module, record = each.alias.name, next(iter(records.get(place, ())), None)
    else:
        module, record = _resolve_from(context, path, step, each, records)
    target = record.path if record is not None else _find(context.workspace, path, module)
    if not target and isinstance(step, ImportFrom) and module.endswith(f".{each.alias.name}"):
        # Not executed, and no submodule: the name is an attribute of the module before it.
        module = module.rpartition(".")[0]
        target = _find(context.workspace, path, module)
    return ResolvedImport(
        place, step.at, each.bound, module, target, record, each.optional, isinstance(step, ImportFrom)
    )


def _resolve_from(
    context: Context,
    path: str,
    step: ImportFrom,
    each: ImportAlias,
    records: Mapping[Place, Sequence[ImportRecord]],
) -> tuple[str, ImportRecord | None]:
    base = next((r for r in records.get(Place(path, step.names[0].at), ()) if r.names), None)
    name = each.alias.name
    if base is None:
        module = absolute_name(context.workspace, path, step)
        return (module if name == "*" else f"{module}.{name}"), None
    full = f"{base.module}.{name}"
    own = next((r for r in records.get(Place(path, each.alias.at), ()) if r.module == full and not r.names), None)
    return (full, own) if own is not None else (base.module, base)


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


@dataclass(frozen=True)
class Executions:
    """Which files are executed while a file is: by import, directly, on any timeline."""

    direct: Mapping[str, frozenset[str]]

    def closure(self, *paths: str) -> frozenset[str]:
        """The files that stand executed once these are, themselves included."""
        found: set[str] = set()
        todo = [path for path in paths if path]
        while todo:
            path = todo.pop()
            if path not in found:
                found.add(path)
                todo.extend(self.direct.get(path, ()))
        return frozenset(found)


def executions(context: Context) -> Executions:
    """The graph of executed imports over all timelines. Ask through :meth:`Context.once`."""
    return executions_in(context.workspace, (*context.timelines, *context.isolated))


def executions_in(workspace: Workspace, timelines: Iterable[Timeline]) -> Executions:
    """The graph of executed imports of these timelines."""
    direct: dict[str, set[str]] = defaultdict(set)
    for timeline in timelines:
        for outer, inner in _edges(workspace, timeline):
            direct[outer].add(inner)
    return Executions({path: frozenset(inner) for path, inner in direct.items()})


def _edges(workspace: Workspace, timeline: Timeline) -> Iterator[tuple[str, str]]:
    """(the file that is being executed, a file that it asks for), in order."""
    records = sorted(timeline.imports, key=lambda record: record.first)
    running: list[str] = []
    upcoming = 0
    for index, event in enumerate(timeline.events):
        upcoming = yield from _asked(workspace, records, upcoming, index, running)
        if event.kind is EventKind.MODULE_STARTED:
            if running:
                yield running[-1], event.path
            running.append(event.path)
        elif event.kind in (EventKind.MODULE_FINISHED, EventKind.MODULE_FAILED) and running:
            running.pop()
    yield from _asked(workspace, records, upcoming, len(timeline.events), running)


def _asked(
    workspace: Workspace, records: Sequence[ImportRecord], start: int, index: int, running: Sequence[str]
) -> Generator[tuple[str, str], None, int]:
    """The edges of the records that began before event ``index``; returns how many were used up."""
    while start < len(records) and records[start].first <= index:
        record = records[start]
        if running and record.path:
            yield from ((running[-1], path) for path in (*packages_of(workspace, record), record.path))
        start += 1
    return start


def packages_of(workspace: Workspace, record: ImportRecord) -> list[str]:
    """The ``__init__.py`` of each package that is imported before the module of a record."""
    folder = record.path.removesuffix("/__init__.py") if record.path.endswith("/__init__.py") else record.path
    found = []
    for _ in range(record.module.count(".")):
        folder = folder.rpartition("/")[0]
        path = f"{folder}/__init__.py" if folder else "__init__.py"
        if workspace.is_file(path):
            found.append(path)
    return found
