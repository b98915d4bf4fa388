"""Syntax that a newer Python has: taken back to what the running one reads, every line and column kept.

What is found here is valid in some Python; only :mod:`cucurbit.source.repair` decides whether to look.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from tree_sitter import Node, Tree

from cucurbit.source.grammar import reads, syntax_tree, walk
from cucurbit.source.logical import logical_lines

_OLDER = frozenset({"print_statement", "exec_statement"})
_LAZY = re.compile(rb"[ \t\f]*(?P<word>lazy)[ \t]+(?:import|from)\b")
_IDENTIFIER = re.compile(r"\w+")
_UNKNOWN_VALUE = b"1j"
"""The shortest literal whose facts are opaque."""


def older_statements(tree: Tree) -> list[Node]:
    """The statements that only Python 2 reads; ``print >> file`` is legal in both."""
    return [node for node in walk(tree) if node.type in _OLDER and not reads(node.text or b"")]


def has_older_syntax(tree: Tree) -> bool:
    """Whether something stands there that only Python 2 reads, though the grammar is lenient about it."""
    return bool(older_statements(tree)) or any(
        node.type == "<>"
        or (node.type == "raise_statement" and any(child.type == "expression_list" for child in node.children))
        or (node.type == "string_start" and (node.text or b"").lower().startswith(b"ur"))
        for node in walk(tree)
    )


class Older(NamedTuple):
    """A text without newer syntax, the names that its type parameters bound, and the text's syntax tree."""

    data: bytes
    type_parameters: frozenset[str]
    tree: Tree


def take_back(data: bytes) -> Older:
    """The text with newer syntax replaced; equal to ``data`` where there is none.

    Replacements may lengthen a line at its end, nothing else moves.
    """
    buffer = bytearray(data)
    _take_back_lazy_imports(buffer, data.split(b"\n"))
    insertions: list[tuple[int, bytes]] = []
    names: set[str] = set()
    parts: set[int] = set()
    """Strings that are replaced with the one that they are a part of."""
    parsed = bytes(buffer)
    tree = syntax_tree(parsed)
    for node in walk(tree):
        names.update(_type_parameters(buffer, node, insertions))
        if node.type == "concatenated_string":
            parts.update(child.id for child in node.children)
        replace = _REPLACEMENTS.get(node.type) if node.id not in parts else None
        if replace is not None:
            insertions.extend(replace(buffer, node))
    for place, text in sorted(insertions, reverse=True):
        buffer[place:place] = text
    older = bytes(buffer)
    return Older(older, frozenset(names), tree if older == parsed else syntax_tree(older))


def _take_back_lazy_imports(buffer: bytearray, lines: list[bytes]) -> None:
    """``lazy import x`` (:pep:`810`) becomes ``0  ; import x``."""
    if b"lazy" not in buffer:
        return
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    for logical in logical_lines(lines):
        match = _LAZY.match(lines[logical.first])
        if match is not None:
            start = starts[logical.first] + match.start("word")
            buffer[start : start + len(b"lazy")] = b"0  ;"


def _type_parameters(buffer: bytearray, node: Node, insertions: _Insertions) -> Iterator[str]:
    """The names that the type parameters of a class, function or alias bind; in the first two, they are blanked."""
    # From above: to find the parent of a node, tree-sitter looks at all that stands before it.
    if node.type in {"class_definition", "function_definition"}:
        for each in node.children:
            if each.type == "type_parameter":
                blank(buffer, each.start_byte, each.end_byte)
                # Outside of the brackets, a line goes on in the next one only where it says so.
                ends = (place for place in range(each.start_byte, each.end_byte) if buffer[place] == 0x0A)
                insertions.extend((place, b"\\") for place in ends)
                yield from _bound_names(each)
    elif node.type == "type_alias_statement" and len(node.children) > 1:
        for name in node.children[1].children:
            for each in name.children if name.type == "generic_type" else ():
                if each.type == "type_parameter":
                    yield from _bound_names(each)


def _bound_names(parameters: Node) -> Iterator[str]:
    """The names that type parameters bind: the first of each, behind its stars."""
    for child in parameters.named_children:
        match = _IDENTIFIER.search((child.text or b"").decode("utf-8", "replace"))
        if match is not None:
            yield match.group()


