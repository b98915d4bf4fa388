"""``textDocument/codeLens`` and ``textDocument/inlayHint``."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from cucurbit.ide import lenses as ide
from cucurbit.ide.models.join_hints import join_hints
from cucurbit.ide.revisions import revision_lenses
from cucurbit.lsp.features.command_names import SHOW_TIMELINE
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile
from cucurbit.lsp.wire.positions import to_position, to_range
from cucurbit.session.analysis import Analysis
from cucurbit.source.span import Span


def _is_too_early(editor: Editor, uri: str) -> bool:
    """Whether there is no analysis yet. A client that supports refreshing is told when there is one."""
    where = editor.locate(uri)
    return where is None or where.session.latest is None


async def code_lens(editor: Editor, params: types.CodeLensParams) -> Sequence[types.CodeLens] | None:
    """``textDocument/codeLens``: none before the first analysis if the client supports refreshing.

    An answer that waits for the analysis would slow VS Code down: it delays requests by the time of earlier answers.
    """
    unit = editor.client.unit
    if editor.client.lens_refresh and _is_too_early(editor, params.text_document.uri):
        return None

    def show(analysis: Analysis, place: SessionFile) -> list[types.CodeLens]:
        if not analysis.workspace.settings.code_lens:
            return []
        source = analysis.source(place.path)
        found = []
        for lens in (*ide.lenses(analysis.statuses, place.path), *revision_lenses(analysis.context, place.path)):
            area = to_range(source, analysis.span(place.path, lens.span), unit)
            focus = {"uri": params.text_document.uri, "line": area.start.line + 1}
            arguments: list[object] = [{"root": place.session.root, "entry": lens.entry, "focus": focus}]
            command = types.Command(lens.title, SHOW_TIMELINE if lens.entry else "", arguments=arguments)
            found.append(types.CodeLens(area, command))
        return found

    return await editor.answer(params.text_document.uri, show)


async def inlay_hint(editor: Editor, params: types.InlayHintParams) -> Sequence[types.InlayHint] | None:
    """``textDocument/inlayHint``: the order of registration and the columns of joins, as the settings say.

    None before the first analysis, as for code lenses.
    """
    unit = editor.client.unit
    if editor.client.hint_refresh and _is_too_early(editor, params.text_document.uri):
        return None

    def show(analysis: Analysis, place: SessionFile) -> list[types.InlayHint]:
        settings = analysis.workspace.settings
        hints = [
            *(ide.hints(analysis.statuses, place.path) if settings.inlay_hints else ()),
            *(join_hints(analysis.context, place.path) if settings.inlay_joins else ()),
        ]
        source = analysis.source(place.path)
        found = []
        for hint in hints:
            span = analysis.span(place.path, Span(hint.line, hint.column, hint.line, hint.column))
            position = to_position(source, span.line, span.column, unit)
            if params.range.start.line <= position.line <= params.range.end.line:
                found.append(types.InlayHint(position, hint.label, tooltip=hint.tooltip, padding_left=True))
        return found

    return await editor.answer(params.text_document.uri, show)
