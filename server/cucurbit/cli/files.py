"""Files that the user names, and why one cannot be read or written."""

from __future__ import annotations

import sys
from pathlib import Path

from cucurbit.cli.errors import Refused
from cucurbit.report.report import printable
from cucurbit.workspace.tree.writing import write_whole


def reason_of(error: OSError | ValueError) -> str:
    """Why a file cannot be read or written, in lower case; a ValueError is about its name."""
    return ((error.strerror if isinstance(error, OSError) else None) or str(error)).lower()


def put(output: str | None, text: str, root: Path) -> None:
    """Write to a file, completely or not at all; to standard output if no file is named.

    Raises:
        Refused: the file cannot be written.
    """
    if output is None:
        sys.stdout.write(text)
        return
    try:
        write_whole(output, text.encode("utf-8", "surrogateescape"), root)
    except (OSError, ValueError) as error:
        raise Refused(f"{printable(output)} cannot be written: {reason_of(error)}") from None
