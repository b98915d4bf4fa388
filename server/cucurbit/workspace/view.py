"""The files and folders of a workspace, and the modules in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cucurbit.workspace.model import ModuleSpec
from cucurbit.workspace.modules.finder import ModuleFinder
from cucurbit.workspace.tree.files import FileTree


class View:
    """The part of :class:`cucurbit.workspace.model.Workspace` that the tree of files alone answers."""

    def __init__(self, tree: FileTree) -> None:
        self._tree = tree
        self._finder = ModuleFinder(tree)

    @property
    def tree(self) -> FileTree:
        return self._tree

    @property
    def root(self) -> str:
        return self._tree.root

    def is_file(self, path: str) -> bool:
        return self._tree.is_file(path)

    def is_dir(self, path: str) -> bool:
        return self._tree.is_dir(path)

    def listdir(self, path: str) -> Sequence[str]:
        return [entry.name for entry in self._tree.entries(path)]

    def find_spec(self, name: str, search: Iterable[str]) -> ModuleSpec | None:
        return self._finder.find_spec(name, search)
