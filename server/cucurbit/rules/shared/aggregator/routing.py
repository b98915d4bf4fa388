"""Imports of models changed to go through the aggregator: in env.py, in an entry point, anywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import TextEdit
from cucurbit.analysis.imports import executions
from cucurbit.fixes.python_source import PlacedStatement, PythonSource, python_source
from cucurbit.fixes.resolve import ImportTarget, bound_names, exports, module_name, origin, taken_elsewhere, target_of
from cucurbit.fixes.statements import bound_name, import_module, relative, with_module, without
from cucurbit.rules.shared.aggregator.writing import AggregatorFile, holds_imports_alone
from cucurbit.source.span import Span


@dataclass
class _Plan:
    """What becomes of the imports of one file.

    ``gone`` are the aliases taken out of each statement, ``routed`` the names that come from the aggregator instead
    (bound name to exported name), with the statements they stood in; ``spelled_out`` are star imports with the names
    that stay.
    """

    gone: list[tuple[PlacedStatement, list[ast.alias]]] = field(default_factory=list)
    routed: dict[str, str] = field(default_factory=dict)
    routed_in: list[PlacedStatement] = field(default_factory=list)
    spelled_out: list[tuple[PlacedStatement, list[str]]] = field(default_factory=list)
    has_aggregator: bool = False
    bypasses: bool = False
    """Whether anything imports models past the aggregator."""


def route(context: Context, aggregator: AggregatorFile, path: str, *, bare_only: bool = False) -> tuple[TextEdit, ...]:
    """Take the model imports of a file from the aggregator: those that only register, and the names that it re-exports.

    ``bare_only``: names that the file uses stay where they are. Nothing where the file is routed already.
    """
    source = python_source(context, path)
    if source is None or path == aggregator.path:
        return ()
    plan = _planned(context, aggregator, source, bare_only)
    if not plan.bypasses and (plan.has_aggregator or bare_only):
        return ()
    return _carried_out(context, aggregator, source, plan) or ()


# ------------------------------------------------------------------------- plan


def _planned(context: Context, aggregator: AggregatorFile, source: PythonSource, bare_only: bool) -> _Plan:
    plan = _Plan()
    taken = taken_elsewhere(context, source.path, _imported_names(context, source))
    for placed in source.imports:
        node = placed.node
        if not placed.at_top or not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        gone = []
        for alias in node.names:
            target = target_of(context, source.path, node, alias)
            if target is None:
                continue
            if target.path == aggregator.path:
                plan.has_aggregator = True
            elif alias.name == "*":
                if _is_registration(context, aggregator, target.path):
                    plan.bypasses = True
                    _plan_star(context, aggregator, source, plan, placed, target, taken)
            elif not _is_used(source, node, alias) and bound_name(alias, node) not in taken:
                if _is_registration(context, aggregator, target.path):
                    plan.bypasses = True
                    gone.append(alias)
            elif not bare_only and _hands_on(context, aggregator, target):
                plan.routed[bound_name(alias, node)] = target.name
                plan.routed_in.append(placed)
                plan.bypasses |= target.path in aggregator.covers
                gone.append(alias)
        if gone:
            plan.gone.append((placed, gone))
    return plan


def _imported_names(context: Context, source: PythonSource) -> frozenset[str]:
    """The names that the file's imports of the workspace bind, those of star imports included."""
    found: set[str] = set()
    for placed in source.imports:
        node = placed.node
        if not placed.at_top or not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            target = target_of(context, source.path, node, alias)
            if target is not None:
                found.update(exports(context, target.path) if alias.name == "*" else (bound_name(alias, node),))
    return frozenset(found)


def _hands_on(context: Context, aggregator: AggregatorFile, target: ImportTarget) -> bool:
    """Whether the aggregator re-exports the same object under the same name."""
    if not target.name or target.name not in exports(context, aggregator.path):
        return False
    return origin(context, target.path, target.name) == origin(context, aggregator.path, target.name)


def _plan_star(
    context: Context,
    aggregator: AggregatorFile,
    source: PythonSource,
    plan: _Plan,
    placed: PlacedStatement,
    target: ImportTarget,
    taken: frozenset[str],
) -> None:
    """A star import goes; the names of it that are used, here or in files that take them from here, stay.

    They come from the aggregator or are spelled out.
    """
    own = {name for each in source.statements if each.in_module for name in bound_names(each.node)}
    stay = []
    for name in exports(context, target.path):
        if name.startswith("_") or name in own or not (source.uses(name) or name in taken):
            continue
        if _hands_on(context, aggregator, ImportTarget(target.path, name)):
            plan.routed[name] = name
        else:
            stay.append(name)
    if stay:
        plan.spelled_out.append((placed, stay))
    elif isinstance(placed.node, ast.ImportFrom):
        plan.gone.append((placed, list(placed.node.names)))


