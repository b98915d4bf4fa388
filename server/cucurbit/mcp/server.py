"""The server, on standard input and output."""

from __future__ import annotations

import json
import warnings
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

import anyio
import anyio.to_thread
import mcp_types as types
import msgspec
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPDeprecationWarning
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from cucurbit import __version__
from cucurbit.mcp.errors import ToolRefused
from cucurbit.mcp.folders import chosen_folder, folder_of
from cucurbit.mcp.project import Project
from cucurbit.mcp.schemas import input_schema, output_schema
from cucurbit.mcp.tools import TOOLS, Tool

INSTRUCTIONS = (
    "Cucurbit reads a Python project on SQLAlchemy and Alembic without running it. Call `check` after changing models, "
    "env.py, imports or revisions. For an exception, call `explain` with the traceback. Lines and columns are 1-based, "
    "paths are relative to the project."
)
_ROOTS = "roots"
_Context: TypeAlias = ServerRequestContext[None, object]


def serve(folders: Sequence[str]) -> None:
    """Serve until the client closes the standard input. ``folders``: those that may be read; empty: the client's."""
    anyio.run(_serve, folders)


async def _serve(folders: Sequence[str]) -> None:
    server = build_server(folders)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def build_server(folders: Sequence[str], fallback: str = ".") -> Server[None]:
    """A server. ``fallback`` is the folder for clients that tell none."""
    answers = _Answers(folders, fallback)
    return Server(
        "cucurbit",
        version=__version__,
        title="Cucurbit",
        instructions=INSTRUCTIONS,
        lifespan=_nothing_to_open,
        on_list_tools=answers.list_tools,
        on_call_tool=answers.call_tool,
    )


@asynccontextmanager
async def _nothing_to_open(_: Server[None]) -> AsyncIterator[None]:
    yield


class _Answers:
    """Answers requests, one after the other: the analyses are for one thread."""

    def __init__(self, folders: Sequence[str], fallback: str) -> None:
        self._folders = tuple(folders)
        self._fallback = fallback
        self._projects: dict[str, Project] = {}
        self._turn = anyio.Lock()

    async def list_tools(
        self, _context: _Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(tool) for tool in TOOLS])

    async def call_tool(
        self, context: _Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        tool = next((each for each in TOOLS if each.name == params.name), None)
        if tool is None:
            return _refusal(f"there is no tool {params.name}; there are {', '.join(each.name for each in TOOLS)}")
        folders = await self._allowed(context, params)
        if folders is None:
            return types.InputRequiredResult(input_requests={_ROOTS: types.ListRootsRequest()})
        arguments = params.arguments or {}
        async with self._turn:
            try:
                answer = await anyio.to_thread.run_sync(self._answer, tool, arguments, folders)
            except ToolRefused as error:
                return _refusal(str(error))
        text = json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)], structured_content=answer)

    async def _allowed(self, context: _Context, params: types.CallToolRequestParams) -> tuple[str, ...] | None:
        """The folders that may be read; None if the client has to be asked in the answer, as newer protocols do."""
        if self._folders:
            return self._folders
        able = context.session.client_capabilities
        if able is None or able.roots is None:
            return (self._fallback,)
        given = (params.input_responses or {}).get(_ROOTS)
        if isinstance(given, types.ListRootsResult):
            return _local(given)
        if context.protocol_version in MODERN_PROTOCOL_VERSIONS:
            return None
        with warnings.catch_warnings():
            # Deprecated for the newest protocol, which is served above.
            warnings.simplefilter("ignore", MCPDeprecationWarning)
            return _local(await context.session.list_roots())

    def _answer(self, tool: Tool, arguments: Mapping[str, object], folders: Sequence[str]) -> dict[str, object]:
        root = arguments.get("root", "")
        folder = chosen_folder(folders, root if isinstance(root, str) else "")
        project = self._projects.setdefault(folder, Project(folder))
        answer = tool.run(project, arguments)
        document: dict[str, object] = msgspec.to_builtins(answer.document, str_keys=True)
        return {**document, "page": msgspec.to_builtins(answer.page)}


def _local(found: types.ListRootsResult) -> tuple[str, ...]:
    return tuple(folder for each in found.roots if (folder := folder_of(str(each.uri))) is not None)


def _refusal(message: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=message)], is_error=True)


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=input_schema(tool.request),
        output_schema=output_schema(tool.document),
        annotations=types.ToolAnnotations(
            title=tool.title, read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    )
