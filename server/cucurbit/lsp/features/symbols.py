"""``textDocument/documentSymbol`` and ``workspace/symbol``: models and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from lsprotocol import types

from cucurbit.ide import symbols as ide
from cucurbit.ide.symbols import Symbol
from cucurbit.lsp.features.definition import location
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile
from cucurbit.lsp.wire.positions import to_range
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Unavailable
from cucurbit.source.span import Span

_Symbols = Sequence[types.DocumentSymbol] | Sequence[types.SymbolInformation]


def _kind(symbol: Symbol) -> types.SymbolKind:
    return types.SymbolKind.Class if symbol.is_class else types.SymbolKind.Struct


async def document_symbol(
    editor: Editor, params: types.DocumentSymbolParams
) -> Sequence[types.DocumentSymbol] | Sequence[types.SymbolInformation] | None:
    """``textDocument/documentSymbol``: the models and tables of a file."""
    unit, uri = editor.client.unit, params.text_document.uri

    def tell(symbols: Iterable[Symbol], range_of: Callable[[Span], types.Range]) -> _Symbols:
        if editor.client.hierarchical_symbols:
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

    outline = await editor.outline(uri)
    if outline is not None:
        source = outline.source
        return tell(
            ide.symbols_before_analysis(outline.tables, outline.path), lambda span: to_range(source, span, unit)
        )

    def find(analysis: Analysis, place: SessionFile) -> _Symbols:
        source = analysis.source(place.path)
        symbols = ide.document_symbols(analysis.statuses, place.path)
        return tell(symbols, lambda span: to_range(source, analysis.span(place.path, span), unit))

    return await editor.answer(uri, find)


async def workspace_symbol(editor: Editor, params: types.WorkspaceSymbolParams) -> Sequence[types.SymbolInformation]:
    """``workspace/symbol``: models by class or table name."""
    await editor.ready.wait()
    found: list[types.SymbolInformation] = []
    for session in editor.folders:
        place = SessionFile(session, "")

        def find(analysis: Analysis, place: SessionFile = place) -> list[types.SymbolInformation]:
            return [
                types.SymbolInformation(
                    location(editor, analysis, place, symbol.path, symbol.span),
                    symbol.name,
                    _kind(symbol),
                    container_name=f"table {symbol.table} in {symbol.container}",
                )
                for symbol in ide.workspace_symbols(analysis.statuses, params.query)
            ]

        try:
            found += await session.query(await session.fresh(), find)
        except Unavailable:
            continue
    return found
