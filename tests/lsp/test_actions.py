"""Code actions: which are offered for what was asked, and what they do."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.editor import VS_CODE, Editor, titled
from tests.lsp.workspaces import AGGREGATED, INCIDENT, lay_out

SEPARATE = {**INCIDENT, "app/models_extra.py": AGGREGATED["app/models_extra.py"]}
"""Without an aggregator, and without a table defined twice."""

EVERYTHING = types.Range(types.Position(0, 0), types.Position(99, 0))


async def test_all_safe_fixes_of_a_file_at_once(editor: Editor, tmp_path: Path) -> None:
    env = INCIDENT["alembic/env.py"].replace(
        "import app.models_domain\n", "import app.models_domain\nimport app.models_extra\n"
    )
    root = lay_out(tmp_path, {**INCIDENT, "alembic/env.py": env, "Procfile": ""})
    await editor.start(root)
    uri = editor.open(root / "alembic/env.py")
    await editor.analysed()
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
    await editor.analysed()
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
    await editor.analysed()
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
    assert again == {
        "applied": False,
        "reason": "alembic/env.py has no import that can be routed through app.models_all",
    }


async def test_the_best_safe_fix_is_preferred(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    env = root / "alembic/env.py"
    found = await editor.shown(env, "unprotected-registration-import")
    protect = titled(await editor.actions(env.as_uri(), found.range), "Protect the import")
    assert protect.is_preferred
    assert protect.edit is not None
    assert [each.needs_confirmation for each in (protect.edit.change_annotations or {}).values()] == [False]


def _applies_nothing(able: types.ClientCapabilities) -> None:
    """As ALE says of itself: it creates no files, and takes no edits but those of an action."""
    assert able.workspace is not None
    assert able.text_document is not None
    assert able.text_document.code_action is not None
    able.workspace.apply_edit = False
    able.workspace.workspace_edit = None
    able.text_document.code_action.resolve_support = None
    able.text_document.code_action.data_support = None


async def _create_by_command(editor: Editor, root: Path) -> object:
    extra = root / "app/models_extra.py"
    finding = await editor.shown(extra, "model-not-in-migrations")
    action = titled(
        await editor.actions(extra.as_uri(), finding.range), "Create app/models_all.py", "route alembic/env.py"
    )
    assert action.edit is None
    assert action.command is not None
    params = types.ExecuteCommandParams(action.command.command, action.command.arguments)
    return await editor.workspace_execute_command_async(params)


async def test_files_are_written_for_a_client_that_applies_no_edits(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, SEPARATE)
    env = root / "alembic/env.py"
    env.write_bytes(b"\xef\xbb\xbf" + env.read_bytes().replace(b"\n", b"\r\n"))
    env.chmod(0o640)
    await editor.start(root, spec=VS_CODE, adapt=_applies_nothing)
    # An editor that keeps line endings apart shows the file without them.
    editor.open(env, env.read_bytes().decode("utf-8-sig").replace("\r\n", "\n"))
    result = await _create_by_command(editor, root)
    assert isinstance(result, dict)
    assert result["applied"] is True
    assert editor.applied == []
    assert "app.models_extra" in (root / "app/models_all.py").read_text()
    written = env.read_bytes()
    assert b"app.models_all" in written
    assert written.startswith(b"\xef\xbb\xbf")
    assert written.count(b"\n") == written.count(b"\r\n")
    assert env.stat().st_mode & 0o777 == 0o640
    assert list(root.rglob(".cucurbit-*")) == []
    await editor.until(lambda: any("Cucurbit wrote" in each.message for each in editor.messages))


async def test_nothing_is_written_over_what_is_not_saved(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, SEPARATE)
    env = root / "alembic/env.py"
    before = env.read_bytes()
    await editor.start(root, spec=VS_CODE, adapt=_applies_nothing)
    editor.type_all(editor.open(env), before.decode() + "# not saved\n")
    result = await _create_by_command(editor, root)
    assert isinstance(result, dict)
    assert result["reason"] == "alembic/env.py is not saved: save it, and try again"
    assert env.read_bytes() == before
    assert not (root / "app/models_all.py").exists()
    await editor.until(lambda: any("is not saved" in each.message for each in editor.messages))


async def test_one_files_edit_goes_to_a_client_that_applies_no_others(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root, spec=VS_CODE, adapt=_applies_nothing)
    env = root / "alembic/env.py"
    found = await editor.shown(env, "unprotected-registration-import")
    protect = titled(await editor.actions(env.as_uri(), found.range), "Protect the import")
    assert protect.command is None
    assert protect.edit is not None
    assert protect.edit.document_changes is None
    assert list(protect.edit.changes or {}) == [env.as_uri()]


async def test_a_client_may_ask_for_diagnostics_without_a_source(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, SEPARATE)
    await editor.start(root, options={"diagnosticSource": False})
    finding = await editor.shown(root / "app/models_extra.py", "model-not-in-migrations")
    assert finding.source is None
    assert finding.related_information


def _creates_nothing(able: types.ClientCapabilities) -> None:
    """As Eglot says of itself."""
    assert able.workspace is not None
    able.workspace.workspace_edit = types.WorkspaceEditClientCapabilities(document_changes=True)


async def test_a_new_file_goes_where_the_rest_is_refused(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, SEPARATE)
    aggregator = root / "app/models_all.py"
    await editor.start(root, adapt=_creates_nothing)
    editor.refuses_edits = True
    refused = await _create_by_command(editor, root)
    assert isinstance(refused, dict)
    assert refused["applied"] is False
    assert not aggregator.exists()
    editor.refuses_edits = False
    result = await _create_by_command(editor, root)
    assert isinstance(result, dict)
    assert result["applied"] is True
    assert "app.models_extra" in aggregator.read_text()
    assert "app.models_all" in (root / "alembic/env.py").read_text()
