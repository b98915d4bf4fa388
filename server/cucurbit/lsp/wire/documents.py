"""The documents that are open in the editor, and their texts.

The documents of pygls are not used: pygls splits lines as ``str.splitlines`` does (at U+2028, form feed...), but
editors do not, so an edit after such a character would be applied in the wrong place.

Helix and VS Code sometimes send the first changes of a document before they open it, with the text from before these
changes (microsoft/vscode-languageserver-node#1105). Such changes are kept until then.
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

_MOST_EARLY = 50
"""The number of documents whose early changes are kept, and of such changes of each: a client may never open them."""

Change = types.TextDocumentContentChangePartial | types.TextDocumentContentChangeWholeDocument


@dataclass(frozen=True)
class Document:
    """An open document. ``path`` is None if it is not a file; ``version`` is the editor's number."""

    uri: str
    path: str | None
    version: int
    source: SourceText


@dataclass(frozen=True)
class _EarlyChange:
    """A notification of changes in a document that is not open yet. ``version`` is that of the text after them."""

    version: int
    changes: Sequence[Change]


class Documents:
    """The open documents by URI. Invalid notifications are logged and change as little as possible."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}
        self._uris: dict[str, str] = {}
        self._early: dict[str, list[_EarlyChange]] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(tuple(self._documents.values()))

    def get(self, uri: str) -> Document | None:
        return self._documents.get(uri)

    def at(self, path: str) -> Document | None:
        """The document of a file (absolute path), however its URI is spelled."""
        uri = self._uris.get(path)
        return None if uri is None else self._documents.get(uri)

    def open(self, uri: str, version: int, text: str, unit: Unit) -> Document:
        """Open a document. Changes that came before, and that continue from ``version``, are applied to ``text``."""
        early = self._early.pop(uri, [])
        if uri in self._documents and not early:
            _LOG.warning("opened twice: %s", uri)
        source = SourceText(text)
        for each in early:
            if each.version == version + 1:
                version, source = each.version, _changed(source, each.changes, unit)
        return self._put(Document(uri, to_path(uri), version, source))

    def change(self, uri: str, version: int, changes: Sequence[Change], unit: Unit) -> Document | None:
        """Apply changes in order. A change of the whole text of a document that is not open opens it."""
        document = self._documents.get(uri)
        if document is None or uri in self._early:
            self._keep_early(uri, _EarlyChange(version, changes))
        if document is None:
            _LOG.warning("changed but not open: %s", uri)
            if all(isinstance(each, types.TextDocumentContentChangePartial) for each in changes):
                return None
            document = Document(uri, to_path(uri), version, SourceText(""))
        elif version < document.version:
            _LOG.warning("version %d after %d: %s", version, document.version, uri)
        return self._put(replace(document, version=version, source=_changed(document.source, changes, unit)))

    def _keep_early(self, uri: str, change: _EarlyChange) -> None:
        if uri not in self._early and len(self._early) >= _MOST_EARLY:
            del self._early[next(iter(self._early))]
        kept = self._early.setdefault(uri, [])
        if len(kept) < _MOST_EARLY:
            kept.append(change)

    def close(self, uri: str) -> Document | None:
        self._early.pop(uri, None)
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


def _changed(source: SourceText, changes: Sequence[Change], unit: Unit) -> SourceText:
    for change in changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            source = source.apply(to_span(source, change.range, unit), change.text)
        else:
            source = SourceText(change.text)
    return source
