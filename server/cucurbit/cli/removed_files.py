"""A file tree of which some files do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cucurbit.workspace.tree.files import Content, Entry, FileTree


class Without:
    """A file tree with some files removed."""

    def __init__(self, below: FileTree, deleted: frozenset[str]) -> None:
        self._below = below
        self._deleted = deleted

    @property
    def root(self) -> str:
        return self._below.root

    def read(self, path: str) -> Content:
        return None if path in self._deleted else self._below.read(path)

    def entries(self, path: str) -> Sequence[Entry]:
        prefix = f"{path}/" if path else ""
        return [entry for entry in self._below.entries(path) if prefix + entry.name not in self._deleted]

    def is_file(self, path: str) -> bool:
        return path not in self._deleted and self._below.is_file(path)

    def is_dir(self, path: str) -> bool:
        return self._below.is_dir(path)

    def is_buffer(self, path: str) -> bool:
        return self._below.is_buffer(path)

    def with_changes(self, changed: Iterable[str], buffers: Mapping[str, str]) -> FileTree:
        return Without(self._below.with_changes(changed, buffers), self._deleted)

    def stale(self) -> list[str]:
        return self._below.stale()
