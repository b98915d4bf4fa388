"""Settings, folders and files that change while the server runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.editor import EMACS, NEOVIM, VS_CODE, Editor
from tests.lsp.workspaces import AGGREGATED, INCIDENT, lay_out


async def test_settings_are_pulled_and_live(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    editor.set_configuration({"cucurbit": {"ignore": ["duplicate-table"], "select": None, "trace": {"server": "off"}}})
    await editor.start(root)
    domain, main = root / "app/models_domain.py", root / "app/main.py"
    await editor.shown(main, "models-before-migrations")
    assert "duplicate-table" not in editor.codes(domain)
    assert types.WORKSPACE_DID_CHANGE_CONFIGURATION in editor.registrations
    editor.set_configuration({"cucurbit": {"severity": {"models-before-migrations": "hint"}}})
    editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await editor.shown(domain, "duplicate-table")
    hint = await editor.shown(main, "models-before-migrations")
    assert hint.severity is types.DiagnosticSeverity.Hint


async def test_settings_are_taken_from_a_client_that_pushes_them(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)

    def adapt(able: types.ClientCapabilities) -> None:
        assert able.workspace is not None
        able.workspace.configuration = None

    await editor.start(root, adapt=adapt, options={"settings": {"ignore": ["duplicate-table"]}})
    domain = root / "app/models_domain.py"
    await editor.shown(root / "app/main.py", "models-before-migrations")
    assert "duplicate-table" not in editor.codes(domain)
    editor.workspace_did_change_configuration(
        types.DidChangeConfigurationParams(settings={"cucurbit": {"ignore": ["models-before-migrations"]}})
    )
    await editor.shown(domain, "duplicate-table")
    await editor.gone(root / "app/main.py", "models-before-migrations")


async def test_a_malformed_configuration_is_shown_in_its_file(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, {**INCIDENT, "pyproject.toml": '[tool.cucurbit]\nselct = ["all"]\n'})
    await editor.start(root)
    pyproject = root / "pyproject.toml"
    await editor.until(lambda: editor.diagnostics.get(pyproject.as_uri()))
    (found,) = editor.diagnostics[pyproject.as_uri()]
    assert found.range.start.line == 1
    assert "select" in found.message
    uri = editor.open(pyproject)
    editor.type_all(uri, '[tool.cucurbit]\nselect = ["duplicate-table"]\n')
    await editor.until(lambda: not editor.diagnostics[pyproject.as_uri()])
    assert "duplicate-table" in editor.codes(root / "app/models_domain.py")
    await editor.gone(root / "app/main.py", "models-before-migrations")


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_workspace_that_is_not_trusted_chooses_no_interpreter(
    editor: Editor, tmp_path: Path, trusted: bool
) -> None:
    package = tmp_path / "elsewhere/lib/python3.11/site-packages/company_db/__init__.py"
    package.parent.mkdir(parents=True)
    package.write_text(INCIDENT["app/db.py"])
    (package.parent.parent / "sqlalchemy-2.0.30.dist-info").mkdir()
    files = {
        "pyproject.toml": f"[tool.cucurbit]\npython = '{(tmp_path / 'elsewhere').as_posix()}'\n",
        "app/main.py": "import app.one\nimport app.two\n",
        "Procfile": "web: python -m app.main\n",
        "app/__init__.py": "",
        "app/one.py": INCIDENT["app/models_domain.py"].replace("app.db", "company_db"),
        "app/two.py": INCIDENT["app/models_domain.py"].replace("app.db", "company_db"),
    }
    root = lay_out(tmp_path / "project", files)
    await editor.start(root, options={"trusted": trusted})
    two = types.TextDocumentIdentifier((root / "app/two.py").as_uri())
    report = await editor.text_document_diagnostic_async(types.DocumentDiagnosticParams(two))
    assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
    # What company_db.Base is, only that environment tells: else nothing certain can be said of the second table.
    errors = [each.code for each in report.items if each.severity is types.DiagnosticSeverity.Error]
    assert errors == (["duplicate-table"] if trusted else [])


async def test_folders_come_and_go(editor: Editor, tmp_path: Path) -> None:
    one, two = lay_out(tmp_path / "one", INCIDENT), lay_out(tmp_path / "two", INCIDENT)
    await editor.start(one)
    await editor.shown(one / "app/models_domain.py", "duplicate-table")

    def changed(added: list[Path], removed: list[Path]) -> None:
        event = types.WorkspaceFoldersChangeEvent(
            added=[types.WorkspaceFolder(each.as_uri(), each.name) for each in added],
            removed=[types.WorkspaceFolder(each.as_uri(), each.name) for each in removed],
        )
        editor.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))

    changed([two], [one])
    await editor.shown(two / "app/models_domain.py", "duplicate-table")
    await editor.gone(one / "app/models_domain.py", "duplicate-table")


@pytest.mark.parametrize(("spec", "watches"), [(VS_CODE, True), (EMACS, True), (NEOVIM, False)])
async def test_files_are_watched_where_the_client_can(editor: Editor, tmp_path: Path, spec: str, watches: bool) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root, spec=spec)
    await editor.shown(root / "app/models_domain.py", "duplicate-table")
    assert (types.WORKSPACE_DID_CHANGE_WATCHED_FILES in editor.registrations) == watches
    (root / "Procfile").unlink()
    (root / "app/main.py").unlink()
    editor.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams(
            [
                types.FileEvent((root / path).as_uri(), types.FileChangeType.Deleted)
                for path in ("Procfile", "app/main.py")
            ]
        )
    )
    await editor.until(
        lambda: (
            {each.severity for each in editor.diagnostics[(root / "app/models_domain.py").as_uri()]}
            <= {types.DiagnosticSeverity.Information, types.DiagnosticSeverity.Hint}
        )
    )


async def test_a_renamed_model_module_stays_in_the_aggregator(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, AGGREGATED)
    result = await editor.start(root)
    assert result.capabilities.workspace is not None
    operations = result.capabilities.workspace.file_operations
    assert operations is not None
    assert operations.will_rename is not None
    old, new = root / "app/models_extra.py", root / "app/wallets/models.py"
    params = types.RenameFilesParams([types.FileRename(old.as_uri(), new.as_uri())])
    edit = await editor.workspace_will_rename_files_async(params)
    assert edit is not None
    editor.apply(edit)
    aggregator = (root / "app/models_all.py").read_text()
    assert "import app.wallets.models  # noqa: F401\n" in aggregator
    assert "app.models_extra" not in aggregator
    new.parent.mkdir()
    (new.parent / "__init__.py").touch()
    old.rename(new)
    editor.workspace_did_rename_files(params)
    symbols = await editor.workspace_symbol_async(types.WorkspaceSymbolParams("WalletEntry"))
    assert [each.location.uri for each in symbols or ()] == [new.as_uri()]
