"""A file of a session, and positions in it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from lsprotocol import types

from cucurbit.lsp.wire.positions import from_position
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session
from cucurbit.source.text import SourceText, Unit


@dataclass(frozen=True)
class SessionFile:
    """``path`` is relative to the session's root."""

    session: Session
    path: str


def absolute(root: str, path: str) -> str:
    """The absolute path of a file under ``root``. Paths of installed packages are already absolute."""
    if os.path.isabs(path):
        return path
    return f"{root.rstrip('/')}/{path}" if path else root


def facts_position(
    analysis: Analysis, path: str, position: types.Position, unit: Unit
) -> tuple[SourceText, int, int] | None:
    """The text of a file, and the line and column in its facts that match a position in that text.

    None if the file cannot be read, or if the line was edited since the facts were read.
    """
    source = analysis.source(path)
    if source is None:
        return None
    line, column = from_position(source, position, unit)
    facts_line = analysis.line(path, line)
    return None if facts_line is None else (source, facts_line, column)
