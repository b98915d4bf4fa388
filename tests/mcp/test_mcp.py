"""``cucurbit mcp``, asked by the client of the official SDK."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

import jsonschema
import mcp_types as types
import pytest
from mcp import Client
from mcp.client.context import ClientRequestContext
from mcp.client.stdio import StdioServerParameters
from pydantic import FileUrl

from cucurbit.mcp.folders import folder_of
from cucurbit.mcp.paging import MOST_CHARACTERS, Paged, PageRequest
from cucurbit.mcp.server import build_server
from cucurbit.mcp.tools import TOOLS
from tests.lsp.workspaces import INCIDENT, lay_out

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
MODES = ("legacy", "auto")
"""The protocol with a handshake, and the one without."""

# Ten tables in one module, which would say so if anybody ran it.
MANY = "import pathlib\npathlib.Path('was-run').touch()\nfrom app.db import Base\nimport sqlalchemy as sa\n" + "".join(
    f"t{number} = sa.Table('t{number}', Base.metadata, sa.Column('id', sa.Integer, primary_key=True))\n"
    for number in range(10)
)
REVISION = "revision = '{0}'\ndown_revision = {1!r}\n\n\ndef upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n"
FILES = {
    **INCIDENT,
    "app/many.py": MANY,
    "app/main.py": INCIDENT["app/main.py"] + "import app.many\n",
    "alembic/versions/a.py": REVISION.format("a", None),
    "alembic/versions/b.py": REVISION.format("b", "a"),
}


async def ask(client: Client, tool: str, **arguments: object) -> dict[str, Any]:
    result = await client.call_tool(tool, dict(arguments))
    assert isinstance(result, types.CallToolResult)
    (content,) = result.content
    assert isinstance(content, types.TextContent)
    assert not result.is_error, content.text
    assert json.loads(content.text) == result.structured_content
    return cast("dict[str, Any]", result.structured_content)


async def refused(client: Client, tool: str, **arguments: object) -> str:
    result = await client.call_tool(tool, dict(arguments))
    assert isinstance(result, types.CallToolResult)
    (content,) = result.content
    assert result.is_error
    assert isinstance(content, types.TextContent)
    return content.text


ASKED: Mapping[str, Mapping[str, object]] = {
    "check": {"severity": "warning"},
    "models": {"table": "energy*"},
    "table": {"table": "energy_events"},
    "timeline": {"entry": "app.main:app", "module": "app.*"},
    "explain": {"traceback": "InvalidRequestError: Table 'energy_events' is already defined for this MetaData"},
    "rule": {"name": "duplicate-table"},
    "schema": {"entry": "app.main:app"},
    "revisions": {"config": "alembic.ini"},
    "drift": {"config": "alembic.ini", "certain": True},
}


async def test_every_answer_is_a_published_document_and_nothing_is_run(tmp_path: Path) -> None:
    root = lay_out(tmp_path, FILES)
    assert set(ASKED) == {tool.name for tool in TOOLS}
    async with Client(build_server([str(root)])) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        for name, arguments in ASKED.items():
            answer = await ask(client, name, **arguments)
            jsonschema.validate(answer, json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))
            tool = tools[name]
            assert tool.output_schema is not None
            assert tool.output_schema["type"] == tool.input_schema["type"] == "object"
            jsonschema.validate(answer, tool.output_schema)
            jsonschema.validate(dict(arguments), tool.input_schema)
            assert answer["page"]["count"] > 0
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint
        found = {each["rule"] for each in (await ask(client, "check"))["findings"]}
        assert "duplicate-table" in found
        (table,) = (await ask(client, "table", table="t3"))["tables"]
        assert [column["name"] for column in table["columns"]] == ["id"]
    assert not list(tmp_path.rglob("was-run"))
    assert not list(tmp_path.rglob("__pycache__"))


async def test_answers_are_paged_and_a_change_on_disk_is_seen(tmp_path: Path) -> None:
    root = lay_out(tmp_path, FILES)
    async with Client(build_server([str(root)])) as client:
        names: list[str] = []
        offset: int | None = 0
        while offset is not None:
            answer = await ask(client, "models", table="t*", limit=4, offset=offset)
            names += [each["table"] for each in answer["models"]]
            offset = answer["page"]["next"]
        assert names == [f"t{number}" for number in range(10)]
        events = await ask(client, "timeline", entry="app.main:app", tables=True, limit=2, offset=1)
        assert (len(events["timelines"][0]["events"]), events["page"]["next"]) == (2, 3)
        (root / "app/many.py").write_text(MANY.replace("'t9'", "'changed'"), encoding="utf-8")
        answer = await ask(client, "models", table="changed")
        assert [each["table"] for each in answer["models"]] == ["changed"]


def test_a_page_has_a_bounded_size_whatever_is_asked_for() -> None:
    texts = ["x" * (MOST_CHARACTERS // 2 - 10)] * 3
    paged = Paged(texts, PageRequest(limit=3))
    assert (len(paged.items), paged.page.next, paged.page.total) == (2, 2, 3)
    assert len(Paged(["x" * MOST_CHARACTERS * 2], PageRequest()).items) == 1


async def test_what_cannot_be_answered_is_said_with_what_to_do(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {"models.py": "x = 1\n"})
    async with Client(build_server([str(root)])) as client:
        assert "`$.limit`" in await refused(client, "check", limit=100_000)
        said = await refused(client, "models", tabel="x")
        assert said == "there is no argument `tabel`; there are root, offset, limit, table, unseen"
        said = await refused(client, "check", paths=["model.py"])
        assert said == f"there is no file or folder model.py in the project {root}"
        assert "did you mean duplicate-table" in await refused(client, "check", rules=["duplicate-tables"])
        assert "the tool `models` lists the tables" in await refused(client, "table", table="users")
        assert "none was found" in await refused(client, "timeline", entry="nowhere.py")
        assert "no alembic.ini" in await refused(client, "revisions")
        assert "no alembic.ini" in await refused(client, "drift")
        assert "no traceback" in await refused(client, "explain", traceback="It does not work")
        assert "there are check, models" in await refused(client, "drop")
        assert (await ask(client, "check"))["findings"] == []


async def test_the_entry_points_are_named_once_if_there_is_none_of_that_name(tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    async with Client(build_server([str(root)])) as client:
        said = await refused(client, "timeline", entry="nowhere")
        assert said == "there is no entry point nowhere; give one of these as `entry`: alembic.ini, app.main:app"
        assert "did you mean app.main:app?" in await refused(client, "timeline", entry="app.man:app")
        assert "give one of these as `entry`: alembic.ini" in await refused(client, "timeline")


async def test_the_findings_of_a_file_whose_path_is_written_in_any_way(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "project", INCIDENT)
    lay_out(tmp_path / "project2", INCIDENT)
    async with Client(build_server([str(root)])) as client:
        everything = (await ask(client, "check"))["findings"]
        within = [each for each in everything if each["path"].startswith("app/")]
        assert within
        assert len(within) < len(everything)
        for path in ("app", "./app/", "app/../app", "alembic/../app", str(root / "app")):
            assert (await ask(client, "check", paths=[path]))["findings"] == within
        for path in (".", str(root)):
            assert (await ask(client, "check", paths=[path]))["findings"] == everything
        for outside in ("..", "../project2", str(tmp_path / "project2"), "/"):
            assert "there is no file or folder" in await refused(client, "check", paths=[outside])


@pytest.mark.parametrize("mode", MODES)
async def test_only_the_folders_of_the_client_are_read(tmp_path: Path, mode: Literal["legacy", "auto"]) -> None:
    root = lay_out(tmp_path / "a project", INCIDENT)
    other = lay_out(tmp_path / "other", INCIDENT)
    (root / "link").symlink_to(other, target_is_directory=True)

    async def roots(context: ClientRequestContext) -> types.ListRootsResult:
        return types.ListRootsResult(roots=[types.Root(uri=FileUrl(root.as_uri()))])

    server = build_server([], fallback=str(other))
    async with Client(server, mode=mode, list_roots_callback=roots) as client:
        assert (await ask(client, "check"))["page"]["total"] > 0
        assert (await ask(client, "check", root="app"))["version"] == 1
        for outside in (str(other), "../other", "link", "/"):
            assert "is not in a folder that this server may read" in await refused(client, "check", root=outside)
        assert "there is no folder" in await refused(client, "check", root="nowhere")
    async with Client(server, mode=mode) as client:
        assert (await ask(client, "check"))["page"]["total"] > 0


def test_the_folder_of_a_root() -> None:
    folder = os.path.abspath("a b")
    assert folder_of(Path(folder).as_uri()) == folder
    assert folder_of("https://example.org/a") is None


async def test_the_command_serves_on_standard_input_and_output(tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    command = StdioServerParameters(command=sys.executable, args=["-m", "cucurbit", "mcp", str(root)])
    async with Client(command) as client:
        assert client.server_info is not None
        assert client.server_info.name == "cucurbit"
        assert (await ask(client, "check", severity="error"))["findings"]
