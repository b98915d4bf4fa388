"""Finds the root folder of a workspace. It imports almost nothing."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MARKERS = ("pyproject.toml", "cucurbit.toml", ".git", "alembic.ini")
"""A folder that contains one of these is the root of a workspace."""


def find_root(folder: str) -> str:
    """The nearest folder at or above ``folder`` (absolute) with one of :data:`MARKERS`, or ``folder`` itself."""
    candidate = folder
    while True:
        if any(os.path.lexists(os.path.join(candidate, marker)) for marker in MARKERS):
            return candidate
        above = os.path.dirname(candidate)
        if above == candidate:
            return folder
        candidate = above


def root_of(paths: Iterable[str]) -> str:
    """The root of the workspace that contains ``paths``, which must exist; links are not followed.

    Raises:
        ValueError: the paths have no folder in common.
    """
    # Not resolved: a path below a symbolic link keeps the name that the user gave.
    common = os.path.commonpath([os.path.abspath(path) for path in paths])
    return find_root(common if os.path.isdir(common) else os.path.dirname(common))
