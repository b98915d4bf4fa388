"""The first seconds: what is shown and answered before the first analysis is there."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.editor import EMACS, NEOVIM, PATIENCE, SERVE, VS_CODE, Editor, titled
from tests.lsp.test_random_edits import adapt, diagnostics
from tests.lsp.workspaces import INCIDENT, lay_out
from tests.oracle.programs.start import drawn, project

HELD = Path(__file__).with_name("held.py")
SAID = types.TextDocumentIdentifier
MODELS = """\
from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class Meter(Base):
    __tablename__ = "meters"
    __table_args__ = {"schema": "grid"}

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    readings: Mapped[list["Reading"]] = relationship()


links = Table("links", Base.metadata, Column("of", ForeignKey("grid.meters.id")))
"""


@asynccontextmanager
async def serving(cache: Path, *command: str) -> AsyncIterator[Editor]:
    """A server with a cache, and its editor."""
    editor = Editor()
    environment = {name: value for name, value in os.environ.items() if name != "CUCURBIT_NO_CACHE"}
    await editor.start_io(*(command or SERVE), env={**environment, "CUCURBIT_CACHE_DIR": str(cache)})
    try:
        yield editor
    finally:
        await editor.shutdown_session()
        await editor.stop()  # type: ignore[no-untyped-call]


class Held:
    """A server that analyses nothing before it may, and its editor."""

    def __init__(self, editor: Editor, writer: asyncio.StreamWriter) -> None:
        self.editor = editor
        self._writer = writer

    async def go_on(self, folders: int = 1) -> None:
        """Let it analyse, and wait until it has."""
        self._writer.close()
        await self.editor.analysed(folders)


@asynccontextmanager
async def holding(cache: Path) -> AsyncIterator[Held]:
    connected: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

    async def connect(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await connected.put(writer)

    listener = await asyncio.start_server(connect, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with serving(cache, sys.executable, str(HELD), str(port)) as editor:
        writer = await asyncio.wait_for(connected.get(), PATIENCE)
        try:
            yield Held(editor, writer)
        finally:
            writer.close()
            listener.close()


async def begun(cache: Path, *roots: Path) -> None:
    """A start before the one that is looked at."""
    async with serving(cache) as editor:
        await editor.start(*roots)
        await editor.analysed(len(roots))


async def hovered(editor: Editor, uri: str, line: int, character: int) -> str | None:
    hover = await editor.text_document_hover_async(types.HoverParams(SAID(uri), types.Position(line, character)))
    if hover is None:
        return None
    assert isinstance(hover.contents, types.MarkupContent)
    return hover.contents.value


async def test_an_open_file_tells_of_itself_before_anything_is_analysed(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "project", {**INCIDENT, "app/models_domain.py": MODELS})
    async with holding(tmp_path / "cache") as held:
        editor = held.editor
        await editor.start(root, spec=VS_CODE)
        uri = editor.open(root / "app/models_domain.py")
        text = await hovered(editor, uri, 6, 8)
        assert text == (
            "**table `grid.meters`** · class `Meter`\n\nMetaData: that of `Base`\n\n2 columns here: `id`, `name`\n\n"
            "*The order of registration is not known yet: the first analysis is running.*"
        )
        assert await hovered(editor, uri, 7, 24) == text
        assert "MetaData: `Base.metadata`" in str(await hovered(editor, uri, 15, 10))
        assert await hovered(editor, uri, 0, 10) is None
        symbols = await editor.text_document_document_symbol_async(types.DocumentSymbolParams(SAID(uri)))
        before = [
            (each.name, each.range.start.line) for each in symbols or () if isinstance(each, types.DocumentSymbol)
        ]
        assert before == [("Meter", 6), ("links", 15)]
        where = await editor.text_document_definition_async(types.DefinitionParams(SAID(uri), types.Position(15, 68)))
        assert isinstance(where, list)
        assert [(each.uri, each.range.start.line) for each in where if isinstance(each, types.Location)] == [(uri, 6)]
        assert await editor.text_document_code_lens_async(types.CodeLensParams(SAID(uri))) is None
        assert await editor.actions(uri, types.Range(types.Position(6, 0), types.Position(6, 0))) == []
        # What was just typed counts.
        editor.type_all(uri, "\n" + MODELS.replace("grid", "power"))
        assert "`power.meters`" in str(await hovered(editor, uri, 7, 8))

        await held.go_on()
        await editor.until(lambda: "codeLens" in editor.refreshes)
        text = str(await hovered(editor, uri, 7, 8))
        assert "2 columns here: `id`, `name`" in text
        assert "registered by env.py" in text
        assert "not known yet" not in text
        symbols = await editor.text_document_document_symbol_async(types.DocumentSymbolParams(SAID(uri)))
        assert [each.name for each in symbols or ()] == [name for name, _ in before]
        assert await editor.text_document_code_lens_async(types.CodeLensParams(SAID(uri)))


async def test_no_hover_is_shown_before_the_analysis_where_none_is_wanted(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "project", INCIDENT)
    async with holding(tmp_path / "cache") as held:
        await held.editor.start(root, spec=NEOVIM, options={"settings": {"hover": False}}, adapt=adapt)
        uri = held.editor.open(root / "app/models_domain.py")
        await held.editor.text_document_document_symbol_async(types.DocumentSymbolParams(SAID(uri)))
        assert await hovered(held.editor, uri, 5, 8) is None


async def test_a_definition_elsewhere_is_waited_for(tmp_path: Path) -> None:
    text = MODELS.replace("grid.meters.id", "wallet_entries.id")
    root = lay_out(tmp_path / "project", {**INCIDENT, "app/models_domain.py": text})
    async with holding(tmp_path / "cache") as held:
        editor = held.editor
        await editor.start(root)
        uri = editor.open(root / "app/models_domain.py")
        asked = asyncio.ensure_future(
            editor.text_document_definition_async(types.DefinitionParams(SAID(uri), types.Position(15, 68)))
        )
        assert await hovered(editor, uri, 6, 8)
        assert not asked.done()
        await held.go_on()
        where = await asked
        assert isinstance(where, list)
        assert [each.uri for each in where if isinstance(each, types.Location)] == [
            (root / "app/models_extra.py").as_uri()
        ]


@pytest.mark.parametrize("spec", [VS_CODE, EMACS])
async def test_what_held_is_published_at_once_and_once(tmp_path: Path, spec: str) -> None:
    root, cache = lay_out(tmp_path / "project", INCIDENT), tmp_path / "cache"
    await begun(cache, root)
    domain = root / "app/models_domain.py"
    async with holding(cache) as held:
        editor = held.editor
        await editor.start(root, spec=spec)
        duplicate = await editor.shown(domain, "duplicate-table")
        uri = editor.open(domain)
        await editor.until(lambda: editor.published[-1].version == 1)
        published = list(editor.published)
        # Fixes rest on timelines: where there is a finding to fix they are waited for, elsewhere there are none.
        assert await editor.actions(uri, types.Range(types.Position(0, 0), types.Position(0, 0))) == []
        fixes = asyncio.ensure_future(editor.actions(uri, duplicate.range, ["quickfix"]))
        assert "not known yet" in str(await hovered(editor, uri, 5, 8))
        assert not fixes.done()
        assert not editor.analyses
        await held.go_on()
        titled(await fixes, "Remove class EnergyEvent from app/models_extra.py")
        await editor.workspace_symbol_async(types.WorkspaceSymbolParams("nothing"))
        assert editor.published == published


async def test_no_folder_waits_for_the_analysis_of_another(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    roots = [lay_out(tmp_path / name, INCIDENT) for name in ("one", "two", "three")]
    await begun(cache, *roots)
    async with holding(cache) as held:
        await held.editor.start(*roots)
        for root in roots:
            await held.editor.shown(root / "app/models_domain.py", "duplicate-table")
        assert not held.editor.analyses
        await held.go_on(len(roots))


async def test_what_is_pulled_at_once_is_not_pulled_again(tmp_path: Path) -> None:
    root, cache = lay_out(tmp_path / "project", INCIDENT), tmp_path / "cache"
    await begun(cache, root)
    async with holding(cache) as held:
        editor = held.editor
        await editor.start(root, adapt=adapt)
        domain = editor.open(root / "app/models_domain.py")
        first = await editor.text_document_diagnostic_async(types.DocumentDiagnosticParams(SAID(domain)))
        assert isinstance(first, types.RelatedFullDocumentDiagnosticReport)
        assert "duplicate-table" in [each.code for each in first.items]
        everything = await editor.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([]))
        known = [
            types.PreviousResultId(each.uri, each.result_id or "")
            for each in everything.items
            if isinstance(each, types.WorkspaceFullDocumentDiagnosticReport)
        ]
        assert len(known) > 1
        refreshes = editor.refreshes.count("diagnostic")
        assert not editor.analyses
        await held.go_on()
        again = await editor.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(SAID(domain), previous_result_id=first.result_id)
        )
        assert isinstance(again, types.RelatedUnchangedDocumentDiagnosticReport)
        everything = await editor.workspace_diagnostic_async(types.WorkspaceDiagnosticParams(known))
        assert {each.kind for each in everything.items} == {"unchanged"}
        assert editor.refreshes.count("diagnostic") == refreshes


@pytest.mark.parametrize("change", ["unsaved", "on disk", "a setting"])
async def test_what_does_not_hold_any_more_is_not_shown(tmp_path: Path, change: str) -> None:
    root, cache = lay_out(tmp_path / "project", INCIDENT), tmp_path / "cache"
    await begun(cache, root)
    domain, extra = root / "app/models_domain.py", root / "app/models_extra.py"
    text = extra.read_text().replace("energy_events", "meters")
    options: Mapping[str, object] = {"settings": {"ignore": ["duplicate-table"]} if change == "a setting" else {}}
    if change == "on disk":
        extra.write_text(text)
    async with holding(cache) as held:
        editor = held.editor
        await editor.start(root, adapt=adapt, options=options)
        if change == "unsaved":
            editor.open(extra, text)
        asked = asyncio.ensure_future(
            editor.text_document_diagnostic_async(types.DocumentDiagnosticParams(SAID(domain.as_uri())))
        )
        uri = editor.open(root / "app/wallet.py")
        assert await hovered(editor, uri, 0, 0) is None
        assert change == "unsaved" or not asked.done()
        await held.go_on()
        found = await editor.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([]))
        assert "duplicate-table" not in {rule for _, _, rule, _, _ in diagnostics(found)}
        # Answered or refused by now, as something was opened meanwhile.
        await asyncio.gather(asked, return_exceptions=True)


@pytest.mark.parametrize("seed", range(3))
async def test_random_workspaces_start_with_what_they_ended_with(tmp_path: Path, seed: int) -> None:
    root, cache = lay_out(tmp_path / "project", project(drawn(seed * 1000))), tmp_path / "cache"
    ask = types.WorkspaceDiagnosticParams([])
    async with serving(cache) as editor:
        await editor.start(root, adapt=adapt)
        expected = set(diagnostics(await editor.workspace_diagnostic_async(ask)))
    async with holding(cache) as held:
        await held.editor.start(root, adapt=adapt)
        assert set(diagnostics(await held.editor.workspace_diagnostic_async(ask))) == expected
        assert not held.editor.analyses
        await held.go_on()
        assert set(diagnostics(await held.editor.workspace_diagnostic_async(ask))) == expected
