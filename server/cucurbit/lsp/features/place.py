"""A file of a session."""

from __future__ import annotations

import os
from dataclasses import dataclass

from cucurbit.session.session import Session


@dataclass(frozen=True)
class Place:
    """``path`` is relative to the session's root."""

    session: Session
    path: str


def absolute(root: str, path: str) -> str:
    """The absolute path of a file under ``root``; that of an installed package's file is absolute already."""
    if os.path.isabs(path):
        return path
    return f"{root.rstrip('/')}/{path}" if path else root
