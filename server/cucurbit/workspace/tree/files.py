"""The files of a workspace at one moment: a folder on disk, or values, overlaid with the open buffers of an editor.

Paths are text, relative to the root, with ``/``; the root is ``""``. Names that are not UTF-8 carry surrogate escapes,
as :func:`os.fsdecode` makes them. No method raises because of a file: one that cannot be read is
:class:`Unreadable` or None.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from cucurbit.source.text import SourceText
from cucurbit.workspace.tree import disk
from cucurbit.workspace.tree.disk import SIZE_LIMIT
from cucurbit.workspace.tree.ledger import Asked, seal

__all__ = [
    "SIZE_LIMIT",
    "Content",
    "DiskTree",
    "Entry",
    "FileTree",
    "MemoryTree",
    "Overlay",
    "Unreadable",
    "ancestors",
    "join",
    "normalise",
    "parent",
]


@dataclass(frozen=True)
class Unreadable:
    """Why a file that exists cannot be used."""

    reason: str


Content: TypeAlias = bytes | str | Unreadable | None
"""The content of a file: bytes from disk, text from an editor, a reason, or None if it does not exist."""


@dataclass(frozen=True)
class Entry:
    """One name in a folder. ``is_link``: it is a symbolic link, to whatever."""

    name: str
    is_dir: bool
    is_link: bool = False


class FileTree(Protocol):
    """An immutable view of files: the same question always has the same answer."""

    @property
    def root(self) -> str:
        """The absolute path of the root, with ``/`` and without a trailing one."""

    def read(self, path: str) -> Content: ...

    def entries(self, path: str) -> Sequence[Entry]:
        """The entries of a folder, sorted by name; empty if it is not a folder or cannot be read."""

    def is_file(self, path: str) -> bool: ...

    def is_dir(self, path: str) -> bool: ...

    def is_buffer(self, path: str) -> bool:
        """Whether the content is an editor's, not the disk's."""

    def with_changes(self, changed: Iterable[str], buffers: Mapping[str, str]) -> FileTree:
        """A later view: ``changed`` paths are read again, ``buffers`` replace all earlier buffers."""

    def stale(self) -> list[str]:
        """The paths that were read and have changed on disk since, for :meth:`with_changes`."""


def normalise(path: str) -> str | None:
    """``path`` relative to the root, normalised; None if it is outside the root."""
    clean = posixpath.normpath(path) if path else ""
    if clean == ".":
        return ""
    if clean == ".." or clean.startswith(("/", "../")):
        return None
    return clean


def join(folder: str, name: str) -> str:
    """``folder/name``, for a folder relative to the root."""
    return f"{folder}/{name}" if folder else name


def parent(path: str) -> str:
    """The folder of ``path``; ``""`` for a path in the root."""
    return path.rpartition("/")[0]


def ancestors(path: str) -> list[str]:
    """The folders of ``path``, the nearest first, the root last."""
    found = []
    while path:
        path = parent(path)
        found.append(path)
    return found


_LONGEST = 4_096
"""Characters of a path. No system has longer ones."""


class _Listings:
    """Questions about existence, answered from folder listings (which are exact about case on every system)."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Entry, ...]] = {}
        self._kinds: dict[str, dict[str, bool]] = {}

    def _list(self, path: str) -> tuple[Entry, ...]:
        raise NotImplementedError

    def entries(self, path: str) -> Sequence[Entry]:
        found = self._entries.get(path)
        if found is None:
            found = self._list(path)
            self._entries[path] = found
        return found

    def kinds(self, path: str) -> Mapping[str, bool]:
        """The names in a folder, each with whether it is a folder."""
        found = self._kinds.get(path)
        if found is None:
            found = {entry.name: entry.is_dir for entry in self.entries(path)}
            self._kinds[path] = found
        return found

    def _kind(self, path: str) -> bool | None:
        if len(path) > _LONGEST:
            return None
        folder, _, name = path.rpartition("/")
        # A name that was listed exists. Not by recursion: a file may name a path of any depth.
        unlisted = []
        above = folder
        while above and above not in self._kinds:
            unlisted.append(above)
            above = parent(above)
        for each in reversed(unlisted):
            if self.kinds(parent(each)).get(each.rpartition("/")[2]) is not True:
                return None
        return self.kinds(folder).get(name)

    def is_dir(self, path: str) -> bool:
        return path == "" or self._kind(path) is True

    def is_file(self, path: str) -> bool:
        return path != "" and self._kind(path) is False


