"""What the server's commands take as arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from pygls.exceptions import JsonRpcInvalidParams

from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session, Unavailable
from cucurbit.workspace.settings.schema import AggregatorStyle

_Kind = TypeVar("_Kind")


class CommandArgument(msgspec.Struct, frozen=True):
    """What a command works on: a file, a folder, or else the first folder; for timelines also an entry point.

    For a new aggregator, ``module`` and ``style`` override the settings; ``confirm``: the editor shows the changes
    before it applies them, if it can.
    """

    uri: str | None = None
    root: str | None = None
    entry: str | None = None
    format: str = "text"
    module: str | None = None
    style: AggregatorStyle | None = None
    confirm: bool = False


def argument_of(arguments: Sequence[object]) -> CommandArgument:
    """The argument, sent as one object or as plain values: a URI, or an entry point and a format."""
    first = arguments[0] if arguments else {}
    if isinstance(first, str):
        if first.startswith("file:"):
            return CommandArgument(uri=first)
        second = arguments[1] if len(arguments) > 1 else "text"
        return CommandArgument(entry=first, format=str(second))
    return converted(first, CommandArgument)


def converted(argument: object, kind: type[_Kind]) -> _Kind:
    """An argument as the server uses it.

    Raises:
        JsonRpcInvalidParams: it is not of this kind.
    """
    try:
        return msgspec.convert(argument, kind)
    except msgspec.ValidationError as error:
        raise JsonRpcInvalidParams(str(error)) from None


def place_of(editor: Editor, uri: str | None, root: str | None) -> SessionFile:
    """A file; without it the session of a folder, and without both that of the first folder.

    Raises:
        JsonRpcInvalidParams: there is no such file or folder.
    """
    if uri is not None:
        place = editor.locate(uri)
        if place is None:
            raise JsonRpcInvalidParams(f"{uri} is not in a workspace folder")
        return place
    sessions = [session for session in editor.folders if root in (None, session.root)]
    if not sessions:
        raise JsonRpcInvalidParams("there is no such workspace folder")
    return SessionFile(sessions[0], "")


async def fresh_analysis(session: Session) -> Analysis:
    try:
        return await session.fresh()
    except Unavailable:
        raise JsonRpcInvalidParams(f"there is no analysis of {session.root}: it failed or was stopped") from None
