"""Paths of the simulated program: absolute below the workspace root, or relative to the working directory."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from cucurbit.simulate.core.values import Constant, PathValue, Value
from cucurbit.workspace.model import Workspace


class Paths:
    """Turns path values into paths of the workspace and back.

    ``asked`` is called with the working directory whenever something depends on it, ``changed`` before it changes.
    """

    def __init__(
        self, workspace: Workspace, directory: str, asked: Callable[[str], None], changed: Callable[[], None]
    ) -> None:
        self._root = workspace.root.rstrip("/")
        self._directory = directory
        self._asked = asked
        self._changed = changed

    @property
    def directory(self) -> str:
        """The working directory, relative to the root of the workspace."""
        self._asked(self._directory)
        return self._directory

    def change_directory(self, directory: str) -> None:
        """``os.chdir``."""
        self._changed()
        self._directory = directory

    def absolute(self, relative: str) -> str:
        """The absolute text of a path of the workspace."""
        return f"{self._root}/{relative}" if relative else self._root

    def resolve(self, text: str) -> str:
        """``os.path.abspath``: relative text starts from the working directory."""
        text = text.replace("\\", "/")
        start = text if text.startswith("/") or self._has_drive(text) else f"{self.absolute(self.directory)}/{text}"
        return posixpath.normpath(start)

    def _has_drive(self, text: str) -> bool:
        return len(text) > 1 and text[1] == ":"

    def relative(self, value: Value) -> str | None:
        """The path of the workspace that ``value`` means; None where it is not known or lies outside."""
        if isinstance(value, PathValue):
            text = value.text
        elif isinstance(value, Constant) and isinstance(value.value, str):
            text = value.value
        else:
            return None
        resolved = self.resolve(text)
        if resolved == self._root:
            return ""
        if resolved.startswith(self._root + "/"):
            return resolved[len(self._root) + 1 :]
        return None
