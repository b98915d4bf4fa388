"""Hover, definition, symbols, lenses and hints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from cucurbit.ide import hover as told
from cucurbit.ide import lenses as shown
from cucurbit.ide import symbols as named
from cucurbit.ide.symbols import Symbol
from cucurbit.lsp.place import Place
from cucurbit.lsp.positions import from_position, to_position, to_range
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Unavailable
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText, Unit

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer

SHOW_TIMELINE = "cucurbit.showTimeline"


def _place_in_facts(
    analysis: Analysis, path: str, position: types.Position, unit: Unit
) -> tuple[SourceText, int, int] | None:
    """The text of a file and the line and column of its facts at a position of that text."""
    source = analysis.source(path)
    if source is None:
        return None
    line, column = from_position(source, position, unit)
    there = analysis.line(path, line)
    return None if there is None else (source, there, column)


async def hover(ls: CucurbitServer, params: types.HoverParams) -> types.Hover | None:
    """``textDocument/hover``"""
    client = ls.client

    def tell(analysis: Analysis, place: Place) -> types.Hover | None:
        if not analysis.workspace.settings.hover:
            return None
        at = _place_in_facts(analysis, place.path, params.position, client.unit)
        found = None if at is None else told.hover(analysis.standings, place.path, at[1], at[2])
        if at is None or found is None:
            return None
        kind = types.MarkupKind.Markdown if client.markdown else types.MarkupKind.PlainText
        text = found.markdown if client.markdown else found.markdown.replace("**", "").replace("`", "")
        area = to_range(at[0], analysis.span(place.path, found.span), client.unit)
        return types.Hover(types.MarkupContent(kind, text), area)

    return await ls.answer(params.text_document.uri, tell)


async def definition(ls: CucurbitServer, params: types.DefinitionParams) -> Sequence[types.Location] | None:
    """``textDocument/definition``: from a table's name to its definitions."""
    unit = ls.client.unit

    def find(analysis: Analysis, place: Place) -> list[types.Location]:
        at = _place_in_facts(analysis, place.path, params.position, unit)
        if at is None:
            return []
        source = analysis.source(place.path) or SourceText("")
        line, _ = from_position(source, params.position, unit)
        found = named.definition(analysis.standings, place.path, at[1], at[2], source.line_text(line))
        return [_location(ls, analysis, place, each.path, each.span) for each in found]

    return await ls.answer(params.text_document.uri, find) or None


def _location(ls: CucurbitServer, analysis: Analysis, place: Place, path: str, span: Span) -> types.Location:
    area = to_range(analysis.source(path), analysis.span(path, span), ls.client.unit)
    return types.Location(ls.uri(place.session.root, path), area)


def _kind(symbol: Symbol) -> types.SymbolKind:
    return types.SymbolKind.Class if symbol.is_class else types.SymbolKind.Struct


async def document_symbol(
    ls: CucurbitServer, params: types.DocumentSymbolParams
) -> Sequence[types.DocumentSymbol] | Sequence[types.SymbolInformation] | None:
    """``textDocument/documentSymbol``: the models and tables of a file."""
    unit = ls.client.unit

    def nested(analysis: Analysis, place: Place) -> list[types.DocumentSymbol]:
        source = analysis.source(place.path)
        return [
            types.DocumentSymbol(
                symbol.name,
                _kind(symbol),
                to_range(source, analysis.span(place.path, symbol.whole), unit),
                to_range(source, analysis.span(place.path, symbol.span), unit),
                detail=f"table {symbol.table}",
            )
            for symbol in named.document_symbols(analysis.standings, place.path)
        ]

    def flat(analysis: Analysis, place: Place) -> list[types.SymbolInformation]:
        return [
            types.SymbolInformation(
                _location(ls, analysis, place, symbol.path, symbol.whole),
                symbol.name,
                _kind(symbol),
                container_name=f"table {symbol.table}",
            )
            for symbol in named.document_symbols(analysis.standings, place.path)
        ]

    if ls.client.hierarchical_symbols:
        return await ls.answer(params.text_document.uri, nested)
    return await ls.answer(params.text_document.uri, flat)


async def workspace_symbol(
    ls: CucurbitServer, params: types.WorkspaceSymbolParams
) -> Sequence[types.SymbolInformation]:
    """``workspace/symbol``: models by class or table name."""
    await ls.ready.wait()
    found: list[types.SymbolInformation] = []
    for session in ls.folders:
        place = Place(session, "")

        def find(analysis: Analysis, place: Place = place) -> list[types.SymbolInformation]:
            return [
                types.SymbolInformation(
                    _location(ls, analysis, place, symbol.path, symbol.span),
                    symbol.name,
                    _kind(symbol),
                    container_name=f"table {symbol.table} in {symbol.container}",
                )
                for symbol in named.workspace_symbols(analysis.standings, params.query)
            ]

        try:
            found += await session.query(await session.fresh(), find)
        except Unavailable:
            continue
    return found


async def code_lens(ls: CucurbitServer, params: types.CodeLensParams) -> Sequence[types.CodeLens] | None:
    """``textDocument/codeLens``: none before the first analysis, of which a client is told if it can ask again.

    VS Code waits before it asks again as long as it waited for the last answers.
    """
    unit = ls.client.unit
    where = ls.locate(params.text_document.uri)
    if ls.client.lens_refresh and (where is None or where.session.latest is None):
        return None

    def show(analysis: Analysis, place: Place) -> list[types.CodeLens]:
        if not analysis.workspace.settings.code_lens:
            return []
        source = analysis.source(place.path)
        found = []
        for lens in shown.lenses(analysis.standings, place.path):
            area = to_range(source, analysis.span(place.path, lens.span), unit)
            arguments: list[object] = [{"root": place.session.root, "entry": lens.entry}]
            command = types.Command(lens.title, SHOW_TIMELINE if lens.entry else "", arguments=arguments)
            found.append(types.CodeLens(area, command))
        return found

    return await ls.answer(params.text_document.uri, show)


async def inlay_hint(ls: CucurbitServer, params: types.InlayHintParams) -> Sequence[types.InlayHint] | None:
    """``textDocument/inlayHint``: the order of registration; off unless asked for in the settings."""
    unit = ls.client.unit

    def show(analysis: Analysis, place: Place) -> list[types.InlayHint]:
        if not analysis.workspace.settings.inlay_hints:
            return []
        source = analysis.source(place.path)
        found = []
        for hint in shown.hints(analysis.standings, place.path):
            span = analysis.span(place.path, Span(hint.line, hint.column, hint.line, hint.column))
            position = to_position(source, span.line, span.column, unit)
            if params.range.start.line <= position.line <= params.range.end.line:
                found.append(types.InlayHint(position, hint.label, tooltip=hint.tooltip, padding_left=True))
        return found

    return await ls.answer(params.text_document.uri, show)
