"""Editors that tell of no changes on disk but those that they make: what other programs change is seen all the same."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from tests.lsp.editor import NEOVIM, Editor, titled
from tests.lsp.workspaces import AGGREGATED, INCIDENT, lay_out


def watches_nothing(able: types.ClientCapabilities) -> None:
    assert able.workspace is not None
    able.workspace.did_change_watched_files = None


async def test_changes_of_other_programs_are_seen_at_the_next_file(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root, spec=NEOVIM, adapt=watches_nothing)
    domain = root / "app/models_domain.py"
    editor.open(domain)
    await editor.shown(domain, "duplicate-table")
    # As another window or "git switch" would: a file has other text, one is gone, one is new.
    for path in ("app/models_extra.py", "alembic/env.py", "app/models_all.py"):
        (root / path).write_text(AGGREGATED[path])
    (root / "Procfile").unlink()
    editor.open(root / "app/main.py")
    await editor.gone(domain, "duplicate-table")
    # The same where a file is saved.
    (root / "app/models_extra.py").write_text(INCIDENT["app/models_extra.py"])
    editor.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(domain.as_uri())))
    await editor.shown(root / "app/models_extra.py", "duplicate-table")


async def test_two_windows_on_one_folder(editor: Editor, second_editor: Editor, tmp_path: Path) -> None:
    files = {**INCIDENT, "app/models_extra.py": AGGREGATED["app/models_extra.py"]}
    root = lay_out(tmp_path, files)
    extra, env = root / "app/models_extra.py", root / "alembic/env.py"
    for window in (editor, second_editor):
        await window.start(root, spec=NEOVIM, adapt=watches_nothing)
        window.open(extra)
        await window.shown(extra, "model-not-in-migrations")
    offered = await editor.actions(extra.as_uri(), editor.diagnostics[extra.as_uri()][0].range)
    create = titled(offered, "Create app/models_all.py", "route alembic/env.py")
    assert create.edit is not None
    editor.apply(create.edit)
    await editor.gone(extra, "model-not-in-migrations")
    assert "app.models_all" in env.read_text()
    second_editor.open(env)
    await second_editor.gone(extra, "model-not-in-migrations")
