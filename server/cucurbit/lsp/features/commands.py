"""The server's commands, by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from pygls.exceptions import JsonRpcInvalidParams

from cucurbit.lsp.features import command_names as names
from cucurbit.lsp.features import registration_view
from cucurbit.lsp.features.aggregator_commands import create_aggregator, propose_aggregator, route_imports
from cucurbit.lsp.features.apply_fix import apply_offered_fix
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.reach import reach
from cucurbit.lsp.features.schema_page import show_schema
from cucurbit.lsp.features.timeline_page import show_page
from cucurbit.lsp.features.timelines import entry_points, show_timeline


async def execute(editor: Editor, command: str, arguments: Sequence[object]) -> object:
    """Run a command. If it cannot do its work, it shows the user one message.

    Raises:
        JsonRpcInvalidParams: there is no such command, or the arguments are wrong.
    """
    run = _COMMANDS.get(command)
    if run is None:
        raise JsonRpcInvalidParams(f"there is no command {command}")
    await editor.ready.wait()
    return await run(editor, arguments)


async def _restart(editor: Editor, _: Sequence[object]) -> object:
    """Read and simulate everything again."""
    for session in editor.folders:
        session.restart()
    return None


Command = Callable[[Editor, Sequence[object]], Awaitable[object]]

_COMMANDS: Mapping[str, Command] = {
    names.SHOW_TIMELINE: show_timeline,
    names.TIMELINE_PAGE: show_page,
    names.SCHEMA_PAGE: show_schema,
    names.ENTRY_POINTS: entry_points,
    names.CREATE_AGGREGATOR: create_aggregator,
    names.PROPOSE_AGGREGATOR: propose_aggregator,
    names.ROUTE_IMPORTS: route_imports,
    names.APPLY_FIX: apply_offered_fix,
    names.RESTART_ANALYSIS: _restart,
    names.REGISTRATION_CHILDREN: registration_view.children,
    names.REGISTRATION_PATH: registration_view.path,
    names.REACH: reach,
}

NAMES = tuple(_COMMANDS)
