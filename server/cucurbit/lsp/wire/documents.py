"""The documents that the editor has open: their texts, kept by this server alone.

pygls keeps documents too, but splits lines where Python's ``str.splitlines`` does (U+2028, form feed...), which an
editor does not: an edit behind such a character would land in the wrong place.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lsprotocol import types

from cucurbit.lsp.wire.positions import to_span
from cucurbit.lsp.wire.uris import to_path
from cucurbit.source.text import SourceText, Unit

_LOG = logging.getLogger(__name__)

Change = types.TextDocumentContentChangePartial | types.TextDocumentContentChangeWholeDocument


@dataclass(frozen=True)
class Document:
    """An open document. ``path`` is None for one that is no file; ``version`` is the editor's number."""

    uri: str
    path: str | None
    version: int
    source: SourceText


class Documents:
    """The open documents by their URIs. What makes no sense is logged and changes as little as possible."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}
        self._uris: dict[str, str] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(tuple(self._documents.values()))

    def get(self, uri: str) -> Document | None:
        return self._documents.get(uri)

    def at(self, path: str) -> Document | None:
        """The document of a file (absolute path), by whichever spelling of its URI."""
        uri = self._uris.get(path)
        return None if uri is None else self._documents.get(uri)

    def open(self, uri: str, version: int, text: str) -> Document:
        if uri in self._documents:
            _LOG.warning("opened twice: %s", uri)
        return self._put(Document(uri, to_path(uri), version, SourceText(text)))

    def change(self, uri: str, version: int, changes: Sequence[Change], unit: Unit) -> Document | None:
        """Apply changes in their order. A document never opened comes to be by a change of its whole text."""
        document = self._documents.get(uri)
        if document is None:
            whole = next(
                (each for each in changes if not isinstance(each, types.TextDocumentContentChangePartial)), None
            )
            _LOG.warning("changed but not open: %s", uri)
            if whole is None:
                return None
            document = Document(uri, to_path(uri), version, SourceText(""))
        elif version < document.version:
            _LOG.warning("version %d after %d: %s", version, document.version, uri)
        source = document.source
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                source = source.apply(to_span(source, change.range, unit), change.text)
            else:
                source = SourceText(change.text)
        return self._put(replace(document, version=version, source=source))

    def close(self, uri: str) -> Document | None:
        document = self._documents.pop(uri, None)
        if document is None:
            _LOG.warning("closed but not open: %s", uri)
        elif document.path is not None:
            self._uris.pop(document.path, None)
        return document

    def _put(self, document: Document) -> Document:
        self._documents[document.uri] = document
        if document.path is not None:
            self._uris[document.path] = document.uri
        return document
