"""``textDocument/completion``: identifiers of revisions, and names of models in strings and as keywords."""

from __future__ import annotations

from lsprotocol import types

from cucurbit.ide import revisions
from cucurbit.ide.models.completion import model_completion
from cucurbit.ide.models.names import NameKind
from cucurbit.ide.models.offered import OfferedName
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile
from cucurbit.lsp.wire.positions import from_position, to_range
from cucurbit.session.analysis import Analysis
from cucurbit.source.text import SourceText

OPTIONS = types.CompletionOptions(trigger_characters=['"', "'", ".", "("])

_KINDS = {
    NameKind.CLASS: types.CompletionItemKind.Class,
    NameKind.TABLE: types.CompletionItemKind.Struct,
    NameKind.COLUMN: types.CompletionItemKind.Field,
    NameKind.ATTRIBUTE: types.CompletionItemKind.Property,
    NameKind.CONSTRAINT: types.CompletionItemKind.Constant,
}


async def completion(editor: Editor, params: types.CompletionParams) -> types.CompletionList | None:
    """What may be written at a position, by the text as it is now and the newest finished analysis."""
    unit = editor.client.unit

    def offer(analysis: Analysis, place: SessionFile, source: SourceText) -> types.CompletionList | None:
        line, column = from_position(source, params.position, unit)
        found = revisions.revision_completion(analysis.context, place.path, source, line, column)
        if found is not None:
            area = to_range(source, found.span, unit)
            return types.CompletionList(False, [_revision(each, area, quoted=found.quoted) for each in found.offered])
        names = model_completion(analysis.context, place.path, source, line, column)
        if names is None:
            return None
        markdown = editor.client.markdown
        items = [
            _name(rank, each, to_range(source, each.span, unit), markdown=markdown) for rank, each in enumerate(names)
        ]
        return types.CompletionList(False, items)

    return await editor.answer_at_once(params.text_document.uri, offer)


def _revision(offered: revisions.OfferedRevision, area: types.Range, *, quoted: bool) -> types.CompletionItem:
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


def _name(rank: int, offered: OfferedName, area: types.Range, *, markdown: bool) -> types.CompletionItem:
    documentation = (
        types.MarkupContent(types.MarkupKind.Markdown, offered.documentation)
        if markdown and offered.documentation
        else None
    )
    return types.CompletionItem(
        label=offered.text,
        kind=types.CompletionItemKind.Variable if offered.is_keyword else _KINDS[offered.kind],
        detail=offered.detail,
        documentation=documentation,
        sort_text=f"{rank:06}",
        filter_text=offered.text,
        text_edit=types.TextEdit(area, offered.text),
    )
