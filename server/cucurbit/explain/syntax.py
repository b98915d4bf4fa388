"""Looks for statements in the files of a workspace: classes, their attributes, assignments and calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.fixes.python_source import python_source, value_given
from cucurbit.simulate.core.timeline import TableDefinition

_TRY = (ast.Try, getattr(ast, "TryStar", ast.Try))
"""``except*`` is new in Python 3.11."""


@dataclass(frozen=True)
class ClassAttribute:
    """``name = value`` or ``name: annotation = value`` in the body of a class."""

    name: str
    path: str
    line: int
    value: ast.expr | None
    annotation: ast.expr | None = None

    @property
    def call(self) -> str:
        """The last name of the function whose call is assigned, such as ``relationship``; empty without a call."""
        return dotted(self.value.func).rpartition(".")[2] if isinstance(self.value, ast.Call) else ""

    @property
    def column(self) -> str:
        """The name of the column, if it is one: that in the call, else that of the attribute."""
        first = self.value.args[0] if isinstance(self.value, ast.Call) and self.value.args else None
        return (text_of(first) if self.call in {"Column", "mapped_column", "column"} else "") or self.name

    def option(self, name: str) -> ast.expr | None:
        """The value of a keyword argument of the call."""
        keywords = self.value.keywords if isinstance(self.value, ast.Call) else []
        return next((each.value for each in keywords if each.arg == name), None)


def tree_of(context: Context, path: str) -> ast.Module | None:
    """The syntax tree of a file; None if it cannot be parsed."""
    source = python_source(context, path)
    return None if source is None else source.tree


def class_of(context: Context, definition: TableDefinition) -> ast.ClassDef | None:
    """The class statement of a definition; None for a ``Table(...)``."""
    tree = tree_of(context, definition.place.path)
    if tree is None or not definition.class_name:
        return None
    line = context.span(definition.place).line
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    same = [node for node in classes if node.name == definition.class_name]
    return next((node for node in same if node.lineno == line), same[0] if same else None)


def attributes_of(context: Context, definition: TableDefinition) -> tuple[ClassAttribute, ...]:
    """The attributes of a mapped class, with those of its bases in the same file, its own first."""
    node = class_of(context, definition)
    tree = tree_of(context, definition.place.path)
    if node is None or tree is None:
        return ()
    classes = {each.name: each for each in ast.walk(tree) if isinstance(each, ast.ClassDef)}
    found: list[ClassAttribute] = []
    waiting, seen = [node], set[str]()
    while waiting:
        each = waiting.pop(0)
        seen.add(each.name)
        found += attributes(each, definition.place.path)
        names = (dotted(base).rpartition(".")[2] for base in each.bases)
        waiting += [classes[name] for name in names if name in classes and name not in seen]
    return tuple(found)


def attributes(node: ast.ClassDef, path: str) -> Iterator[ClassAttribute]:
    """The attributes that the body of a class assigns or annotates."""
    for step in node.body:
        if isinstance(step, ast.AnnAssign) and isinstance(step.target, ast.Name):
            yield ClassAttribute(step.target.id, path, step.lineno, step.value, step.annotation)
        elif isinstance(step, ast.Assign):
            for target in step.targets:
                if isinstance(target, ast.Name):
                    yield ClassAttribute(target.id, path, step.lineno, step.value)


def calls_in(node: ast.AST, *names: str) -> Iterator[ast.Call]:
    """The calls of functions whose last names are given, in the order of the text."""
    found = [
        each for each in ast.walk(node) if isinstance(each, ast.Call) and dotted(each.func).rpartition(".")[2] in names
    ]
    yield from sorted(found, key=lambda call: (call.lineno, call.col_offset))


def assigned(context: Context, path: str, name: str) -> tuple[int, ast.expr] | None:
    """The assignment to a name in a file, of several the last and most deeply nested: its line and its value."""
    tree = tree_of(context, path)
    found: tuple[int, ast.expr] | None = None
    for step in ast.walk(tree) if tree is not None else ():
        if isinstance(step, ast.stmt) and (value := value_given(step, name)) is not None:
            found = step.lineno, value
    return found


def functions_around(context: Context, path: str, line: int) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]:
    """The functions around a line, the outermost first."""
    tree = tree_of(context, path)
    if tree is None:
        return ()
    return tuple(
        node
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.lineno <= line <= (node.end_lineno or node.lineno)
    )


def is_in_try(context: Context, path: str, line: int) -> bool:
    """Whether a line is in a ``try`` statement: what is raised there may be caught, or printed, in the same file."""
    tree = tree_of(context, path)
    return tree is not None and any(
        isinstance(node, _TRY) and node.lineno < line <= (node.end_lineno or line) for node in ast.walk(tree)
    )


def dotted(node: ast.expr | None) -> str:
    """``a.b.c`` of a name or an attribute; of anything else, what follows it."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""


def text_of(node: ast.AST | None) -> str:
    """The text of a string literal; empty for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