def blank(buffer: bytearray, start: int, end: int) -> None:
    """Blanks in place of everything but the line ends."""
    for place in range(start, end):
        if buffer[place] != 0x0A:
            buffer[place] = 0x20


_Insertions: TypeAlias = list[tuple[int, bytes]]


def _type_alias(buffer: bytearray, node: Node) -> _Insertions:
    """``type X[T] = value`` becomes ``0   ;X    =1j``: the name is bound, to something unknown."""
    if len(node.children) < 4 or node.has_error:
        return []
    keyword, name, equals = node.children[:3]
    first = name.named_children[0] if name.named_children else name
    bare = first.named_children[0] if first.named_children else first
    if bare.type != "identifier" or b"\n" in buffer[node.start_byte : equals.end_byte]:
        return []
    value = _unknown_in(bytes(buffer[equals.end_byte : node.end_byte]))
    if value is None:
        return []
    blank(buffer, keyword.start_byte, bare.start_byte)
    buffer[keyword.start_byte] = ord("0")
    buffer[keyword.start_byte + 1] = ord(";")
    blank(buffer, bare.end_byte, equals.start_byte)
    buffer[equals.end_byte : node.end_byte] = value
    return []


def _unknown_in(text: bytes) -> bytes | None:
    """An unknown value in the lines of ``text``, which is of the same size; None if there is no room for it."""
    made = bytearray(text)
    blank(made, 0, len(made))
    size = len(_UNKNOWN_VALUE)
    if b"\n" not in text:
        made[:size] = _UNKNOWN_VALUE
        return bytes(made) if len(made) == len(text) else None
    first = text.index(b"\n")
    room = bytes(made).find(b" " * size, first, len(made) - 1)
    if not first or room < 0:
        return None
    made[0], made[-1] = ord("("), ord(")")
    made[room : room + size] = _UNKNOWN_VALUE
    return bytes(made)


def _except_clause(buffer: bytearray, node: Node) -> _Insertions:
    """``except A, B:`` becomes ``except(A, B):``; on Python 3.10, ``except*`` becomes ``except``."""
    kinds = [child.type for child in node.children]
    before = node.children[kinds.index("*") if "*" in kinds else 0]
    if before.type == "*" and sys.version_info < (3, 11):
        buffer[before.start_byte] = 0x20
    if "," not in kinds or ":" not in kinds or "as" in kinds:
        return []
    colon = node.children[kinds.index(":")].start_byte
    opening = before.end_byte
    if buffer[opening] != 0x20 or b"\n" in buffer[opening:colon]:
        return []
    buffer[opening] = ord("(")
    buffer[colon] = ord(")")
    behind = colon + 1
    if buffer[behind : behind + 1] == b" ":
        buffer[behind] = ord(":")
        return []
    return [(behind, b":")]


def _string(buffer: bytearray, node: Node) -> _Insertions:
    """A template string, or an f-string that the running Python cannot read, becomes an unknown value."""
    parts = node.children if node.type == "concatenated_string" else [node]
    if node.has_error or all(_is_readable(buffer, part) for part in parts if part.type == "string"):
        return []
    start, end = node.start_byte, node.end_byte
    bare = _UNKNOWN_VALUE if b"\n" not in buffer[start:end] else b"(" + _UNKNOWN_VALUE
    if b"\n" not in buffer[start : start + len(bare)]:
        blank(buffer, start, end)
        buffer[start : start + len(bare)] = bare
        if bare != _UNKNOWN_VALUE:
            buffer[end - 1] = ord(")")
    return []


def _is_readable(buffer: bytearray, node: Node) -> bool:
    opening = bytes(node.children[0].text or b"").lower().rstrip(b"\"'") if node.children else b""
    is_plain = b"t" not in opening and b"f" not in opening
    return is_plain or reads(b"(" + bytes(buffer[node.start_byte : node.end_byte]) + b")")


_REPLACEMENTS: dict[str, Callable[[bytearray, Node], _Insertions]] = {
    "type_alias_statement": _type_alias,
    "except_clause": _except_clause,
    "string": _string,
    "concatenated_string": _string,
}
