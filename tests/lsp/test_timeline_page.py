"""``cucurbit.timelinePage``: handed to clients that show pages, opened in the browser for the others."""

from __future__ import annotations

import json
import re
import stat
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from cucurbit.lsp.features.timeline_page import Pages
from tests.lsp.editor import Editor, path_of
from tests.lsp.workspaces import INCIDENT, lay_out


async def ask(editor: Editor, **argument: object) -> dict[str, Any]:
    result = await editor.workspace_execute_command_async(
        types.ExecuteCommandParams("cucurbit.timelinePage", [argument] if argument else None)
    )
    return cast("dict[str, Any]", result)


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'id="picture"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def can_show(able: types.ClientCapabilities) -> None:
    assert able.window is not None
    able.window.show_document = types.ShowDocumentClientCapabilities(support=True)


def cannot_show(able: types.ClientCapabilities) -> None:
    assert able.window is not None
    able.window.show_document = None


async def test_a_client_that_shows_pages_is_handed_the_page(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root, options={"webview": True})
    answer = await ask(editor, entry="app.main")
    assert sorted(answer) == ["entry", "html", "title"]
    assert (answer["title"], answer["entry"]) == ("Timeline of app.main", "app.main")
    assert 'nonce="__CSP_NONCE__"' in answer["html"]
    data = data_of(answer["html"])
    assert [lane["target"] for lane in data["lanes"]] == ["app.main"]
    assert "duplicate-table" in {finding["rule"] for finding in data["findings"]}
    uris = {file["path"]: file["uri"] for file in data["files"]}
    assert path_of(uris["app/main.py"]) == root / "app/main.py"


async def test_a_file_stands_for_the_timelines_that_execute_it(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root, options={"webview": True})
    main, extra = (root / "app/main.py").as_uri(), (root / "app/models_extra.py").as_uri()
    everything = [lane["target"] for lane in data_of((await ask(editor))["html"])["lanes"]]
    assert len(everything) > 1
    answer = await ask(editor, uri=extra)
    targets = [lane["target"] for lane in data_of(answer["html"])["lanes"]]
    assert targets
    assert "alembic.ini" not in targets
    first = await ask(editor, focus={"uri": main, "line": 3})
    data = data_of(first["html"])
    assert first["entry"].startswith("app.main")
    assert data["focus"] == {"uri": main, "line": 3}


async def test_places_are_those_of_what_is_typed(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root, options={"webview": True})
    uri = editor.open(root / "app/main.py")

    async def line() -> int:
        lane = data_of((await ask(editor, entry="app.main"))["html"])["lanes"][0]
        return int(next(row["via"][0]["line"] for row in lane["rows"] if row.get("via")))

    before = await line()
    editor.type_all(uri, "\n\n" + editor.texts[uri])
    assert await line() == before + 2
    editor.type_all(uri, "def broken(:\n" + editor.texts[uri])
    assert await line() == before + 3


async def test_the_browser_shows_it_for_a_client_that_does_not(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    asked: list[types.ShowDocumentParams] = []

    def show(params: types.ShowDocumentParams) -> types.ShowDocumentResult:
        asked.append(params)
        return types.ShowDocumentResult(success=True)

    editor.protocol.fm.features[types.WINDOW_SHOW_DOCUMENT] = show
    await editor.start(root, adapt=can_show)
    answer = await ask(editor, entry="app.main")
    again = await ask(editor, entry="app.main")
    assert answer["uri"] == again["uri"]
    assert [(each.uri, each.external) for each in asked] == [(answer["uri"], True)] * 2
    file = path_of(answer["uri"])
    assert file.read_text("ascii") == answer["html"]
    if sys.platform != "win32":
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_a_client_that_cannot_is_told_where_the_page_lies(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root, options={"webview": True}, adapt=cannot_show)
    answer = await ask(editor, entry="app.main", show=True)
    file = path_of(answer["uri"])
    message = await editor.until(
        lambda: next((m.message for m in editor.messages if file.name in (m.message or "")), None)
    )
    assert message is not None
    assert str(file.parent) in message
    assert file.read_text("ascii") == answer["html"]


def test_the_pages_go_with_the_server() -> None:
    pages = Pages()
    first, second = Path(pages.write("a", "1")), Path(pages.write("b", "2"))
    assert (first.read_text(), second.read_text()) == ("1", "2")
    assert Path(pages.write("a", "3")).read_text() == "3"
    pages.close()
    assert not first.exists()
    assert not first.parent.exists()
    again = Path(pages.write("a", "4"))
    assert again.read_text() == "4"
    pages.close()


@pytest.mark.parametrize(
    "argument",
    [{"entry": "no.such"}, {"uri": "file:///nowhere/x.py"}, {"root": "/nowhere"}, {"entry": 3}, {"focus": {"uri": 1}}],
)
async def test_what_does_not_exist_is_said(editor: Editor, tmp_path: Path, argument: dict[str, object]) -> None:
    await editor.start(lay_out(tmp_path, INCIDENT), options={"webview": True})
    with pytest.raises(JsonRpcException) as failed:
        await ask(editor, **argument)
    assert failed.value.code == -32602
