"""``docs/agents/plugin``: what it declares can be started, and the documentation shows the same."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.client.stdio import StdioServerParameters

from cucurbit import __version__
from cucurbit.cli.parser import build_parser
from tests.lsp.workspaces import INCIDENT, lay_out

DOCS = Path(__file__).parents[2] / "docs"
PLUGIN = DOCS / "agents" / "plugin"


def declared(name: str) -> Any:
    return json.loads((PLUGIN / name).read_text("utf-8"))


def test_the_plugin_has_the_version_of_the_package() -> None:
    assert declared(".claude-plugin/plugin.json")["version"] == __version__


def test_the_documentation_shows_the_declaration_of_the_server() -> None:
    page = (DOCS / "agents.md").read_text("utf-8")
    shown = page.split("```json\n")[1].split("```")[0]
    assert json.loads(shown) == declared(".mcp.json")


async def test_the_server_that_it_declares_answers(tmp_path: Path) -> None:
    server = declared(".mcp.json")["mcpServers"]["cucurbit"]
    *fetched, program, command = server["args"]
    assert (server["command"], fetched, program) == ("uvx", ["--from", "cucurbit[mcp]"], "cucurbit")
    here = StdioServerParameters(
        command=sys.executable, args=["-m", "cucurbit", command], cwd=lay_out(tmp_path, INCIDENT)
    )
    async with Client(here) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} > {"check", "explain"}


def test_the_language_server_that_it_declares_is_a_command() -> None:
    server = declared(".lsp.json")["cucurbit"]
    program, command = server["args"]
    assert (server["command"], program) == ("uvx", "cucurbit")
    assert build_parser().parse_args([command]).command == "serve"
