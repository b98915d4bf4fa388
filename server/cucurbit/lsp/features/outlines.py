"""The tables that an open file declares, shown before the first analysis."""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.ide.file_outline import DeclaredTable, declared_tables
from cucurbit.lsp.wire.documents import Document
from cucurbit.source import reader
from cucurbit.source.text import SourceText


@dataclass(frozen=True)
class Outline:
    """The tables that one text declares; ``path`` is the path of the file in its session."""

    path: str
    source: SourceText
    tables: tuple[DeclaredTable, ...]


class Outlines:
    """The outlines of open documents, each computed once. For one thread."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Document, Outline]] = {}

    def of(self, document: Document, path: str) -> Outline:
        """The outline of a document; its text is parsed if it changed."""
        known = self._known.get(document.uri)
        if known is not None and known[0] is document and known[1].path == path:
            return known[1]
        source = document.source
        outline = Outline(path, source, declared_tables(reader.read(source.text), source))
        self._known[document.uri] = document, outline
        return outline

    def forget(self, uri: str) -> None:
        """A document was closed."""
        self._known.pop(uri, None)
