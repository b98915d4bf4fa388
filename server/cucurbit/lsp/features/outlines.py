"""What is told of an open file before the first analysis: what it says by itself."""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.ide.outline import Declared, declared
from cucurbit.lsp.wire.documents import Document
from cucurbit.source import reader
from cucurbit.source.text import SourceText


@dataclass(frozen=True)
class Outline:
    """The tables that one text spells; ``path`` is that of the file in its session."""

    path: str
    source: SourceText
    tables: tuple[Declared, ...]


class Outlines:
    """The outlines of open documents, each worked out once. Of the thread that works them out."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Document, Outline]] = {}

    def of(self, document: Document, path: str) -> Outline:
        """The outline of a document, for which its text is parsed."""
        known = self._known.get(document.uri)
        if known is not None and known[0] is document and known[1].path == path:
            return known[1]
        source = document.source
        outline = Outline(path, source, declared(reader.read(source.text), source))
        self._known[document.uri] = document, outline
        return outline

    def forget(self, uri: str) -> None:
        """A document was closed."""
        self._known.pop(uri, None)
