"""``textDocument/documentLink``: from identifiers of revisions to their files."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from cucurbit.ide import revisions as ide
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile
from cucurbit.lsp.wire.positions import to_range
from cucurbit.session.analysis import Analysis


async def document_link(editor: Editor, params: types.DocumentLinkParams) -> Sequence[types.DocumentLink] | None:
    """``textDocument/documentLink``: from ``down_revision`` and ``depends_on`` to the files of these revisions."""
    unit = editor.client.unit

    def show(analysis: Analysis, place: SessionFile) -> list[types.DocumentLink]:
        source = analysis.source(place.path)
        return [
            types.DocumentLink(
                to_range(source, analysis.span(place.path, each.span), unit),
                editor.uri(place.session.root, each.target),
                each.tooltip,
            )
            for each in ide.revision_links(analysis.context, place.path)
        ]

    return await editor.answer(params.text_document.uri, show)
