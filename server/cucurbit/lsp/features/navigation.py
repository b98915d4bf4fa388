"""Hover, definition, symbols, lenses and hints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from cucurbit.ide import hover as told
from cucurbit.ide import lenses as shown
from cucurbit.ide import symbols as named
from cucurbit.ide.symbols import Symbol
from cucurbit.lsp.features.outlines import Outline
from cucurbit.lsp.features.place import Place
from cucurbit.lsp.wire.client import Client
from cucurbit.lsp.wire.positions import from_position, to_position, to_range
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Unavailable
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText, Unit

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer

_Symbols = Sequence[types.DocumentSymbol] | Sequence[types.SymbolInformation]

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
    """``textDocument/hover``: before the first analysis, what the file says by itself."""
    client = ls.client
    outline = await ls.outline(params.text_document.uri)
    if outline is not None:
        return _hover_meanwhile(ls, outline, params)

    def tell(analysis: Analysis, place: Place) -> types.Hover | None:
        if not analysis.workspace.settings.hover:
            return None
        at = _place_in_facts(analysis, place.path, params.position, client.unit)
        found = None if at is None else told.hover(analysis.standings, place.path, at[1], at[2])
        if at is None or found is None:
            return None
        return _hover(client, found, to_range(at[0], analysis.span(place.path, found.span), client.unit))

    return await ls.answer(params.text_document.uri, tell)


def _hover(client: Client, found: told.Hover, area: types.Range) -> types.Hover:
    kind = types.MarkupKind.Markdown if client.markdown else types.MarkupKind.PlainText
    text = found.markdown if client.markdown else re.sub(r"\*\*|`|(?m:^\*|\*$)", "", found.markdown)
    return types.Hover(types.MarkupContent(kind, text), area)


def _hover_meanwhile(ls: CucurbitServer, outline: Outline, params: types.HoverParams) -> types.Hover | None:
    place, unit = ls.locate(params.text_document.uri), ls.client.unit
    line, column = from_position(outline.source, params.position, unit)
    found = told.hover_meanwhile(outline.tables, line, column)
    if found is None or place is None or not place.session.settings.hover:
        return None
    return _hover(ls.client, found, to_range(outline.source, found.span, unit))


async def definition(ls: CucurbitServer, params: types.DefinitionParams) -> Sequence[types.Location] | None:
    """``textDocument/definition``: from a table's name to its definitions.

    Before the first analysis those in the same file are told at once, others are waited for.
    """
    unit, uri = ls.client.unit, params.text_document.uri
    outline = await ls.outline(uri)
    if outline is not None:
        line, column = from_position(outline.source, params.position, unit)
        spans = named.definitions_meanwhile(outline.tables, outline.source.line_text(line), line, column)
        if spans:
            return [types.Location(uri, to_range(outline.source, span, unit)) for span in spans]

    def find(analysis: Analysis, place: Place) -> list[types.Location]:
        at = _place_in_facts(analysis, place.path, params.position, unit)
        if at is None:
            return []
        source = analysis.source(place.path) or SourceText("")
        line, _ = from_position(source, params.position, unit)
        found = named.definition(analysis.standings, place.path, at[1], at[2], source.line_text(line))
        return [_location(ls, analysis, place, each.path, each.span) for each in found]

    return await ls.answer(uri, find) or None


def _location(ls: CucurbitServer, analysis: Analysis, place: Place, path: str, span: Span) -> types.Location:
    area = to_range(analysis.source(path), analysis.span(path, span), ls.client.unit)
    return types.Location(ls.uri(place.session.root, path), area)


def _kind(symbol: Symbol) -> types.SymbolKind:
    return types.SymbolKind.Class if symbol.is_class else types.SymbolKind.Struct


async def document_symbol(
    ls: CucurbitServer, params: types.DocumentSymbolParams
) -> Sequence[types.DocumentSymbol] | Sequence[types.SymbolInformation] | None:
    """``textDocument/documentSymbol``: the models and tables of a file."""
    unit, uri = ls.client.unit, params.text_document.uri

    def tell(symbols: Iterable[Symbol], range_of: Callable[[Span], types.Range]) -> _Symbols:
        if ls.client.hierarchical_symbols:
            return [
                types.DocumentSymbol(
                    each.name, _kind(each), range_of(each.whole), range_of(each.span), detail=f"table {each.table}"
                )
                for each in symbols
            ]
        return [
            types.SymbolInformation(
                types.Location(uri, range_of(each.whole)), each.name, _kind(each), container_name=f"table {each.table}"
            )
            for each in symbols
        ]

    outline = await ls.outline(uri)
    if outline is not None:
        source = outline.source
        return tell(named.symbols_meanwhile(outline.tables, outline.path), lambda span: to_range(source, span, unit))

    def find(analysis: Analysis, place: Place) -> _Symbols:
        source = analysis.source(place.path)
        symbols = named.document_symbols(analysis.standings, place.path)
        return tell(symbols, lambda span: to_range(source, analysis.span(place.path, span), unit))

    return await ls.answer(uri, find)


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


def _is_too_early(ls: CucurbitServer, uri: str) -> bool:
    """Whether nothing can be told yet; a client that can ask again is told when there is more."""
    where = ls.locate(uri)
    return where is None or where.session.latest is None


async def code_lens(ls: CucurbitServer, params: types.CodeLensParams) -> Sequence[types.CodeLens] | None:
    """``textDocument/codeLens``: none before the first analysis, of which a client is told if it can ask again.

    VS Code waits before it asks again as long as it waited for the last answers.
    """
    unit = ls.client.unit
    if ls.client.lens_refresh and _is_too_early(ls, params.text_document.uri):
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
    """``textDocument/inlayHint``: the order of registration; off unless asked for in the settings.

    None before the first analysis, as with lenses.
    """
    unit = ls.client.unit
    if ls.client.hint_refresh and _is_too_early(ls, params.text_document.uri):
        return None

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
