"""YAML files as texts, lists and mappings, with the place of every scalar.

The parser is PyYAML's, of which only the events are used: no tag is resolved and no object is created. The part before
an error, or before one of the limits below, counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from cucurbit.source.span import START, Span
from cucurbit.source.text import split_lines

if TYPE_CHECKING:
    import yaml

_LONGEST = 1_000_000
"""Characters; a longer text is not read."""
_DEEPEST = 100
"""The maximum depth of nested collections. PyYAML's time grows with the square of the depth of flow collections."""
_MOST_NODES = 50_000
"""The maximum number of nodes of a text; the nodes of an alias count each time."""
_NULL_TAG = "tag:yaml.org,2002:null"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_PLACEHOLDERS = {0x85: 0xFDD0, 0x2028: 0xFDD1, 0x2029: 0xFDD2}
"""Characters that end a line in YAML 1.1, as PyYAML reads it, but not in YAML 1.2: replaced by noncharacters."""
_ORIGINALS = {placeholder: original for original, placeholder in _PLACEHOLDERS.items()}


@dataclass(frozen=True)
class Scalar:
    """The text of a scalar without its quotes and escapes, and its place, which begins at its anchor or tag if any.

    The type of a plain scalar (``1``, ``true``) is not determined.
    """

    text: str
    span: Span


Node: TypeAlias = "Scalar | Mapping[str, Node] | Sequence[Node] | None"
"""None is null. The merge keys (``<<``) of a mapping are applied; of a key given twice, the last value counts."""


def documents(text: str) -> list[Node]:
    """The content of each document of ``text``. Never raises, in bounded time."""
    import yaml

    if len(text) > _LONGEST:
        return []
    text = text.encode("utf-8", "replace").decode()
    builder = _DocumentBuilder(split_lines(text))
    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    try:
        for event in yaml.parse(text.translate(_PLACEHOLDERS), Loader=loader):
            if not builder.take(event):
                break
    # The other two exceptions come from escapes and versions with huge numbers.
    except (yaml.YAMLError, ValueError, OverflowError):
        pass
    return builder.finish()


def child(node: Node, *path: str) -> Node:
    """The node at ``path`` below ``node``; None if there is none."""
    for key in path:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


def scalar(node: Node, *path: str) -> str | None:
    """The text of the scalar at ``path``."""
    found = child(node, *path)
    return found.text if isinstance(found, Scalar) else None


@dataclass
class _Open:
    """A collection that has not ended; the values of a mapping follow their keys in ``items``."""

    is_mapping: bool
    anchor: str | None
    items: list[Node | _Merge] = field(default_factory=list)
    size: int = 1


@dataclass(frozen=True)
class _Merge:
    """The key ``<<``."""


@dataclass
class _DocumentBuilder:
    lines: list[str]
    documents: list[Node] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Node, int]] = field(default_factory=dict)
    """Each anchor's node, and its number of nodes."""
    nodes: int = 0

    def take(self, event: yaml.Event) -> bool:
        """Use the next event; False where a limit is reached."""
        import yaml

        if isinstance(event, yaml.ScalarEvent):
            self._add(self._scalar(event), 1, event.anchor)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.anchors.pop(event.anchor or "", None)
            self.stack.append(_Open(isinstance(event, yaml.MappingStartEvent), event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            # An alias inside its own anchor has no finite value.
            node, size = self.anchors.get(event.anchor or "", (None, 1))
            if self.nodes + size > _MOST_NODES:
                return False
            self._add(node, size, None)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.anchors.clear()
        return self.nodes < _MOST_NODES and len(self.stack) <= _DEEPEST

    def finish(self) -> list[Node]:
        while self.stack:
            self._close()
        return self.documents

    def _add(self, node: Node | _Merge, size: int, anchor: str | None) -> None:
        self.nodes += size
        if anchor is not None and not isinstance(node, _Merge):
            self.anchors[anchor] = node, size
        if self.stack:
            self.stack[-1].items.append(node)
            self.stack[-1].size += size
        elif not isinstance(node, _Merge):
            self.documents.append(node)

    def _close(self) -> None:
        top = self.stack.pop()
        node: Node = _mapping(top.items) if top.is_mapping else _sequence(top.items)
        # Its contents were already counted.
        self.nodes -= top.size - 1
        self._add(node, top.size, top.anchor)

    def _scalar(self, event: yaml.ScalarEvent) -> Node | _Merge:
        is_key = bool(self.stack) and self.stack[-1].is_mapping and len(self.stack[-1].items) % 2 == 0
        if event.tag == _NULL_TAG:
            return None
        # It is plain and has no tag, so its type depends on its text.
        if event.implicit[0]:
            if is_key and event.value == "<<":
                return _Merge()
            if not is_key and event.value in _NULLS:
                return None
        return Scalar(event.value.translate(_ORIGINALS), self._span(event))

    def _span(self, event: yaml.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        if start is None or end is None:
            return START
        line, column = end.line, end.column
        # A block scalar ends where the next token begins.
        while line > start.line and (column == 0 or line >= len(self.lines) or not self.lines[line][:column].strip()):
            line -= 1
            column = len(self.lines[line]) if line < len(self.lines) else 0
        return Span(start.line + 1, start.column, line + 1, column)


def _sequence(items: Sequence[Node | _Merge]) -> list[Node]:
    return [item for item in items if not isinstance(item, _Merge)]


def _mapping(items: Sequence[Node | _Merge]) -> dict[str, Node]:
    """The mapping of keys and values in turn; keys that are collections are left out."""
    merged: dict[str, Node] = {}
    own: dict[str, Node] = {}
    for key, value in zip(items[::2], _sequence(items[1::2]), strict=False):
        if isinstance(key, _Merge):
            for each in _merged(value):
                merged.update(each)
        elif isinstance(key, Scalar):
            own[key.text] = value
    return {**merged, **own}


def _merged(value: Node) -> Iterator[Mapping[str, Node]]:
    """The mappings of a merge key from last to first; the first one has priority."""
    for each in reversed(value) if isinstance(value, list) else [value]:
        if isinstance(each, Mapping):
            yield each
