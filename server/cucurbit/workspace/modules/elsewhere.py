"""Modules that no import root finds, while the workspace has a file that they may mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from cucurbit.workspace.starts.entry_points import in_project
from cucurbit.workspace.tree.files import FileTree, join


class Elsewhere:
    """Looks for the file that a dotted name would be, below any folder of the workspace."""

    def __init__(self, tree: FileTree, python_files: Sequence[str]) -> None:
        self._tree = tree
        self._files: dict[str, list[str]] = defaultdict(list)
        """The files below each name: of a module at the top, or of a folder."""
        for path in python_files:
            if in_project(path):
                *folders, name = path.split("/")
                for part in {*folders, name.removesuffix(".py")}:
                    self._files[part].append(path)

    def find(self, module: str, importer: str) -> str | None:
        """The first such file; None where there is none, or ``importer`` is the only one.

        A file in a package is not meant by its own name alone: that is most likely an installed package. Nor is a
        folder that has only setup.py, or scripts that nobody can import (``build-wheel.py``).
        """
        parts = module.split(".")
        for path in self._files.get(parts[0], ()):
            above = _above(path, parts)
            if above is None or path == importer or not _is_module(path):
                continue
            if len(parts) > 1 or not self._is_inside_package(above):
                return path
        return None

    def _is_inside_package(self, folder: str) -> bool:
        """Whether a folder is a package, or below one."""
        while folder:
            if self._tree.is_file(join(folder, "__init__.py")):
                return True
            folder = folder.rpartition("/")[0]
        return False


def _above(path: str, parts: Sequence[str]) -> str | None:
    """The folder on ``sys.path`` from which ``path`` is in the module of these names; None where there is none."""
    names = path.removesuffix(".py").split("/")
    for start in range(len(names) - len(parts) + 1):
        if names[start : start + len(parts)] == list(parts):
            return "/".join(names[:start])
    return None


def _is_module(path: str) -> bool:
    name = path.rpartition("/")[2].removesuffix(".py")
    return name.isidentifier() and name != "setup"
