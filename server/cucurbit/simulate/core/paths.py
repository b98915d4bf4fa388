"""Paths of the simulated program: absolute below the workspace root, or relative to the working directory."""

from __future__ import annotations

import posixpath

from cucurbit.simulate.core.state import State
from cucurbit.simulate.core.values import Constant, PathValue, Value
from cucurbit.workspace.model import Workspace

_DIRECTORY = "os.getcwd()"


class Paths:
    """Turns path values into paths of the workspace and back."""

    def __init__(self, workspace: Workspace, state: State) -> None:
        self._root = workspace.root.rstrip("/")
        self._state = state

    @property
    def directory(self) -> str:
        """The working directory, relative to the root of the workspace."""
        return self._state.paths[_DIRECTORY][0]

    def change_directory(self, directory: str) -> None:
        """``os.chdir``."""
        # Where it is not known whether this happens, it is taken to.
        self._state.put(self._state.paths, _DIRECTORY, (directory,))

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
