"""``textDocument/signatureHelp``: the attributes that the constructor of a mapped class takes."""

from __future__ import annotations

from lsprotocol import types

from cucurbit.ide.models.signature import Constructor, constructor_at
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile
from cucurbit.lsp.wire.positions import from_position
from cucurbit.session.analysis import Analysis
from cucurbit.source.text import SourceText

OPTIONS = types.SignatureHelpOptions(trigger_characters=["(", ","])


async def signature_help(editor: Editor, params: types.SignatureHelpParams) -> types.SignatureHelp | None:
    """The constructor called at a position, by the text as it is now and the newest finished analysis."""
    unit = editor.client.unit

    def find(analysis: Analysis, place: SessionFile, source: SourceText) -> types.SignatureHelp | None:
        line, column = from_position(source, params.position, unit)
        found = constructor_at(analysis.context, place.path, source, line, column)
        return None if found is None else _help(found)

    return await editor.answer_at_once(params.text_document.uri, find)


def _help(constructor: Constructor) -> types.SignatureHelp:
    text = f"{constructor.name}(*"
    parameters = []
    for each in constructor.parameters:
        text += ", "
        # By offsets, as ``id: Integer`` also stands in ``author_id: Integer``.
        start = _units(text)
        text += each.label
        parameters.append(types.ParameterInformation((start, _units(text)), each.documentation))
    signature = types.SignatureInformation(f"{text})", parameters=parameters)
    return types.SignatureHelp([signature], 0, constructor.active)


def _units(text: str) -> int:
    """The protocol counts the offsets in a label in UTF-16."""
    return len(text.encode("utf-16-le")) // 2
