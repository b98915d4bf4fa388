"""The fix of ``reserved-attribute``: the attribute is renamed, and its column keeps its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind, TextEdit
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.rule import FixGate
from cucurbit.fixes.gate import NO_FAILURES
from cucurbit.fixes.python_source import PythonSource, python_source
from cucurbit.fixes.resolve import ImportTarget, origin, target_of
from cucurbit.fixes.statements import bound_name
from cucurbit.source.span import Span

_NAMED_FIRST = frozenset({"Column", "mapped_column"})
"""Calls whose first argument may be the column's name."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def rename_attribute(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """Rename the attribute at the place of the finding."""
    context = gate.context
    source = python_source(context, finding.location.path)
    found = _attribute(source, finding) if source is not None else None
    if source is None or found is None:
        return ()
    cls, statement, name = found
    renamed = f"{name.id}_"
    if any(isinstance(n, ast.Name) and n.id == renamed for n in ast.walk(cls)) or _has_attribute(cls, renamed):
        return ()
    column = _with_column_name(source, statement, name.id)
    if column is None:
        return ()
    edits = (source.replace(source.span(name), renamed), *column, *_usages(context, source, cls, name.id, renamed))
    fix = Fix(
        title=f"Rename {cls.name}.{name.id} to {renamed} and keep the column '{name.id}'",
        safe=False,
        kind=FixKind.QUICKFIX,
        edits=edits,
        rule=finding.rule,
        note=f"Check other code that reads or writes .{name.id} of a {cls.name}, such as serialisation.",
    )
    return gate.offered(fix, finding, NO_FAILURES)


def _attribute(
    source: PythonSource, finding: Finding
) -> tuple[ast.ClassDef, ast.Assign | ast.AnnAssign, ast.Name] | None:
    span = finding.location.span
    placed = source.statement_at(span.line, span.column)
    if placed is None or not isinstance(placed.owner, ast.ClassDef):
        return None
    node = placed.node
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return placed.owner, node, node.target
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return placed.owner, node, node.targets[0]
    return None


def _has_attribute(cls: ast.ClassDef, name: str) -> bool:
    return any(isinstance(each, _FUNCTIONS) and each.name == name for each in cls.body)


def _with_column_name(
    source: PythonSource, statement: ast.Assign | ast.AnnAssign, name: str
) -> tuple[TextEdit, ...] | None:
    """The edits that give the column its name; None where it is not known how."""
    value = statement.value
    if value is None:
        return _new_column(source, statement, name)
    if not isinstance(value, ast.Call):
        return None
    called = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    if called in ("relationship", "synonym", "column_property", "association_proxy"):
        return ()
    if called == "Field":
        inner = next((each.value for each in value.keywords if each.arg == "sa_column"), None)
        if not isinstance(inner, ast.Call):
            return None
        value = inner
    elif called == "deferred":
        if not value.args or not isinstance(value.args[0], ast.Call):
            return None
        value = value.args[0]
    elif called not in _NAMED_FIRST:
        return None
    return _named(source, value, name)


def _named(source: PythonSource, call: ast.Call, name: str) -> tuple[TextEdit, ...] | None:
    """Give a ``Column(...)`` its name, unless it has one."""
    if any(each.arg == "name" for each in call.keywords):
        return ()
    if any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords):
        return None
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return ()
    inside = [*call.args, *call.keywords]
    if inside:
        span = min(source.span(each) for each in inside)
        return (source.insert(span.line, span.column, f'"{name}", '),)
    end = source.span(call)
    return (source.insert(end.end_line, end.end_column - 1, f'"{name}"'),)


def _new_column(source: PythonSource, statement: ast.stmt, name: str) -> tuple[TextEdit, ...] | None:
    """``metadata: Mapped[dict]`` gets a ``mapped_column`` where the file has that name."""
    imported = any(
        bound_name(alias, each.node) == "mapped_column"
        for each in source.imports
        if each.at_top and isinstance(each.node, ast.ImportFrom)
        for alias in each.node.names
    )
    if not imported or "Mapped[" not in source.slice(statement):
        return None
    end = source.span(statement)
    return (source.insert(end.end_line, end.end_column, f' = mapped_column("{name}")'),)


# ---------------------------------------------------------------------- usages


def _usages(context: Context, source: PythonSource, cls: ast.ClassDef, old: str, new: str) -> Iterator[TextEdit]:
    """Where the attribute is surely meant: on ``self`` in the class, and as a keyword of its constructor."""
    for method in cls.body:
        if isinstance(method, _FUNCTIONS) and not method.decorator_list and method.args.args:
            first = method.args.args[0].arg
            for node in ast.walk(method):
                if (
                    isinstance(node, ast.Attribute)
                    and node.attr == old
                    and isinstance(node.value, ast.Name)
                    and node.value.id == first
                ):
                    span = source.span(node)
                    start = Span(span.end_line, span.end_column - len(old), span.end_line, span.end_column)
                    yield source.replace(start, new)
    home = ImportTarget(source.path, cls.name)
    if _has_attribute(cls, "__init__"):
        return
    for path in context.workspace.python_files():
        text = context.workspace.text(path)
        other = python_source(context, path) if text is not None and cls.name in text and old in text else None
        if other is not None:
            yield from _keywords(other, _names_of(context, other, home), old, new)


def _names_of(context: Context, source: PythonSource, home: ImportTarget) -> set[str]:
    """The names by which a file knows a class."""
    if source.path == home.path:
        return {home.name}
    found = set()
    for placed in source.imports:
        if isinstance(placed.node, ast.ImportFrom):
            for alias in placed.node.names:
                target = target_of(context, source.path, placed.node, alias) if alias.name == home.name else None
                if target is not None and origin(context, target.path, target.name) == home:
                    found.add(bound_name(alias, placed.node))
    return found


def _keywords(source: PythonSource, names: set[str], old: str, new: str) -> Iterator[TextEdit]:
    for node in ast.walk(source.tree) if names else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            for keyword in node.keywords:
                if keyword.arg == old:
                    span = source.span(keyword)
                    yield source.replace(Span(span.line, span.column, span.line, span.column + len(old)), new)
