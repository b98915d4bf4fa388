"""The files and names that an import statement refers to, resolved without executing anything."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.fixes.python_source import PythonSource, python_source
from cucurbit.fixes.statements import ImportNode
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.workspace.model import ModuleSpec

_DEPTH = 12
"""The number of re-exports through which a name is followed."""
_RUN_NAMES = frozenset({"__main__", "env_py"})
"""Module names by which no import finds the file."""


@dataclass(frozen=True)
class ImportTarget:
    """What an alias of an import refers to: the file of a module and a name in it; no name for the module itself."""

    path: str
    name: str = ""


def module_name(context: Context, path: str) -> str:
    """The dotted name by which a file is imported: the one it is executed under, else the one that its path implies."""
    return context.memo(_run_names).get(path) or context.workspace.module_name(path)


def _run_names(context: Context) -> Mapping[str, str]:
    names: dict[str, str] = {}
    for timeline in (*context.timelines, *context.isolated):
        for event in timeline.of(EventKind.MODULE_STARTED):
            if event.module not in _RUN_NAMES:
                names.setdefault(event.path, event.module)
                if event.module != names[event.path] and event.module == context.workspace.module_name(event.path):
                    names[event.path] = event.module
    return MappingProxyType(names)


def find_module(context: Context, importer: str, dotted: str) -> ModuleSpec | None:
    """The module ``dotted`` as code in the file ``importer`` finds it; None outside the workspace."""
    search = tuple(context.workspace.roots_of(importer))
    spec: ModuleSpec | None = None
    parts = dotted.split(".")
    for count in range(1, len(parts) + 1):
        spec = context.workspace.find_spec(".".join(parts[:count]), search)
        if spec is None:
            return None
        search = spec.search
    return spec


def absolute(context: Context, importer: str, node: ast.ImportFrom) -> str | None:
    """The dotted module of a ``from`` import, its leading dots resolved."""
    if not node.level:
        return node.module
    parts = module_name(context, importer).split(".")
    if not importer.endswith("/__init__.py") and importer != "__init__.py":
        parts.pop()
    kept = len(parts) - (node.level - 1)
    if kept < 1:
        return None
    return ".".join([*parts[:kept], *([node.module] if node.module else [])])


def target_of(context: Context, importer: str, node: ImportNode, alias: ast.alias) -> ImportTarget | None:
    """What ``alias`` imports; None where it is not in the workspace. A star import has the name ``*``."""
    if isinstance(node, ast.Import):
        spec = find_module(context, importer, alias.name)
        return ImportTarget(spec.path) if spec is not None and spec.path is not None else None
    module = absolute(context, importer, node)
    spec = find_module(context, importer, module) if module is not None else None
    if module is None or spec is None:
        return None
    if alias.name != "*" and (spec.path is None or alias.name not in exports(context, spec.path)):
        inner = context.workspace.find_spec(f"{module}.{alias.name}", spec.search)
        if inner is not None and inner.path is not None:
            return ImportTarget(inner.path)
    return ImportTarget(spec.path, alias.name) if spec.path is not None else None


# ------------------------------------------------------------------------ names


def exports(context: Context, path: str) -> Mapping[str, ImportTarget]:
    """The names bound at the top level of a file, each with the file that defines it or that a star import reads."""
    return context.memo_for(_all_exports, path)


def _all_exports(context: Context, path: str) -> Mapping[str, ImportTarget]:
    return MappingProxyType(_exports(context, path, frozenset()))


def _exports(context: Context, path: str, seen: frozenset[str]) -> dict[str, ImportTarget]:
    source = python_source(context, path)
    if source is None or path in seen or len(seen) > _DEPTH:
        return {}
    found: dict[str, ImportTarget] = {}
    for each in source.statements:
        if not each.in_module:
            continue
        if isinstance(each.node, ast.ImportFrom) and each.node.names[0].name == "*":
            module = absolute(context, path, each.node)
            spec = find_module(context, path, module) if module is not None else None
            if spec is not None and spec.path is not None:
                star = _exports(context, spec.path, seen | {path})
                found.update({name: target for name, target in star.items() if not name.startswith("_")})
        else:
            for name in bound_names(each.node):
                found[name] = ImportTarget(path, name)
    return found


def taken_elsewhere(context: Context, path: str, names: Collection[str]) -> frozenset[str]:
    """Which of these names of a file other files take from it: by a ``from`` import anywhere, or as an attribute."""
    tail = module_name(context, path).rpartition(".")[2]
    is_package = path.rpartition("/")[2] == "__init__.py"
    found: set[str] = set()
    for other in context.workspace.python_files() if names else ():
        if other == path or not (is_package or context.workspace.mentions(other, tail)):
            continue
        if not context.workspace.mentions(other, *names, "*"):
            continue
        source = python_source(context, other)
        if source is not None:
            found.update(name for name in _taken(context, source, path, names) if name in names)
            found.update(
                node.attr
                for node in ast.walk(source.tree)
                if isinstance(node, ast.Attribute) and node.attr in names and _last_name(node.value) == tail
            )
    return frozenset(found)


def _taken(context: Context, source: PythonSource, path: str, names: Collection[str]) -> Iterator[str]:
    for node in (each.node for each in source.imports):
        if not isinstance(node, ast.ImportFrom):
            continue
        module = absolute(context, source.path, node)
        spec = find_module(context, source.path, module) if module is not None else None
        if spec is None or spec.path != path:
            continue
        for alias in node.names:
            if alias.name == "*":
                yield from (name for name in names if source.uses(name))
            else:
                yield alias.name


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def bound_names(node: ast.stmt) -> Iterator[str]:
    """The names that a statement itself binds in its scope, not those that its blocks bind."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            if alias.name != "*":
                plain = isinstance(node, ast.Import)
                yield alias.asname or (alias.name.partition(".")[0] if plain else alias.name)
    else:
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor)):
            targets = [node.target]
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            targets = [item.optional_vars for item in node.items if item.optional_vars is not None]
        for target in targets:
            yield from (inner.id for inner in ast.walk(target) if isinstance(inner, ast.Name))


def origin(context: Context, path: str, name: str) -> ImportTarget:
    """Where ``name`` of a file is defined: imports are followed up to the file that defines it itself."""
    here = ImportTarget(path, name)
    for _ in range(_DEPTH):
        there = _import_of(context, here)
        if there is None or there == here or not there.name:
            return there or here
        here = there
    return here


def _import_of(context: Context, target: ImportTarget) -> ImportTarget | None:
    """The target of the import that binds a name in its file; None where no import does."""
    bound = exports(context, target.path).get(target.name)
    if bound is not None and bound != target:
        return bound
    source = python_source(context, target.path)
    for each in source.imports if source is not None else ():
        node = each.node
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == target.name:
                    return target_of(context, target.path, node, alias)
    return None
