"""Enough of YAML to read compose and deployment files: block mappings and lists, scalars, flow lists, anchors.

A full YAML parser would be one more dependency for a few keys of a few files. What is not understood is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Scalar:
    """A plain, quoted or block scalar, and the lines on which it stands (1-based)."""

    text: str
    line: int
    last_line: int


Node: TypeAlias = "Scalar | Mapping[str, Node] | Sequence[Node]"

_KEY = re.compile(r"""("[^"]*"|'[^']*'|[^\s#:\[\]{},"'][^#:]*?)\s*:(?:\s+|$)""")
_DEPTH_LIMIT = 40


def parse_yaml(text: str) -> Node | None:
    """The first document of ``text``; None where nothing can be made of it."""
    reader = _Reader(text)
    return reader.block(0, 0)


def child(node: Node | None, *path: str) -> Node | None:
    """What stands at ``path`` below ``node``."""
    for key in path:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


def scalar(node: Node | None, *path: str) -> str | None:
    """The text of the scalar at ``path``."""
    found = child(node, *path)
    return found.text if isinstance(found, Scalar) else None


@dataclass
class _Reader:
    text: str
    lines: list[str] = field(init=False)
    index: int = 0
    anchors: dict[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lines = self.text.splitlines()

    def _peek(self) -> tuple[int, str] | None:
        """The indentation and text of the next line that says something."""
        while self.index < len(self.lines):
            line = self.lines[self.index]
            stripped = line.strip()
            if stripped and not stripped.startswith("#") and not stripped.startswith(("---", "%")):
                return len(line) - len(line.lstrip(" ")), stripped
            self.index += 1
        return None

    def block(self, indent: int, depth: int) -> Node | None:
        """The node that begins at the next line, if that is indented by at least ``indent``."""
        following = self._peek()
        if following is None or following[0] < indent or depth > _DEPTH_LIMIT:
            return None
        if following[1] == "-" or following[1].startswith("- "):
            return self._list(following[0], depth)
        if _KEY.match(following[1]):
            return self._mapping(following[0], depth)
        self.index += 1
        return self._inline(following[1], self.index, following[0], depth)

    def _list(self, indent: int, depth: int) -> Node:
        items: list[Node] = []
        while (following := self._peek()) is not None:
            if following[0] != indent or not (following[1] == "-" or following[1].startswith("- ")):
                break
            rest = following[1][1:].strip()
            if not rest or rest.startswith("#"):
                self.index += 1
                item = self.block(indent + 1, depth + 1)
            elif _KEY.match(rest):
                # The mapping starts on the dash's own line: let it begin where its first key stands.
                line = self.lines[self.index]
                self.lines[self.index] = line[:indent] + " " + line[indent + 1 :]
                item = self.block(indent + 1, depth + 1)
            else:
                self.index += 1
                item = self._inline(rest, self.index, indent, depth)
            if item is not None:
                items.append(item)
        return items

    def _mapping(self, indent: int, depth: int) -> Node:
        found: dict[str, Node] = {}
        while (following := self._peek()) is not None:
            match = _KEY.match(following[1])
            if following[0] != indent or match is None:
                if following[0] > indent:
                    self.index += 1
                    continue
                break
            self.index += 1
            value = self._inline(following[1][match.end() :], self.index, indent, depth)
            key = match[1].strip("\"'")
            if key == "<<":
                for merged in value if isinstance(value, list) else [value]:
                    found = {**merged, **found} if isinstance(merged, Mapping) else found
            elif value is not None:
                found[key] = value
        return found

    def _inline(self, text: str, line: int, indent: int, depth: int) -> Node | None:
        text = text.strip()
        anchor = re.match(r"&(\S+)\s*", text)
        if anchor is not None:
            node = self._inline(text[anchor.end() :], line, indent, depth)
            if node is not None:
                self.anchors[anchor[1]] = node
            return node
        if not text or text.startswith("#"):
            following = self._peek()
            # A list may stand at the indentation of the key that holds it.
            same = following is not None and following[0] == indent and following[1].startswith("-")
            return self.block(indent if same else indent + 1, depth + 1)
        if text.startswith("*"):
            return self.anchors.get(text[1:].split()[0] if len(text) > 1 else "")
        if re.match(r"[|>][+-]?\d?\s*(#.*)?$", text):
            return self._block_scalar(indent, line, folded=text[0] == ">")
        if text.startswith("["):
            return self._flow_list(text, line)
        if text.startswith("{"):
            return _flow_mapping(text, line)
        return self._plain(text, line, indent)

    def _plain(self, text: str, line: int, indent: int) -> Scalar:
        parts = [_unquote(text)]
        quote = text[0] if text[0] in "\"'" and text.count(text[0]) == 1 else ""
        if text[0] in "\"'" and not quote:
            return Scalar(parts[0], line, line)
        while self.index < len(self.lines):
            following = self.lines[self.index]
            if not following.strip() or len(following) - len(following.lstrip(" ")) <= indent:
                break
            if not quote and (_KEY.match(following.strip()) or following.strip().startswith("#")):
                break
            parts.append(following.strip())
            self.index += 1
        return Scalar(" ".join(parts).strip(quote or None), line, line + len(parts) - 1)

    def _block_scalar(self, indent: int, line: int, *, folded: bool) -> Scalar:
        parts = []
        while self.index < len(self.lines):
            following = self.lines[self.index]
            if following.strip() and len(following) - len(following.lstrip(" ")) <= indent:
                break
            parts.append(following.strip())
            self.index += 1
        return Scalar((" " if folded else "\n").join(parts).strip(), line, max(line, self.index))

    def _flow_list(self, text: str, line: int) -> Node:
        first = line
        while text.count("[") > text.count("]") and self.index < len(self.lines):
            text += " " + self.lines[self.index].strip()
            self.index += 1
        last = max(first, self.index)
        inner = text[1:].rpartition("]")[0]
        return [Scalar(_unquote(part), first, last) for part in _split(inner) if part]


def _flow_mapping(text: str, line: int) -> Node:
    found: dict[str, Node] = {}
    for part in _split(text[1:].rpartition("}")[0]):
        key, colon, value = part.partition(":")
        if colon:
            found[_unquote(key.strip())] = Scalar(_unquote(value.strip()), line, line)
    return found


def _split(text: str) -> list[str]:
    return [match.group().strip() for match in re.finditer(r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|[^,"'])+""", text)]


def _unquote(text: str) -> str:
    text = text.strip()
    if text[:1] == '"':
        match = re.match(r'"((?:\\.|[^"\\])*)"', text)
        return re.sub(r"\\(.)", r"\1", match[1]) if match is not None else text[1:]
    if text[:1] == "'":
        match = re.match(r"'((?:''|[^'])*)'", text)
        return match[1].replace("''", "'") if match is not None else text[1:]
    return re.sub(r"\s#.*", "", text)