def _sorted(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.name))


class MemoryTree(_Listings):
    """Files that are values; text counts as its UTF-8 bytes."""

    def __init__(self, files: Mapping[str, str | bytes], root: str = "/workspace") -> None:
        super().__init__()
        self._root = root
        self._files = {
            path: data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
            for path, data in files.items()
        }
        self._folders: dict[str, dict[str, Entry]] = {"": {}}
        for path in self._files:
            self._add(path, is_dir=False)

    def _add(self, path: str, *, is_dir: bool) -> None:
        folder, _, name = path.rpartition("/")
        if folder and folder not in self._folders:
            self._folders[folder] = {}
            self._add(folder, is_dir=True)
        self._folders[folder][name] = Entry(name, is_dir)

    @property
    def root(self) -> str:
        return self._root

    def _list(self, path: str) -> tuple[Entry, ...]:
        return _sorted(self._folders.get(path, {}).values())

    def read(self, path: str) -> Content:
        data = self._files.get(path)
        if data is None:
            return Unreadable("it is a folder") if path in self._folders else None
        return data if len(data) <= SIZE_LIMIT else Unreadable(disk.too_large(len(data)))

    def is_buffer(self, path: str) -> bool:  # noqa: ARG002
        return False

    def with_changes(self, changed: Iterable[str], buffers: Mapping[str, str]) -> FileTree:  # noqa: ARG002
        return Overlay(self, buffers) if buffers else self

    def stale(self) -> list[str]:
        return []


