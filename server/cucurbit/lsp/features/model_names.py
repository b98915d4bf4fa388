"""``references``, ``documentHighlight``, ``prepareRename`` and ``rename`` of the names of models."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from cucurbit.ide.models.names import Occurrence, name_index
from cucurbit.ide.models.rename import NotRenamed, Renamable, renamable, renamed
from cucurbit.ide.revisions import revision_references
from cucurbit.lsp.features.definition import location
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile, facts_position
from cucurbit.lsp.features.workspace_edits import workspace_edit
from cucurbit.lsp.wire.positions import to_range
from cucurbit.session.analysis import Analysis
from cucurbit.source.text import Unit
from cucurbit.workspace.model import Location

RENAME = types.RenameOptions(prepare_provider=True)


async def references(editor: Editor, params: types.ReferenceParams) -> Sequence[types.Location] | None:
    """``textDocument/references``: the places that name a model; the revisions that follow one or depend on it."""
    unit = editor.client.unit

    def find(analysis: Analysis, place: SessionFile) -> list[types.Location]:
        at = facts_position(analysis, place.path, params.position, unit)
        if at is None:
            return []
        declaration = params.context.include_declaration
        revisions = revision_references(analysis.context, place.path, at[1], at[2], declaration=declaration)
        names = [each for each in _same(analysis, place.path, at[1], at[2]) if declaration or not each.defines]
        found = [*revisions, *(Location(each.path, each.span) for each in names)]
        return [location(editor, analysis, place, each.path, each.span) for each in dict.fromkeys(found)]

    return await editor.answer(params.text_document.uri, find) or None


def _same(analysis: Analysis, path: str, line: int, column: int) -> list[Occurrence]:
    """Every occurrence of the names at a position, of those in a string if there is one."""
    index = analysis.context.memo(name_index)
    here = index.at(path, line, column)
    names = dict.fromkeys(each.name for each in here if each.is_string == here[0].is_string)
    return [each for name in names for each in index.of_name[name]]


async def document_highlight(
    editor: Editor, params: types.DocumentHighlightParams
) -> Sequence[types.DocumentHighlight] | None:
    """``textDocument/documentHighlight``: the name in a string and all that means the same in its file.

    Editors show the answer of one server only, so identifiers are left to a language server for Python.
    """
    unit = editor.client.unit

    def find(analysis: Analysis, place: SessionFile) -> list[types.DocumentHighlight]:
        at = facts_position(analysis, place.path, params.position, unit)
        if at is None:
            return []
        source = analysis.source(place.path)
        here = analysis.context.memo(name_index).at(place.path, at[1], at[2])
        if not here or not here[0].is_string:
            return []
        found = [each for each in _same(analysis, place.path, at[1], at[2]) if each.path == place.path]
        kinds = types.DocumentHighlightKind
        return [
            types.DocumentHighlight(
                to_range(source, analysis.span(place.path, each.span), unit),
                kinds.Write if each.defines else kinds.Read,
            )
            for each in found
        ]

    return await editor.answer(params.text_document.uri, find) or None


async def prepare_rename(editor: Editor, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
    """``textDocument/prepareRename``: None where no table or column is named, so that the editor asks other servers."""
    unit = editor.client.unit

    def find(analysis: Analysis, place: SessionFile) -> types.PrepareRenamePlaceholder | None:
        found = _renamable(analysis, place.path, params.position, unit)
        if found is None:
            return None
        area = to_range(analysis.source(place.path), analysis.span(place.path, found.span), unit)
        return types.PrepareRenamePlaceholder(area, found.name.name)

    return await editor.answer(params.text_document.uri, find)


async def rename(editor: Editor, params: types.RenameParams) -> types.WorkspaceEdit | None:
    """``textDocument/rename`` of a table or a column.

    Raises:
        JsonRpcInvalidParams: it cannot be renamed; the message says why.
    """
    unit = editor.client.unit

    def change(analysis: Analysis, place: SessionFile) -> types.WorkspaceEdit | None:
        found = _renamable(analysis, place.path, params.position, unit)
        if found is None:
            return None
        try:
            fix = renamed(analysis.context, found.name, params.new_name)
        except NotRenamed as error:
            raise JsonRpcInvalidParams(str(error)) from None
        if not analysis.is_applicable(fix):
            raise JsonRpcInvalidParams("A file that names it has a syntax error. Correct that first.")
        return workspace_edit(analysis, fix, editor.client, lambda path: editor.uri(place.session.root, path))

    return await editor.answer(params.text_document.uri, change)


def _renamable(analysis: Analysis, path: str, position: types.Position, unit: Unit) -> Renamable | None:
    at = facts_position(analysis, path, position, unit)
    return None if at is None else renamable(analysis.context, path, at[1], at[2])
