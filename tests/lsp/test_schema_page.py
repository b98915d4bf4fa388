"""``cucurbit.schemaPage``: handed to clients that show pages, opened in the browser for the others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.editor import Editor, path_of
from tests.lsp.workspaces import INCIDENT, lay_out

pytestmark = pytest.mark.usefixtures("page_library")


async def ask(editor: Editor, **argument: object) -> dict[str, Any]:
    result = await editor.workspace_execute_command_async(
        types.ExecuteCommandParams("cucurbit.schemaPage", [argument] if argument else None)
    )
    return cast("dict[str, Any]", result)


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'id="data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


async def test_without_an_entry_point_it_is_what_migrations_see(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root, options={"webview": True})
    answer = await ask(editor)
    assert sorted(answer) == ["entry", "html", "title"]
    assert (answer["title"], answer["entry"]) == ("Schema of alembic.ini", "alembic.ini")
    assert 'nonce="__CSP_NONCE__"' in answer["html"]
    data = data_of(answer["html"])
    assert data["schema"]["moment"] == "migrations"
    assert data["schema"]["tables"]
    assert all(path_of(uri) == root / path for path, uri in data["uris"].items())


async def test_an_entry_point_can_be_named(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root, options={"webview": True})
    answer = await ask(editor, entry="app.main", root=None)
    assert answer["title"] == "Schema of app.main"
    assert data_of(answer["html"])["schema"]["moment"] == "end"
    answer = await ask(editor, entry="app.models_extra")
    assert answer["entry"] == "app.models_extra"
    tables = data_of(answer["html"])["schema"]["tables"]
    assert tables
    assert all("app.models_extra" in each["registered_by"] for each in tables)


@pytest.mark.parametrize("argument", [{"entry": "nowhere"}, {"entry": 1}, {"uri": "file:///elsewhere.py"}])
async def test_what_is_not_there_is_an_error(editor: Editor, tmp_path: Path, argument: dict[str, object]) -> None:
    await editor.start(lay_out(tmp_path, INCIDENT), options={"webview": True})
    with pytest.raises(JsonRpcException):
        await ask(editor, **argument)
