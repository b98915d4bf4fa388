"""``textDocument/completion``, ``documentLink`` and ``references``: the identifiers of Alembic's revisions."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from cucurbit.ide import revisions as ide
from cucurbit.lsp.features.definition import location
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile, facts_position
from cucurbit.lsp.wire.positions import from_position, to_range
from cucurbit.session.analysis import Analysis

TRIGGERS = types.CompletionOptions(trigger_characters=['"', "'"])


async def completion(editor: Editor, params: types.CompletionParams) -> types.CompletionList | None:
    """``textDocument/completion``: in ``down_revision`` and ``depends_on`` of a revision."""
    unit = editor.client.unit

    def offer(analysis: Analysis, place: SessionFile) -> types.CompletionList | None:
        source = analysis.source(place.path)
        if source is None:
            return None
        line, column = from_position(source, params.position, unit)
        found = ide.revision_completion(analysis.context, place.path, source, line, column)
        if found is None:
            return None
        area = to_range(source, found.span, unit)
        return types.CompletionList(False, [_item(each, area, quoted=found.quoted) for each in found.offered])

    return await editor.answer(params.text_document.uri, offer)


def _item(offered: ide.OfferedRevision, area: types.Range, *, quoted: bool) -> types.CompletionItem:
    text = f'"{offered.text}"' if quoted else offered.text
    return types.CompletionItem(
        label=offered.text,
        kind=types.CompletionItemKind.Reference if offered.is_label else types.CompletionItemKind.Value,
        detail=offered.detail,
        documentation=offered.documentation or None,
        sort_text=f"{offered.rank:06}",
        filter_text=text,
        text_edit=types.TextEdit(area, text),
    )


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


async def references(editor: Editor, params: types.ReferenceParams) -> Sequence[types.Location] | None:
    """``textDocument/references``: the revisions that follow one, or depend on it."""

    def find(analysis: Analysis, place: SessionFile) -> list[types.Location]:
        at = facts_position(analysis, place.path, params.position, editor.client.unit)
        if at is None:
            return []
        declaration = params.context.include_declaration
        found = ide.revision_references(analysis.context, place.path, at[1], at[2], declaration=declaration)
        return [location(editor, analysis, place, each.path, each.span) for each in found]

    return await editor.answer(params.text_document.uri, find) or None
