"""``textDocument/completion``: identifiers of revisions, and names of models in strings and as keywords."""

from __future__ import annotations

from lsprotocol import types

from cucurbit.ide import revisions
from cucurbit.ide.markdown import plain
from cucurbit.ide.models.completion import model_completion
from cucurbit.ide.models.documentation import documentation
from cucurbit.ide.models.names import ModelName, NameKind
from cucurbit.ide.models.offered import OfferedName
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile
from cucurbit.lsp.wire.positions import from_position, to_range
from cucurbit.session.analysis import Analysis
from cucurbit.simulate.core.timeline import Place
from cucurbit.source.text import SourceText

OPTIONS = types.CompletionOptions(trigger_characters=['"', "'", ".", "("], resolve_provider=True)

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
        uri = params.text_document.uri
        items = [_name(rank, each, to_range(source, each.span, unit), uri) for rank, each in enumerate(names)]
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


def _name(rank: int, offered: OfferedName, area: types.Range, uri: str) -> types.CompletionItem:
    return types.CompletionItem(
        label=offered.text,
        kind=types.CompletionItemKind.Variable if offered.is_keyword else _KINDS[offered.kind],
        detail=offered.detail,
        sort_text=f"{rank:06}",
        filter_text=offered.text,
        text_edit=types.TextEdit(area, offered.text),
        data=None if offered.about is None else _data(uri, offered.about),
    )


def _data(uri: str, about: ModelName) -> dict[str, object]:
    place = about.place
    return {"uri": uri, "kind": about.kind.value, "name": about.name, "path": place.path, "at": place.at}


def _about(data: object) -> tuple[str, ModelName] | None:
    """The file and the name that :func:`_data` stands for; None for anything else that a client sends."""
    match data:
        case {"uri": str(uri), "kind": str(kind), "name": str(name), "path": str(path), "at": int(at)}:
            kinds = {each.value: each for each in NameKind}
            return (uri, ModelName(kinds[kind], name, Place(path, at))) if kind in kinds else None
    return None


async def resolve(editor: Editor, item: types.CompletionItem) -> types.CompletionItem:
    """``completionItem/resolve``: the documentation, for the item that is looked at only."""
    about = _about(item.data)
    if about is None:
        return item
    uri, name = about
    text = await editor.answer_at_once(uri, lambda analysis, _place, _source: documentation(analysis.context, name))
    if text and editor.client.markdown:
        item.documentation = types.MarkupContent(types.MarkupKind.Markdown, text)
    elif text:
        item.documentation = types.MarkupContent(types.MarkupKind.PlainText, plain(text))
    return item