class DiskTree(_Listings):
    """A folder on disk. Each file and folder is read at most once.

    ``check`` is called at every question. An exception that it raises is passed on; the question can be asked again.
    """

    def __init__(self, root: str, check: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._check = check
        self._root = os.path.abspath(root).replace(os.sep, "/").rstrip("/")
        self._real_root = os.path.realpath(root)
        self._contents: dict[str, Content] = {}
        self._link_names: dict[str, frozenset[str]] = {}
        self._outside: dict[str, bool] = {"": False}

    @property
    def root(self) -> str:
        return self._root

    def _absolute(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root or "/"

    def _list(self, path: str) -> tuple[Entry, ...]:
        if self._check is not None:
            self._check()
        found = disk.scan(self._absolute(path))
        self._link_names[path] = frozenset([name for name, _, is_link in found if is_link])
        return tuple([Entry(*each) for each in found])

    def read(self, path: str) -> Content:
        if self._check is not None:
            self._check()
        if path not in self._contents:
            self._contents[path] = self._read(path)
        return self._contents[path]

    def _read(self, path: str) -> Content:
        if not self.is_file(path):
            return Unreadable("it is a folder") if self.is_dir(path) else None
        if self._leads_outside(path):
            return Unreadable("it is a link that leads out of the workspace")
        loaded = disk.load(self._absolute(path))
        return Unreadable(loaded) if isinstance(loaded, str) else loaded

    def _leads_outside(self, path: str) -> bool:
        """Whether an existing path is outside of the root, which is only possible through a link."""
        # Not by recursion: folders can be nested deeper than Python can call.
        below: list[str] = []
        while True:
            folder, _, name = path.rpartition("/")
            is_link = name in self._link_names[folder]
            if is_link and path not in self._outside:
                self._outside[path] = not disk.is_inside(self._absolute(path), self._real_root)
            known = self._outside.get(path if is_link else folder)
            if known is not None:
                break
            below.append(folder)
            self.entries(parent(folder))
            path = folder
        self._outside.update(dict.fromkeys(below, known))
        return known

    def is_buffer(self, path: str) -> bool:  # noqa: ARG002
        return False

    def asked(self) -> Asked:
        """The questions to the disk so far, with a digest of the answers."""
        # git often writes into its folder; only one file in it is read, which is recorded separately.
        folders = [
            (path, [(each.name, each.is_dir, each.is_link) for each in self._entries[path]])
            for path in sorted(self._entries)
            if path != ".git" and not path.startswith(".git/")
        ]
        files = [
            (path, each.reason if isinstance(each, Unreadable) else each)
            for path, each in sorted(self._contents.items())
            if self._is_asked_for(path)
        ]
        links = [
            (path, is_outside) for path, is_outside in sorted(self._outside.items()) if path and self._is_link(path)
        ]
        return Asked(
            f"{self._root}/",
            [path for path, _ in folders],
            [path for path, _ in files],
            [path for path, _ in links],
            (),
            seal(folders, files, links),
        )

    def _is_asked_for(self, path: str) -> bool:
        """Whether the content of ``path`` must be recorded besides the listings."""
        return path.startswith(".git/") or (self.is_file(path) and not self._leads_outside(path))

    def _is_link(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return name in self._link_names.get(folder, ())

    def with_changes(self, changed: Iterable[str], buffers: Mapping[str, str]) -> FileTree:
        later = self._again(set(changed))
        return Overlay(later, buffers) if buffers else later

    def stale(self) -> list[str]:
        found = []
        for folder, entries in list(self._entries.items()):
            if folder == ".git" or folder.startswith(".git/"):
                continue
            now = {Entry(*each) for each in disk.scan(self._absolute(folder))}
            found += sorted({join(folder, each.name) for each in now.symmetric_difference(entries)})
        for path, content in list(self._contents.items()):
            if isinstance(content, bytes) and disk.load(self._absolute(path)) != content:
                found.append(path)
        return found

    def _again(self, changed: set[str]) -> DiskTree:
        if not changed:
            return self
        later = DiskTree.__new__(DiskTree)
        _Listings.__init__(later)
        later._check = self._check
        later._root = self._root
        later._real_root = self._real_root
        # If a folder was created or removed, everything below it must be read again.
        stale = tuple(path + "/" for path in changed)
        folders = {folder for path in changed for folder in ancestors(path)} | changed
        later._contents = {
            path: data for path, data in self._contents.items() if path not in changed and not path.startswith(stale)
        }
        later._entries = {
            path: found for path, found in self._entries.items() if path not in folders and not path.startswith(stale)
        }
        later._kinds = {path: kinds for path, kinds in self._kinds.items() if path in later._entries}
        later._link_names = {path: names for path, names in self._link_names.items() if path in later._entries}
        later._outside = {
            path: value for path, value in self._outside.items() if path not in folders and not path.startswith(stale)
        }
        later._outside[""] = False
        return later


class Overlay(_Listings):
    """Editor buffers over another tree. A buffer exists whether or not the file was ever saved."""

    def __init__(self, below: FileTree, buffers: Mapping[str, str]) -> None:
        super().__init__()
        self._below = below
        self._buffers = dict(buffers)
        self._added: dict[str, dict[str, Entry]] = {}
        for path in self._buffers:
            for each in [path, *ancestors(path)]:
                folder, _, name = each.rpartition("/")
                if name:
                    self._added.setdefault(folder, {})[name] = Entry(name, is_dir=each != path)

    @property
    def root(self) -> str:
        return self._below.root

    def _list(self, path: str) -> tuple[Entry, ...]:
        below = self._below.entries(path)
        added = self._added.get(path)
        if not added:
            return tuple(below)
        names = {entry.name for entry in below}
        return _sorted([*below, *(entry for name, entry in added.items() if name not in names)])

    @property
    def below(self) -> FileTree:
        return self._below

    def is_saved(self) -> bool:
        """Whether every buffer equals the file in the tree below, so it does not matter which of them is read."""
        return all(_is_text_of(path, self._below.read(path), text) for path, text in self._buffers.items())

    def read(self, path: str) -> Content:
        text = self._buffers.get(path)
        return text if text is not None else self._below.read(path)

    def is_buffer(self, path: str) -> bool:
        return path in self._buffers

    def with_changes(self, changed: Iterable[str], buffers: Mapping[str, str]) -> FileTree:
        return self._below.with_changes(changed, buffers)

    def stale(self) -> list[str]:
        return self._below.stale()


def _is_text_of(path: str, content: Content, text: str) -> bool:
    """Whether ``text`` and a file's content are the same for every reader."""
    if not isinstance(content, bytes):
        return content == text
    try:
        if content.decode() != text:
            return False
    except UnicodeDecodeError:
        return False
    source = SourceText.decode(content) if path.endswith(".py") else None
    return source is None or (source.problem is None and source.text == text)
