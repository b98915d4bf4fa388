"""Texts as they are typed: what is unsaved counts, wherever its characters and line endings lead."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.editor import NEOVIM, VS_CODE, Editor, titled
from tests.lsp.workspaces import DOMAIN, EXTRA, INCIDENT, lay_out


def area(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


def edit(where: types.Range, text: str) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(range=where, text=text)


async def test_an_unsaved_buffer_counts_until_it_is_closed(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    domain = root / "app/models_domain.py"
    await editor.shown(domain, "duplicate-table")
    uri = editor.open(root / "app/models_extra.py")
    line = EXTRA.split("\n").index("class EnergyEvent(Base):") + 1
    editor.type(uri, edit(area(line, 21, 34), "meter_events"))
    assert '__tablename__ = "meter_events"' in editor.texts[uri]
    await editor.gone(domain, "duplicate-table")
    editor.close(uri)
    await editor.shown(domain, "duplicate-table")


@pytest.mark.parametrize(
    ("encodings", "column"),
    [(["utf-16"], 53), (["utf-32", "utf-16"], 52), (["utf-8"], 55), (["utf-7"], 53)],
)
async def test_columns_are_counted_as_agreed(editor: Editor, tmp_path: Path, encodings: list[str], column: int) -> None:
    line = "    x = '🥒'; metadata: Mapped[str] = mapped_column()"
    root = lay_out(tmp_path, {**INCIDENT, "app/models_domain.py": DOMAIN + line + "\n"})

    def adapt(able: types.ClientCapabilities) -> None:
        assert able.general is not None
        able.general.position_encodings = encodings

    result = await editor.start(root, adapt=adapt)
    agreed = "utf-16" if encodings == ["utf-7"] else encodings[0]
    assert result.capabilities.position_encoding == agreed
    found = await editor.shown(root / "app/models_domain.py", "reserved-attribute")
    assert found.range.end == types.Position(9, column)


async def test_crlf_stays_and_is_no_character_to_count(editor: Editor, tmp_path: Path) -> None:
    files = {path: text.replace("\n", "\r\n") for path, text in INCIDENT.items()}
    root = lay_out(tmp_path, files)
    await editor.start(root)
    domain, extra = root / "app/models_domain.py", root / "app/models_extra.py"
    uri = editor.open(extra)
    found = await editor.shown(domain, "duplicate-table")
    assert found.range.start == types.Position(5, 0)
    actions = await editor.actions(domain.as_uri(), found.range)
    rename = titled(actions, "Rename the table of class EnergyEvent in app/models_extra.py")
    assert rename.edit is not None
    editor.apply(rename.edit)
    assert "\n" not in editor.texts[uri].replace("\r\n", "")
    await editor.gone(domain, "duplicate-table")


async def test_only_line_feed_and_carriage_return_end_a_line(editor: Editor, tmp_path: Path) -> None:
    strange = "two".join("\u2028\u2029\x0c\x85\v\x1c\x1d\x1e")
    text = EXTRA.replace("class WalletEntry", f"NOTE = 'one{strange}two'\n\n\nclass WalletEntry")
    root = lay_out(tmp_path, {**INCIDENT, "app/models_extra.py": text})
    await editor.start(root)
    domain = root / "app/models_domain.py"
    await editor.shown(domain, "duplicate-table")
    uri = editor.open(root / "app/models_extra.py")
    line = text.split("\n").index("class EnergyEvent(Base):") + 1
    editor.type(uri, edit(area(line, 21, 34), "meter_events"))
    await editor.gone(domain, "duplicate-table")


async def test_findings_of_the_rest_stand_while_a_statement_is_typed(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    domain = root / "app/models_domain.py"
    uri = editor.open(domain)
    await editor.shown(domain, "duplicate-table")
    editor.type(uri, edit(area(4, 0, 0), "def broken(:\n"))
    # The facts are those of the last text without the error; the place moves down with its line.
    found = await editor.shown(domain, "duplicate-table", types.Position(6, 0))
    # Their places are no ground for an edit of this file.
    actions = await editor.actions(uri, found.range)
    assert all(domain.as_uri() not in each for each in map(touched, actions))
    editor.type(uri, edit(types.Range(types.Position(4, 0), types.Position(5, 0)), ""))
    await editor.until(
        lambda: [each.range.start.line for each in editor.diagnostics[uri] if each.code == "duplicate-table"] == [5]
    )


def touched(action: types.CodeAction) -> list[str]:
    assert action.edit is not None
    changes = action.edit.document_changes or ()
    return [each.text_document.uri for each in changes if isinstance(each, types.TextDocumentEdit)]


async def test_messages_about_documents_that_make_no_sense_change_nothing(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    domain, extra = root / "app/models_domain.py", root / "app/models_extra.py"
    await editor.shown(domain, "duplicate-table")
    never = types.VersionedTextDocumentIdentifier(1, (root / "app/never.py").as_uri())
    editor.text_document_did_change(types.DidChangeTextDocumentParams(never, [edit(area(0, 0, 1), "x")]))
    editor.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier("untitled:one")))
    uri = editor.open(extra)
    editor.open(extra)
    # Ranges outside the document, before its start, and backwards: moved to the nearest place.
    editor.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(0, uri),
            [
                edit(types.Range(types.Position(9999, 9), types.Position(9999, 99)), "# the end\n"),
                edit(types.Range(types.Position(0, 9999), types.Position(0, 0)), "  # the first line"),
            ],
        )
    )
    editor.open(root / "app/never.py", "import (")
    symbols = await editor.text_document_document_symbol_async(
        types.DocumentSymbolParams(types.TextDocumentIdentifier(uri))
    )
    assert [each.name for each in symbols or ()] == ["WalletEntry", "EnergyEvent"]
    assert "duplicate-table" in editor.codes(domain)
    assert any("not open" in each.message for each in editor.log_messages)


@pytest.mark.parametrize("spec", [VS_CODE, NEOVIM])
async def test_a_file_opened_alone_brings_its_project_along(editor: Editor, tmp_path: Path, spec: str) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(spec=spec)
    editor.open(root / "app/models_domain.py")
    await editor.shown(root / "app/models_domain.py", "duplicate-table")
