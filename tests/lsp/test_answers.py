"""What is told on request."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from tests.lsp.editor import EMACS, NEOVIM, Editor
from tests.lsp.workspaces import INCIDENT, lay_out


def at(uri: str, line: int, character: int) -> types.HoverParams:
    return types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, character))


async def told(editor: Editor, uri: str, line: int, character: int) -> str:
    hover = await editor.text_document_hover_async(at(uri, line, character))
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    return hover.contents.value


async def test_hover_tells_where_a_table_stands(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root, spec=NEOVIM)
    domain, extra = (root / "app/models_domain.py").as_uri(), (root / "app/models_extra.py").as_uri()
    text = await told(editor, domain, 5, 8)
    assert "table `energy_events`" in text
    assert "`Base.metadata` of `app.db`" in text
    assert "registered by env.py" in text
    assert "rejected in `app.main:app`, during the migrations" in text
    assert "[alembic/env.py:4](" in text
    assert "imports app.models\\_domain" in text
    assert "another definition: [app/models\\_extra.py:12](" in text
    assert "registered 1st in `app.main:app`, before the migrations" in await told(editor, extra, 6, 25)
    assert "**not registered by env.py**" in await told(editor, extra, 5, 8)
    text = await told(editor, (root / "app/main.py").as_uri(), 4, 17)
    assert "registers 2 tables: `wallet_entries`, `energy_events`" in text
    text = await told(editor, (root / "app/migrate.py").as_uri(), 5, 10)
    assert "from `app.main:app`: 2 tables registered before" in text
    assert "the alembic command" in await told(editor, (root / "alembic/env.py").as_uri(), 0, 0)
    assert await editor.text_document_hover_async(at(domain, 8, 0)) is None
    assert await editor.text_document_hover_async(at((root / "elsewhere.py").as_uri(), 0, 0)) is None


async def test_lenses_stand_above_models_environments_and_migrations(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)

    await editor.until(lambda: "codeLens" in editor.refreshes)

    async def lenses(path: str) -> list[tuple[int, str]]:
        identifier = types.TextDocumentIdentifier((root / path).as_uri())
        found = await editor.text_document_code_lens_async(types.CodeLensParams(identifier))
        return [(each.range.start.line, each.command.title) for each in found or () if each.command is not None]

    assert await lenses("app/models_extra.py") == [
        (5, "not seen by Alembic, registered 1st in app.main:app, before migrations"),
        (11, "not seen by Alembic, registered 2nd in app.main:app, before migrations"),
    ]
    assert await lenses("app/models_domain.py") == [(5, "seen by Alembic, rejected in app.main:app, during migrations")]
    assert await lenses("alembic/env.py") == [(0, "registers 1 table")]
    assert await lenses("app/migrate.py") == [(5, "2 models registered before in app.main:app")]
    assert await lenses("app/wallet.py") == []


async def test_symbols_and_definitions_lead_to_tables(editor: Editor, tmp_path: Path) -> None:
    items = INCIDENT["app/models_domain.py"].replace(
        "from sqlalchemy.orm", "from sqlalchemy import Column, ForeignKey, Table\nfrom sqlalchemy.orm"
    )
    items += '\n\nlinks = Table("links", Base.metadata, Column("of", ForeignKey("wallet_entries.id")))\n'
    root = lay_out(tmp_path, {**INCIDENT, "app/models_domain.py": items})
    await editor.start(root, spec=EMACS)
    domain, extra = (root / "app/models_domain.py").as_uri(), (root / "app/models_extra.py").as_uri()
    symbols = await editor.text_document_document_symbol_async(
        types.DocumentSymbolParams(types.TextDocumentIdentifier(domain))
    )
    found = [each for each in symbols or () if isinstance(each, types.DocumentSymbol)]
    assert [(each.name, each.kind, each.detail) for each in found] == [
        ("EnergyEvent", types.SymbolKind.Class, "table energy_events"),
        ("links", types.SymbolKind.Struct, "table links"),
    ]
    assert found[0].range.end.line == 9
    everywhere = await editor.workspace_symbol_async(types.WorkspaceSymbolParams("walent"))
    assert [each.name for each in everywhere or ()] == ["WalletEntry"]
    line = items.split("\n").index(
        'links = Table("links", Base.metadata, Column("of", ForeignKey("wallet_entries.id")))'
    )
    where = await editor.text_document_definition_async(
        types.DefinitionParams(types.TextDocumentIdentifier(domain), types.Position(line, 68))
    )
    assert isinstance(where, (list, tuple))
    assert [(each.uri, each.range.start.line) for each in where] == [(extra, 6)]


async def test_hints_come_when_asked_for(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    editor.set_configuration({"cucurbit": {"inlayHints": True}})
    await editor.start(root, spec=NEOVIM)
    await editor.analysed()
    extra = types.TextDocumentIdentifier((root / "app/models_extra.py").as_uri())
    everything = types.Range(types.Position(0, 0), types.Position(99, 0))
    found = await editor.text_document_inlay_hint_async(types.InlayHintParams(extra, everything))
    assert [(each.position.line, each.label) for each in found or ()] == [(5, "#1"), (11, "#2")]
    first = types.Range(types.Position(0, 0), types.Position(8, 0))
    found = await editor.text_document_inlay_hint_async(types.InlayHintParams(extra, first))
    assert [each.label for each in found or ()] == ["#1"]
    editor.set_configuration({"cucurbit": {}})
    editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await editor.until(lambda: "inlayHint" in editor.refreshes)
    await editor.shown(root / "app/models_domain.py", "duplicate-table")


async def test_a_setting_about_lenses_has_the_client_ask_for_them_again(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    await editor.until(lambda: "codeLens" in editor.refreshes)
    asked = types.CodeLensParams(types.TextDocumentIdentifier((root / "app/models_extra.py").as_uri()))
    assert await editor.text_document_code_lens_async(asked)
    before = editor.refreshes.count("codeLens")
    editor.set_configuration({"cucurbit": {"codeLens": False}})
    editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await editor.until(lambda: editor.refreshes.count("codeLens") > before)
    assert not await editor.text_document_code_lens_async(asked)


async def test_commands_show_timelines_and_create_the_aggregator(editor: Editor, tmp_path: Path) -> None:
    files = {**INCIDENT, "app/models_extra.py": INCIDENT["app/models_extra.py"].replace("energy_events", "meters")}
    root = lay_out(tmp_path, files)
    await editor.start(root)

    async def run(command: str, *arguments: object) -> object:
        return await editor.workspace_execute_command_async(types.ExecuteCommandParams(command, list(arguments)))

    text = await run("cucurbit.showTimeline", "app.main:app")
    assert isinstance(text, str)
    assert "wallet_entries" in text
    document = await run("cucurbit.showTimeline", {"uri": (root / "alembic/env.py").as_uri(), "format": "json"})
    assert isinstance(document, dict)
    assert document["version"] == 1
    assert [each["entry"] for each in document["timelines"]] == [{"kind": "alembic", "target": "alembic.ini"}]
    entries = await run("cucurbit.entryPoints")
    assert isinstance(entries, list)
    assert [each["entry"] for each in entries] == ["alembic.ini", "app.main:app"]

    result = await run("cucurbit.createAggregator")
    assert result == {"applied": True, "reason": "", "title": editor.applied[0].label}
    assert "app.models_extra" in (root / "app/models_all.py").read_text()
    editor.saved(root / "app/models_all.py")
    result = await run("cucurbit.createAggregator", (root / "app/main.py").as_uri())
    assert result == {"applied": False, "reason": "there is an aggregator already: app/models_all.py"}
    assert [each.message for each in editor.messages] == [
        "Cucurbit: there is an aggregator already: app/models_all.py."
    ]
    await run("cucurbit.restartAnalysis")
    assert await run("cucurbit.showTimeline", "app.main:app") != text
