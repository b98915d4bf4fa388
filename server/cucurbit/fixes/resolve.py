"""Names to files: what an import statement means, told without executing anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.fixes.page import page
from cucurbit.fixes.statements import ImportNode
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.workspace.model import ModuleSpec

_DEPTH = 12
"""How many re-exports a name is followed through."""
_RUN_NAMES = frozenset({"__main__", "env_py"})
"""Names of modules that nobody can import by them."""


@dataclass(frozen=True)
class Target:
    """What an alias of an import leads to: a module's file, and a name in it; no name for the module itself."""

    path: str
    name: str = ""


def module_name(context: Context, path: str) -> str:
    """The dotted name by which a file is imported: the one it runs under, else the one its place gives it."""
    return context.once(_run_names).get(path) or context.workspace.module_name(path)


def _run_names(context: Context) -> dict[str, str]:
    names: dict[str, str] = {}
    for timeline in (*context.timelines, *context.isolated):
        for event in timeline.of(EventKind.MODULE_STARTED):
            if event.module not in _RUN_NAMES:
                names.setdefault(event.path, event.module)
                if event.module != names[event.path] and event.module == context.workspace.module_name(event.path):
                    names[event.path] = event.module
    return names


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


def target_of(context: Context, importer: str, node: ImportNode, alias: ast.alias) -> Target | None:
    """What ``alias`` imports; None where it is not in the workspace. A star import has the name ``*``."""
    if isinstance(node, ast.Import):
        spec = find_module(context, importer, alias.name)
        return Target(spec.path) if spec is not None and spec.path is not None else None
    module = absolute(context, importer, node)
    spec = find_module(context, importer, module) if module is not None else None
    if module is None or spec is None:
        return None
    if alias.name != "*" and (spec.path is None or alias.name not in exports(context, spec.path)):
        inner = context.workspace.find_spec(f"{module}.{alias.name}", spec.search)
        if inner is not None and inner.path is not None:
            return Target(inner.path)
    return Target(spec.path, alias.name) if spec.path is not None else None


# ------------------------------------------------------------------------ names


def exports(context: Context, path: str) -> dict[str, Target]:
    """The names bound at the top level of a file, each with the file that a star import takes it from, or this one."""
    known = context.once(_known_exports)
    if path not in known:
        known[path] = _exports(context, path, frozenset())
    return known[path]


def _known_exports(_context: Context) -> dict[str, dict[str, Target]]:
    return {}


def _exports(context: Context, path: str, seen: frozenset[str]) -> dict[str, Target]:
    source = page(context, path)
    if source is None or path in seen or len(seen) > _DEPTH:
        return {}
    found: dict[str, Target] = {}
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
                found[name] = Target(path, name)
    return found


def bound_names(node: ast.stmt) -> Iterator[str]:
    """The names that a statement binds in its own scope, without its inner blocks."""
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


def origin(context: Context, path: str, name: str) -> Target:
    """Where ``name`` of a file is defined: its imports followed to the file that does not import it."""
    here = Target(path, name)
    for _ in range(_DEPTH):
        there = _import_of(context, here)
        if there is None or there == here or not there.name:
            return there or here
        here = there
    return here


def _import_of(context: Context, target: Target) -> Target | None:
    """The target of the import that binds a name in its file; None where something else binds it."""
    bound = exports(context, target.path).get(target.name)
    if bound is not None and bound != target:
        return bound
    source = page(context, target.path)
    for each in source.imports if source is not None else ():
        node = each.node
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == target.name:
                    return target_of(context, target.path, node, alias)
    return None
