"""The folders that the server may read: those of its command line, else those of the client, else the current one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from cucurbit.mcp.errors import ToolRefused


def folder_of(uri: str) -> str | None:
    """The folder that a ``file:`` URI names; None for any other URI."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    path = unquote(parts.path)
    # On Windows, the path of a URI has a slash before the drive.
    return os.path.abspath(path[1:] if os.name == "nt" and path[:1] == "/" else path)


def chosen_folder(allowed: Sequence[str], asked: str) -> str:
    """The folder to work on: ``asked``, which must be in one of the allowed folders; empty: the first of them.

    Raises:
        ToolRefused: it is not in an allowed folder, or no folder.
    """
    if not allowed:
        raise ToolRefused("the client has opened no folder: give one as an argument of `cucurbit mcp`")
    folder = os.path.abspath(os.path.join(allowed[0], asked))
    # Symbolic links are resolved: the folder itself has to be inside.
    real = os.path.realpath(folder)
    if not any(_is_inside(real, os.path.realpath(each)) for each in allowed):
        raise ToolRefused(
            f"{asked} is not in a folder that this server may read: {', '.join(map(os.path.abspath, allowed))}"
        )
    if not os.path.isdir(folder):
        raise ToolRefused(f"there is no folder {asked or folder}")
    return folder


def _is_inside(path: str, folder: str) -> bool:
    try:
        return os.path.commonpath([path, folder]) == folder
    except ValueError:  # another drive
        return False
