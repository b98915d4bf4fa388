"""Revisions in the editor."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from tests.lsp.editor import Editor
from tests.lsp.workspaces import lay_out


def revision(name: str, down: str, more: str = "", message: str = "") -> str:
    return f'"""{message or name}"""\n\nrevision = "{name}"\ndown_revision = {down}\n{more}'


FILES = {
    "alembic.ini": "[alembic]\nscript_location = m\n",
    "m/env.py": "",
    "m/versions/a.py": revision("aa01", "None", 'branch_labels = "core"\n', "Add plots"),
    "m/versions/b.py": revision("bb02", '"aa01"', message="Add soil"),
    "m/versions/c.py": revision("cc03", '"bb02"', 'depends_on = "core"\n'),
    "m/versions/d.py": revision("dd04", '("cc03", "aa01")'),
    "app.py": "",
}


def place(root: Path, name: str, line: int, column: int) -> tuple[types.TextDocumentIdentifier, types.Position]:
    return types.TextDocumentIdentifier((root / f"m/versions/{name}").as_uri()), types.Position(line, column)


def shown(locations: object) -> list[tuple[str, int, int]]:
    assert isinstance(locations, (list, tuple))
    return [(each.uri.rpartition("/")[2], each.range.start.line, each.range.start.character) for each in locations]


async def test_a_parent_leads_to_its_revision_and_back(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, FILES)
    await editor.start(root)
    where = await editor.text_document_definition_async(types.DefinitionParams(*place(root, "b.py", 3, 19)))
    assert shown(where) == [("a.py", 2, 11)]
    where = await editor.text_document_definition_async(types.DefinitionParams(*place(root, "c.py", 4, 15)))
    assert shown(where) == [("a.py", 2, 11)]
    context = types.ReferenceContext(include_declaration=False)
    users = await editor.text_document_references_async(types.ReferenceParams(context, *place(root, "a.py", 2, 14)))
    assert shown(users) == [("b.py", 3, 16), ("d.py", 3, 25), ("c.py", 4, 13)]
    context = types.ReferenceContext(include_declaration=True)
    users = await editor.text_document_references_async(types.ReferenceParams(context, *place(root, "c.py", 3, 18)))
    assert shown(users) == [("b.py", 2, 11), ("c.py", 3, 16)]
    assert (
        await editor.text_document_references_async(types.ReferenceParams(context, *place(root, "c.py", 0, 0))) is None
    )


async def test_links_lead_to_the_files_of_the_parents(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, FILES)
    await editor.start(root)
    document, _ = place(root, "d.py", 0, 0)
    links = await editor.text_document_document_link_async(types.DocumentLinkParams(document))
    assert [
        (each.range.start.character, (each.target or "").rpartition("/")[2], each.tooltip) for each in links or ()
    ] == [
        (17, "c.py", "cc03: cc03"),
        (25, "a.py", "aa01: Add plots"),
    ]


async def test_a_lens_tells_the_position_in_the_graph(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, FILES)
    await editor.start(root)
    await editor.until(lambda: "codeLens" in editor.refreshes)

    async def lens(name: str) -> list[tuple[int, str]]:
        found = await editor.text_document_code_lens_async(types.CodeLensParams(place(root, name, 0, 0)[0]))
        return [(each.range.start.line, each.command.title) for each in found or () if each.command is not None]

    assert await lens("a.py") == [(2, "1 of 4, the first; before bb02 and dd04")]
    assert await lens("b.py") == [(2, "2 of 4, after aa01; before cc03")]
    assert await lens("d.py") == [(2, "4 of 4, after cc03 and aa01, a merge; head")]


async def test_identifiers_are_completed_while_the_line_is_written(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, {**FILES, "m/versions/e.py": revision("ee05", "None")})
    await editor.start(root)
    uri = editor.open(root / "m/versions/e.py")

    async def offered(text: str) -> list[types.CompletionItem]:
        before, behind = text.split("|")
        editor.type_all(uri, before + behind)
        lines = before.split("\n")
        position = types.Position(len(lines) - 1, len(lines[-1]))
        found = await editor.text_document_completion_async(
            types.CompletionParams(types.TextDocumentIdentifier(uri), position)
        )
        assert isinstance(found, (types.CompletionList, type(None)))
        return list(found.items) if found is not None else []

    items = await offered('revision = "ee05"\ndown_revision = "|"\n')
    assert [each.label for each in sorted(items, key=lambda each: each.sort_text or "")] == [
        "dd04",
        "cc03",
        "bb02",
        "aa01",
    ]
    assert (items[2].detail, items[2].documentation) == ("m/versions/b.py", "Add soil")
    assert items[0].detail == "head, m/versions/d.py"
    edit = items[0].text_edit
    assert isinstance(edit, types.TextEdit)
    assert (edit.new_text, edit.range.start.character, edit.range.end.character) == ("dd04", 17, 17)
    items = await offered('revision = "ee05"\ndown_revision: str = d|\n')
    edit = items[0].text_edit
    assert isinstance(edit, types.TextEdit)
    assert (edit.new_text, edit.range.start.character) == ('"dd04"', 21)
    items = await offered('revision = "ee05"\ndown_revision = (\n    "dd04",\n    "|\n')
    assert "cc03" in [each.label for each in items]
    items = await offered('revision = "ee05"\ndown_revision = "dd04"\ndepends_on = "|"\n')
    assert "core" in [each.label for each in items]
    assert not await offered('revision = "|"\ndown_revision = None\n')
    assert not await offered('revision = "ee05"\ndown_revision = None\nname = "|"\n')


async def test_what_follows_a_revision_is_not_offered_to_it(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, FILES)
    await editor.start(root)
    found = await editor.text_document_completion_async(types.CompletionParams(*place(root, "b.py", 3, 18)))
    assert isinstance(found, types.CompletionList)
    assert [each.label for each in found.items] == ["aa01"]