def _is_registration(context: Context, aggregator: AggregatorFile, path: str) -> bool:
    """Whether importing a file does nothing but register models that the aggregator registers."""
    if path in aggregator.covers:
        return True
    models = context.memo(executions).closure(path) & context.model_modules.keys()
    return bool(models) and models <= aggregator.covers and holds_imports_alone(context, path)


def _is_used(source: PythonSource, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> bool:
    """Whether the file uses what ``alias`` binds. ``import a.b`` binds ``a``, which other statements may bind too."""
    name = bound_name(alias, node)
    if isinstance(node, ast.ImportFrom) or alias.asname is not None or "." not in alias.name:
        return bool(source.uses(name))
    if any(
        _dotted(use).startswith(alias.name + ".") for use in ast.walk(source.tree) if isinstance(use, ast.Attribute)
    ):
        return True
    elsewhere = any(
        name in bound_names(each.node) for each in source.statements if each.in_module and each.node is not node
    )
    return bool(source.uses(name)) and not elsewhere


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


# ------------------------------------------------------------------------ edits


def _carried_out(
    context: Context, aggregator: AggregatorFile, source: PythonSource, plan: _Plan
) -> tuple[TextEdit, ...] | None:
    spelled = _spelled(context, aggregator, source, [placed for placed, _ in plan.gone])
    edits = _renamed(source, plan, spelled)
    if edits is not None:
        return edits
    edits = ()
    for placed, names in plan.spelled_out:
        if isinstance(placed.node, ast.ImportFrom):
            edits += (source.replace(source.span(placed.node.names[0]), ", ".join(names)),)
    statement = _statement(plan, spelled)
    whole = frozenset(id(placed.node) for placed, gone in plan.gone if _all(placed, gone))
    for placed, gone in plan.gone:
        if statement and _all(placed, gone) and source.owns_its_lines(placed.node):
            edits += (_in_place_of(source, placed, statement),)
            statement = ""
            continue
        taken = without(source, placed, gone, whole)
        if taken is None:
            return None
        edits += taken
    if statement:
        line = _line_for(source, plan)
        if line is None:
            return None
        edits += (source.insert_lines(line, statement),)
    return edits


def _all(placed: PlacedStatement, gone: list[ast.alias]) -> bool:
    return isinstance(placed.node, (ast.Import, ast.ImportFrom)) and len(gone) == len(placed.node.names)


def _renamed(source: PythonSource, plan: _Plan, spelled: str) -> tuple[TextEdit, ...] | None:
    """The edits where one statement has all re-exported names: only its module changes."""
    statements = {id(placed.node): placed for placed in plan.routed_in}
    if len(statements) != 1 or plan.has_aggregator:
        return None
    (home,) = statements.values()
    node = home.node
    gone = next((names for placed, names in plan.gone if placed is home), [])
    if not isinstance(node, ast.ImportFrom) or len(gone) != len(node.names) or plan.spelled_out:
        return None
    here = {bound_name(alias, node) for alias in node.names}
    renamed = with_module(source, node, spelled)
    if renamed is None or not set(plan.routed) <= here:
        return None
    edits: tuple[TextEdit, ...] = (renamed,)
    whole = frozenset(id(placed.node) for placed, names in plan.gone if _all(placed, names) and placed is not home)
    for placed, names in plan.gone:
        left = [alias for alias in names if placed is not home or bound_name(alias, node) not in plan.routed]
        taken = without(source, placed, left, whole) if left else ()
        if taken is None:
            return None
        edits += taken
    return edits


def _spelled(
    context: Context, aggregator: AggregatorFile, source: PythonSource, placed: Iterable[PlacedStatement]
) -> str:
    """The aggregator's name as this file writes it: relative where the imports that it replaces are."""
    if any(isinstance(each.node, ast.ImportFrom) and each.node.level for each in placed):
        package = source.path.rpartition("/")[2] == "__init__.py"
        found = relative(module_name(context, source.path), package, aggregator.module)
        if found is not None:
            return found
    return aggregator.module


def _statement(plan: _Plan, spelled: str) -> str:
    if plan.routed:
        names = [name if bound == name else f"{name} as {bound}" for bound, name in plan.routed.items()]
        return f"from {spelled} import {', '.join(names)}"
    return "" if plan.has_aggregator else f"{import_module(spelled)}  # noqa: F401"


def _in_place_of(source: PythonSource, placed: PlacedStatement, statement: str) -> TextEdit:
    """A statement in place of another. Its comment stays, unless it only silenced a linter about what is gone."""
    span = source.whole(placed.node)
    line = source.source.line_text(span.end_line)
    comment = line[span.end_column :].strip()
    bare, protected, _ = statement.partition("  # noqa: F401")
    if "E402" in comment and not protected:
        statement = f"{bare}  # noqa: E402"
    elif comment and ("noqa" not in comment or (protected and "F401" in comment)):
        statement = f"{bare}  {comment}"
    return source.replace(Span(span.line, span.column, span.end_line, len(line)), statement)


def _line_for(source: PythonSource, plan: _Plan) -> int | None:
    affected = [placed for placed, _ in (*plan.gone, *plan.spelled_out) if source.owns_its_lines(placed.node)]
    if affected:
        return min(source.whole(placed.node).line for placed in affected)
    top = [each for each in source.imports if each.at_top and source.owns_its_lines(each.node)]
    return source.whole(top[-1].node).end_line + 1 if top else None


# ------------------------------------------------------------- ordinary imports


@dataclass(frozen=True)
class Rerouted:
    """The edits of one file, and the names that the aggregator must hand on for them."""

    edits: tuple[TextEdit, ...]
    names: Mapping[str, ImportTarget]
    statements: int


def reroute(
    context: Context, aggregator: AggregatorFile, path: str, only: PlacedStatement | None = None
) -> Rerouted | None:
    """Take the model names that a file imports from the aggregator; None where it imports none.

    Not in what the aggregator itself executes: that would be a cycle.
    """
    source = python_source(context, path)
    inside = context.memo(executions).closure(aggregator.path) | aggregator.covers
    if source is None or path == aggregator.path or path in inside:
        return None
    edits: tuple[TextEdit, ...] = ()
    names: dict[str, ImportTarget] = {}
    statements = 0
    for placed in source.imports:
        if only is not None and placed.node is not only.node:
            continue
        taken = _rerouted(context, aggregator, source, placed, names)
        if taken:
            edits += taken
            statements += 1
    return Rerouted(edits, names, statements) if edits else None


def _rerouted(
    context: Context,
    aggregator: AggregatorFile,
    source: PythonSource,
    placed: PlacedStatement,
    names: dict[str, ImportTarget],
) -> tuple[TextEdit, ...]:
    node = placed.node
    if not isinstance(node, ast.ImportFrom):
        return ()
    found: dict[str, ImportTarget] = {}
    moved = []
    for alias in node.names:
        target = target_of(context, source.path, node, alias) if alias.name != "*" else None
        if target is None or not target.name or target.path == aggregator.path:
            continue
        home = origin(context, target.path, target.name)
        if home.path not in aggregator.covers or not home.name or not _is_model(context, home):
            continue
        offered = exports(context, aggregator.path).get(alias.name)
        if offered is not None and origin(context, aggregator.path, alias.name) != home:
            continue
        if names.get(alias.name, home) != home or alias.name != home.name:
            continue
        if offered is None:
            found[alias.name] = home
        moved.append(alias)
    spelled = _spelled(context, aggregator, source, [placed])
    if not moved:
        return ()
    if len(moved) == len(node.names):
        renamed = with_module(source, node, spelled)
        names.update(found if renamed is not None else {})
        return (renamed,) if renamed is not None else ()
    taken = without(source, placed, moved)
    if taken is None or not source.owns_its_lines(node):
        return ()
    listed = ", ".join(alias.name if alias.asname is None else f"{alias.name} as {alias.asname}" for alias in moved)
    names.update(found)
    line = source.indentation(node) + f"from {spelled} import {listed}"
    return (*taken, source.insert_lines(source.span(node).end_line + 1, line))


def _is_model(context: Context, home: ImportTarget) -> bool:
    """Whether a name is a mapped class or a ``Table(...)`` of its file."""
    if any(each.class_name == home.name for each in context.model_modules.get(home.path, ())):
        return True
    source = python_source(context, home.path)
    return source is not None and any(
        isinstance(each.node, ast.Assign)
        and isinstance(each.node.value, ast.Call)
        and _dotted(each.node.value.func).rpartition(".")[2] == "Table"
        and home.name in bound_names(each.node)
        for each in source.statements
        if each.at_top
    )
