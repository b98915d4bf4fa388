"""One file's text to its facts. Nothing a text may hold makes it raise."""

from __future__ import annotations

import ast
import warnings

from cucurbit.source.facts import ModuleFacts
from cucurbit.source.lower_stmt import steps
from cucurbit.source.lowering import Lowering
from cucurbit.source.span import Span


def read(text: str) -> ModuleFacts:
    """The facts of one file."""
    normal = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(normal)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ModuleFacts((), ())
    return _lower(tree, normal)


def _lower(tree: ast.Module, normal: str) -> ModuleFacts:
    lines = normal.encode().split(b"\n")
    to = Lowering(lines)
    body = steps(to, tree.body)
    spans = to.spans if normal.isascii() else [_in_code_points(span, lines) for span in to.spans]
    return ModuleFacts(body, tuple(spans))


def _in_code_points(span: Span, lines: list[bytes]) -> Span:
    def column(line: int, offset: int) -> int:
        data = lines[line - 1]
        return offset if data.isascii() else len(data[:offset].decode("utf-8", "replace"))

    return Span(span.line, column(span.line, span.column), span.end_line, column(span.end_line, span.end_column))
