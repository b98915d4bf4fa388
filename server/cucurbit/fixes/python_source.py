"""A Python file as fixes read and edit it: its text, its syntax tree and the place of each statement."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import TextEdit
from cucurbit.source.grammar import UNREADABLE, parse
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True)
class PlacedStatement:
    """A statement with its block. ``owner`` is the node that the block belongs to; ``block`` includes the statement.

    ``in_module``: it is in no function or class, so it runs when the module does.
    """

    node: ast.stmt
    owner: ast.AST
    block: tuple[ast.stmt, ...]
    in_module: bool

    @property
    def at_top(self) -> bool:
        return isinstance(self.owner, ast.Module)


@dataclass(frozen=True)
class PythonSource:
    """A Python file without syntax errors, whose tree therefore has the same places as its facts.

    Lines are 1-based and columns 0-based code points. The tree has byte columns; they do not leave this class.
    Nobody changes the tree.
    """

    path: str
    source: SourceText
    tree: ast.Module

    @property
    def newline(self) -> str:
        return self.source.newline

    def span(self, node: ast.AST) -> Span:
        """The span of ``node`` without its decorators; the start of the file for a node without a place."""
        line = getattr(node, "lineno", 1)
        end_line = getattr(node, "end_lineno", line)
        return Span(
            line,
            self._column(line, getattr(node, "col_offset", 0)),
            end_line,
            self._column(end_line, getattr(node, "end_col_offset", 0)),
        )

    def _column(self, line: int, offset: int) -> int:
        text = self.source.line_text(line)
        return offset if text.isascii() else len(text.encode("utf-8", "replace")[:offset].decode("utf-8", "ignore"))

    def slice(self, node: ast.AST) -> str:
        """The source of ``node``."""
        return self.source.slice(self.span(node))

    def whole(self, node: ast.stmt) -> Span:
        """The span of a statement, decorators included."""
        span = self.span(node)
        decorators = getattr(node, "decorator_list", [])
        if not decorators:
            return span
        first = self.span(decorators[0])
        before = self.source.line_text(first.line)[: first.column]
        return Span(first.line, before.rfind("@"), span.end_line, span.end_column)

    # --------------------------------------------------------------- statements

    @cached_property
    def statements(self) -> tuple[PlacedStatement, ...]:
        """Every statement, outer ones first, in the order of the text."""
        return tuple(_placed(self.tree))

    @cached_property
    def imports(self) -> tuple[PlacedStatement, ...]:
        """The import statements, in functions and classes too."""
        return tuple(each for each in self.statements if isinstance(each.node, (ast.Import, ast.ImportFrom)))

    def statement_at(self, line: int, column: int) -> PlacedStatement | None:
        """The innermost statement around a position."""
        found = None
        for each in self.statements:
            span = self.whole(each.node)
            if (span.line, span.column) <= (line, column) < (span.end_line, span.end_column):
                found = each
        return found

    def owns_its_lines(self, node: ast.stmt) -> bool:
        """Whether a statement shares its lines with no other: blanks before it, at most a comment after it."""
        span = self.whole(node)
        before = self.source.line_text(span.line)[: span.column]
        behind = self.source.line_text(span.end_line)[span.end_column :].strip()
        continued = self.source.line_text(span.line - 1).endswith("\\") if span.line > 1 else False
        return not before.strip() and (not behind or behind.startswith("#")) and not continued

    def indentation(self, node: ast.stmt) -> str:
        """The blanks before a statement that owns its lines."""
        span = self.whole(node)
        return self.source.line_text(span.line)[: span.column]

    # -------------------------------------------------------------------- names

    def uses(self, name: str, besides: Collection[ast.AST] = ()) -> tuple[ast.expr, ...]:
        """The uses of ``name`` outside ``besides``: as a name, in ``__all__``, or in a quoted annotation."""
        apart = {id(inner) for node in besides for inner in ast.walk(node)}
        word = re.compile(rf"\b{re.escape(name)}\b")
        return tuple(
            node
            for node in self._names
            if id(node) not in apart
            and (node.id == name if isinstance(node, ast.Name) else bool(word.search(str(node.value))))
        )

    @cached_property
    def _names(self) -> tuple[ast.Name | ast.Constant, ...]:
        texts = [text for node in ast.walk(self.tree) for text in _telling_strings(node)]
        return (*(node for node in ast.walk(self.tree) if isinstance(node, ast.Name)), *texts)

    # -------------------------------------------------------------------- edits

    def replace(self, span: Span, text: str) -> TextEdit:
        return TextEdit(self.path, span, text)

    def insert(self, line: int, column: int, text: str) -> TextEdit:
        return TextEdit(self.path, Span(line, column, line, column), text)

    def insert_lines(self, before: int, *lines: str) -> TextEdit:
        """Insert whole lines before line ``before``, which may be one after the last."""
        text = "".join(line + self.newline for line in lines)
        count = self.source.line_count
        if before <= count:
            return self.insert(before, 0, text)
        last = self.source.line_text(count)
        return self.insert(count, len(last), (self.newline if last else "") + text.removesuffix(self.newline))

    def delete_lines(self, first: int, last: int) -> TextEdit:
        """Delete whole lines with their line ends; for the last line of a file, the line end before it."""
        count = self.source.line_count
        if last < count:
            return TextEdit(self.path, Span(first, 0, last + 1, 0), "")
        if first > 1:
            start = Span(first - 1, len(self.source.line_text(first - 1)), last, len(self.source.line_text(last)))
            return TextEdit(self.path, start, "")
        return TextEdit(self.path, Span(1, 0, last, len(self.source.line_text(last))), "")

    def delete_statement(self, placed: PlacedStatement, going: frozenset[int] = frozenset()) -> TextEdit | None:
        """Delete a statement with its lines, or replace it by ``pass`` where its block would be empty.

        ``going`` are the ids of the nodes that other edits delete. None where it shares a line with another statement.
        """
        node = placed.node
        if not self.owns_its_lines(node):
            return None
        span = self.whole(node)
        others = [each for each in placed.block if each is not node and id(each) not in going]
        if not others and not placed.at_top and placed.block[0] is node:
            return TextEdit(self.path, span, "pass")
        return self.delete_lines(span.line, span.end_line)


def _telling_strings(node: ast.AST) -> Iterator[ast.Constant]:
    """The strings that contain names: in annotations, and in assignments to ``__all__``."""
    holders: list[ast.expr | None] = []
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        holders = [node.returns]
    elif isinstance(node, (ast.arg, ast.AnnAssign)):
        holders = [node.annotation]
    elif isinstance(node, (ast.Assign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            holders = [node.value]
    for holder in holders:
        for inner in ast.walk(holder) if holder is not None else ():
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield inner


def python_source(context: Context, path: str) -> PythonSource | None:
    """The file at ``path``; None where it is not Python, cannot be read, or has a syntax error."""
    return context.memo_for(_python_source, path)


def _python_source(context: Context, path: str) -> PythonSource | None:
    text = context.workspace.text(path) if path.endswith(".py") else None
    if text is None or context.workspace.unreadable(path) is not None or text.startswith("\ufeff"):
        return None
    return parsed_source(path, text)


def parsed_source(path: str, text: str) -> PythonSource | None:
    """A file with this text; None where the running Python cannot parse it."""
    try:
        tree = parse(text.replace("\r\n", "\n").replace("\r", "\n").encode())
    except UNREADABLE:
        return None
    return PythonSource(path, SourceText(text), tree)


def value_given(step: ast.stmt, name: str) -> ast.expr | None:
    """The value that a statement assigns to a name; None if it assigns none."""
    if not isinstance(step, ast.Assign | ast.AnnAssign):
        return None
    targets = step.targets if isinstance(step, ast.Assign) else [step.target]
    return step.value if any(isinstance(target, ast.Name) and target.id == name for target in targets) else None


def _placed(owner: ast.AST, in_module: bool = True) -> Iterator[PlacedStatement]:
    for name in _BLOCKS:
        block: object = getattr(owner, name, None)
        if isinstance(block, list):
            kin = tuple(each for each in block if isinstance(each, ast.stmt))
            for each in block:
                if isinstance(each, ast.stmt):
                    yield PlacedStatement(each, owner, kin, in_module)
                yield from _placed(each, in_module and not isinstance(each, _SCOPES))
