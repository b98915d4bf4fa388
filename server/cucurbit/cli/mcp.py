"""``cucurbit mcp``: the only command that loads the server for coding agents."""

from __future__ import annotations

import os
from argparse import Namespace
from importlib.util import find_spec

from cucurbit.cli.errors import CLEAN, Refused
from cucurbit.report.report import printable


def run(options: Namespace) -> int:
    """Serve until the client disconnects. Returns the exit code.

    Raises:
        Refused: the SDK is not installed, or there is no such folder.
    """
    if find_spec("mcp") is None:
        raise Refused("`cucurbit mcp` needs the extra `mcp`: pip install 'cucurbit[mcp]'")
    for folder in options.folders:
        if not os.path.isdir(folder):
            raise Refused(f"there is no folder {printable(folder)}")
    from cucurbit.mcp.server import serve

    serve([os.path.abspath(folder) for folder in options.folders])
    return CLEAN
