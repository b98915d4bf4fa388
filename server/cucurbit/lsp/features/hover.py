"""``textDocument/hover``."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import quote

from lsprotocol import types

from cucurbit.ide import hover as ide
from cucurbit.ide.markdown import code, plain
from cucurbit.ide.models.hover import name_hover
from cucurbit.ide.reach import NO_LINKS, Links, ReachTarget
from cucurbit.lsp.features.command_names import SHOW_REACH
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.outlines import Outline
from cucurbit.lsp.features.session_file import SessionFile, facts_position
from cucurbit.lsp.wire.client import Client
from cucurbit.lsp.wire.positions import from_position, to_range
from cucurbit.report.create_table import create_table
from cucurbit.session.analysis import Analysis


async def hover(editor: Editor, params: types.HoverParams) -> types.Hover | None:
    """``textDocument/hover``. Before the first analysis it shows only what the file itself declares."""
    client = editor.client
    outline = await editor.outline(params.text_document.uri)
    if outline is not None:
        return _hover_before_analysis(editor, outline, params)

    def tell(analysis: Analysis, place: SessionFile) -> types.Hover | None:
        if not analysis.workspace.settings.hover:
            return None
        at = facts_position(analysis, place.path, params.position, client.unit)
        links = _links(editor, analysis, place.session.root)
        if at is None:
            return None
        found = name_hover(analysis.statuses, place.path, at[1], at[2], links)
        found = found or ide.hover(analysis.statuses, place.path, at[1], at[2], links)
        if found is None:
            return None
        found = replace(found, markdown=found.markdown + _statement(analysis, found))
        return _hover(client, found, to_range(at[0], analysis.span(place.path, found.span), client.unit))

    return await editor.answer(params.text_document.uri, tell)


_MOST_LINES = 12
"""Lines of a statement that a hover shows."""


def _statement(analysis: Analysis, found: ide.Hover) -> str:
    """The statement that creates the table that a hover is about, as Markdown."""
    statement = create_table(analysis.context, found.definition) if found.definition is not None else None
    if statement is None:
        return ""
    lines = statement.text.split("\n")
    if len(lines) > _MOST_LINES:
        shown = _MOST_LINES - 2
        lines[shown:] = [f"    -- and {len(lines) - shown - 1} more lines", ")"]
    return "\n".join(["", "", f"In {code(statement.dialect)}:", "", "```sql", *lines, "```"])


def _links(editor: Editor, analysis: Analysis, root: str) -> Links:
    """Places as links to files, and chains as links to a command if the client runs it."""

    def reach(target: ReachTarget) -> str:
        span = analysis.span(target.location.path, target.location.span)
        uri = editor.uri(root, target.location.path)
        asked = {"uri": uri, "line": span.line - 1, "entry": target.entry, "kind": target.kind.value}
        return f"command:{SHOW_REACH}?{quote(json.dumps([asked]))}"

    nowhere = NO_LINKS.reach
    return Links(lambda path: editor.uri(root, path), analysis.span, reach if editor.client.command_links else nowhere)


def _hover(client: Client, found: ide.Hover, area: types.Range) -> types.Hover:
    kind = types.MarkupKind.Markdown if client.markdown else types.MarkupKind.PlainText
    text = found.markdown if client.markdown else plain(found.markdown)
    return types.Hover(types.MarkupContent(kind, text), area)


def _hover_before_analysis(editor: Editor, outline: Outline, params: types.HoverParams) -> types.Hover | None:
    place, unit = editor.locate(params.text_document.uri), editor.client.unit
    line, column = from_position(outline.source, params.position, unit)
    found = ide.hover_before_analysis(outline.tables, line, column)
    if found is None or place is None or not place.session.settings.hover:
        return None
    return _hover(editor.client, found, to_range(outline.source, found.span, unit))
