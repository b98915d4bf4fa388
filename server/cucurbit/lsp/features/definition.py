"""``textDocument/definition``: from the names of models in strings and of parents of revisions to what they name."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from cucurbit.ide import symbols as ide
from cucurbit.ide.models.names import name_definition
from cucurbit.ide.revisions import revision_definition
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile, facts_position
from cucurbit.lsp.wire.positions import from_position, to_range
from cucurbit.session.analysis import Analysis
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText


async def definition(editor: Editor, params: types.DefinitionParams) -> Sequence[types.Location] | None:
    """``textDocument/definition``: from a string that names a class, table, column or attribute to its definition.

    Before the first analysis, definitions in the same file are returned at once; others need the analysis.
    """
    unit, uri = editor.client.unit, params.text_document.uri
    outline = await editor.outline(uri)
    if outline is not None:
        line, column = from_position(outline.source, params.position, unit)
        spans = ide.definitions_before_analysis(outline.tables, outline.source.line_text(line), line, column)
        if spans:
            return [types.Location(uri, to_range(outline.source, span, unit)) for span in spans]

    def find(analysis: Analysis, place: SessionFile) -> list[types.Location]:
        at = facts_position(analysis, place.path, params.position, unit)
        if at is None:
            return []
        source = analysis.source(place.path) or SourceText("")
        line, _ = from_position(source, params.position, unit)
        found = name_definition(analysis.context, place.path, at[1], at[2])
        if not found:
            found = ide.definition(analysis.statuses, place.path, at[1], at[2], source.line_text(line))
        revisions = revision_definition(analysis.context, place.path, at[1], at[2])
        return [location(editor, analysis, place, each.path, each.span) for each in (*found, *revisions)]

    return await editor.answer(uri, find) or None


def location(editor: Editor, analysis: Analysis, place: SessionFile, path: str, span: Span) -> types.Location:
    area = to_range(analysis.source(path), analysis.span(path, span), editor.client.unit)
    return types.Location(editor.uri(place.session.root, path), area)
