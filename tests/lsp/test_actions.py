"""Code actions: which are offered for what was asked, and what they do."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.editor import VS_CODE, Editor, titled
from tests.lsp.workspaces import AGGREGATED, INCIDENT, lay_out

EVERYTHING = types.Range(types.Position(0, 0), types.Position(99, 0))


async def test_all_safe_fixes_of_a_file_at_once(editor: Editor, tmp_path: Path) -> None:
    env = INCIDENT["alembic/env.py"].replace(
        "import app.models_domain\n", "import app.models_domain\nimport app.models_extra\n"
    )
    root = lay_out(tmp_path, {**INCIDENT, "alembic/env.py": env, "Procfile": ""})
    await editor.start(root)
    uri = editor.open(root / "alembic/env.py")
    # Without being asked for, a source action does not come.
    offered = await editor.actions(uri, EVERYTHING)
    assert "source.fixAll.cucurbit" not in {each.kind for each in offered}
    (fix,) = await editor.actions(uri, types.Range(types.Position(0, 0), types.Position(0, 0)), ["source.fixAll"])
    assert fix.kind == "source.fixAll.cucurbit"
    assert fix.edit is not None
    editor.apply(fix.edit)
    assert editor.texts[uri].count("# noqa: F401") == 2
    await editor.until(lambda: "unprotected-registration-import" not in editor.codes(root / "alembic/env.py"))


async def test_actions_are_filtered_by_what_is_asked_for(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    uri = (root / "app/models_domain.py").as_uri()
    line = types.Range(types.Position(5, 20), types.Position(5, 20))
    assert {each.kind for each in await editor.actions(uri, line, ["quickfix"])} == {"quickfix"}
    assert await editor.actions(uri, line, ["source.organizeImports"]) == []
    assert await editor.actions(uri, types.Range(types.Position(0, 0), types.Position(1, 0)), ["quickfix"]) == []
    assert await editor.actions((root / "elsewhere.txt").as_uri(), line) == []


async def test_an_action_of_an_older_text_is_refused(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    uri = editor.open(root / "app/models_domain.py")
    found = await editor.text_document_code_action_async(
        types.CodeActionParams(
            types.TextDocumentIdentifier(uri),
            types.Range(types.Position(5, 0), types.Position(5, 0)),
            types.CodeActionContext([]),
        )
    )
    action = next(each for each in found or () if isinstance(each, types.CodeAction) and each.data is not None)
    editor.type_all(uri, "# gone\n")
    with pytest.raises(JsonRpcException) as caught:
        await editor.code_action_resolve_async(action)
    assert caught.value.code == -32801


async def test_a_client_without_action_literals_gets_commands(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)

    def adapt(able: types.ClientCapabilities) -> None:
        assert able.text_document is not None
        assert able.text_document.code_action is not None
        able.text_document.code_action.code_action_literal_support = None

    await editor.start(root, spec=VS_CODE, adapt=adapt)
    uri = editor.open(root / "app/models_extra.py")
    domain = root / "app/models_domain.py"
    duplicate = await editor.shown(domain, "duplicate-table")
    found = await editor.text_document_code_action_async(
        types.CodeActionParams(
            types.TextDocumentIdentifier(domain.as_uri()), duplicate.range, types.CodeActionContext([])
        )
    )
    commands = [each for each in found or () if isinstance(each, types.Command)]
    assert len(commands) == len(found or ())
    command = next(
        each for each in commands if each.title.startswith("Remove class EnergyEvent from app/models_extra.py")
    )
    result = await editor.workspace_execute_command_async(
        types.ExecuteCommandParams(command.command, command.arguments)
    )
    assert isinstance(result, dict)
    assert result["applied"] is True
    assert "EnergyEvent" not in editor.texts[uri]
    await editor.gone(domain, "duplicate-table")


async def test_a_refused_edit_is_told(editor: Editor, tmp_path: Path) -> None:
    files = {**AGGREGATED, "alembic/env.py": INCIDENT["alembic/env.py"]}
    root = lay_out(tmp_path, files)
    await editor.start(root)
    env = root / "alembic/env.py"
    editor.refuses_edits = True
    route = types.ExecuteCommandParams("cucurbit.routeImports", [env.as_uri()])
    refused = await editor.workspace_execute_command_async(route)
    assert isinstance(refused, dict)
    assert refused["applied"] is False
    editor.refuses_edits = False
    result = await editor.workspace_execute_command_async(route)
    assert isinstance(result, dict)
    assert result["applied"] is True
    assert "app.models_all" in env.read_text()
    assert "app.models_domain" not in env.read_text()
    again = await editor.workspace_execute_command_async(route)
    assert again == {"applied": False, "reason": "alembic/env.py has no import to be routed through app.models_all"}


async def test_the_best_safe_fix_is_preferred(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    env = root / "alembic/env.py"
    found = await editor.shown(env, "unprotected-registration-import")
    protect = titled(await editor.actions(env.as_uri(), found.range), "Protect the import")
    assert protect.is_preferred
    assert protect.edit is not None
    assert [each.needs_confirmation for each in (protect.edit.change_annotations or {}).values()] == [False]
