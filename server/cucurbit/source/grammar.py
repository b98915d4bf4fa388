"""The two grammars a text is read with: the running Python's, strict, and tree-sitter's, which survives errors."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

import tree_sitter_python
from tree_sitter import Language, Node, Parser, Tree

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What :func:`parse` raises."""
_LANGUAGE = Language(tree_sitter_python.language())


def parse(data: bytes) -> ast.Module:
    """:func:`ast.parse` of UTF-8 without regard to a declared encoding.

    :raises SyntaxError: and ValueError, RecursionError, MemoryError, as :func:`ast.parse` does.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(data.decode())


def reads(data: bytes) -> bool:
    """Whether the running Python reads a text, or a piece of one."""
    try:
        parse(data)
    except UNREADABLE:
        return False
    return True


def syntax_tree(data: bytes) -> Tree:
    return Parser(_LANGUAGE).parse(data)


def walk(tree: Tree) -> Iterator[Node]:
    """Every node, parents first."""
    cursor = tree.walk()
    while True:
        node = cursor.node
        if node is not None:
            yield node
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
