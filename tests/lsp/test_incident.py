"""The main job, as each of the recorded editors sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.editor import EMACS, NEOVIM, VS_CODE, Editor, titled
from tests.lsp.workspaces import INCIDENT, lay_out


@pytest.mark.parametrize("spec", [VS_CODE, NEOVIM, EMACS])
async def test_the_incident_is_shown_with_its_chain_and_the_aggregator_mends_it(
    editor: Editor, tmp_path: Path, spec: str
) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root, spec=spec)
    domain, extra, env = root / "app/models_domain.py", root / "app/models_extra.py", root / "alembic/env.py"

    duplicate = await editor.shown(domain, "duplicate-table")
    assert duplicate.severity is types.DiagnosticSeverity.Error
    assert duplicate.source == "cucurbit"
    assert duplicate.range.start == types.Position(5, 0)
    chain = ["app/main.py", "app/migrate.py", "alembic/env.py"]
    if spec == EMACS:
        assert duplicate.related_information is None
        assert all(f"{path}:" in duplicate.message for path in chain)
    else:
        places = [each.location.uri for each in duplicate.related_information or ()]
        assert [uri for uri in places if uri in {(root / path).as_uri() for path in chain}]
        for path in chain:
            assert (root / path).as_uri() in places
        assert extra.as_uri() in places
    if spec == VS_CODE:
        assert duplicate.code_description is not None
        assert duplicate.code_description.href.endswith("/docs/rules/duplicate-table.md")

    # With two definitions the aggregator could only fail: it is offered once one is gone.
    removal = titled(
        await editor.actions(domain.as_uri(), duplicate.range), "Remove class EnergyEvent from app/models_extra.py"
    )
    assert removal.edit is not None
    assert (removal.edit.changes is not None) == (spec == NEOVIM)
    editor.apply(removal.edit)
    if spec == NEOVIM:
        # It says that it does not register for watched files: it tells of a save.
        editor.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(extra.as_uri())))
    await editor.gone(domain, "duplicate-table")

    missing = await editor.shown(extra, "model-not-in-migrations")
    actions = await editor.actions(extra.as_uri(), missing.range)
    create = titled(actions, "Create app/models_all.py", "route alembic/env.py")
    if spec == EMACS:
        # It cannot create files by an edit: the server writes the file and has the editor change the rest.
        assert create.edit is None
        assert create.command is not None
        result = await editor.workspace_execute_command_async(
            types.ExecuteCommandParams(create.command.command, create.command.arguments)
        )
        assert isinstance(result, dict)
        assert result["applied"] is True
    else:
        assert create.edit is not None
        annotated = create.edit.change_annotations or {}
        assert [each.needs_confirmation for each in annotated.values()] == ([True] if spec == VS_CODE else [])
        editor.apply(create.edit)
    assert "models_extra" in (root / "app/models_all.py").read_text()
    assert "models_all" in env.read_text()
    if spec != EMACS:
        editor.saved(root / "app/models_all.py", env)
    await editor.gone(extra, "model-not-in-migrations")


async def test_an_unsafe_fix_leads_to_a_workspace_without_the_duplicate(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    domain, extra = root / "app/models_domain.py", root / "app/models_extra.py"
    uri = editor.open(extra)
    duplicate = await editor.shown(domain, "duplicate-table")
    actions = await editor.actions(domain.as_uri(), duplicate.range, ["quickfix"])
    removal = titled(actions, "Remove class EnergyEvent from app/models_extra.py")
    assert removal.kind == "quickfix"
    assert [each.code for each in removal.diagnostics or ()] == ["duplicate-table"]
    assert removal.edit is not None
    change = (removal.edit.document_changes or ())[0]
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document.version == editor.versions[uri]
    editor.apply(removal.edit)
    assert "EnergyEvent" not in editor.texts[uri]
    await editor.gone(domain, "duplicate-table")
