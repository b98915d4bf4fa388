"""Questions to the disk outside the workspace: installed packages. Each is asked once and recorded."""

from __future__ import annotations

import os

from cucurbit.workspace.tree import disk
from cucurbit.workspace.tree.ledger import Asked, seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from cucurbit.workspace.tree.disk import Listed, Loaded


class Outside:
    """Answers about absolute paths, which never change. No method raises."""

    def __init__(self) -> None:
        self._folders: dict[str, list[Listed]] = {}
        self._names: dict[str, dict[str, None]] = {}
        self._files: dict[str, Loaded] = {}
        self._places: dict[str, bool] = {}
        self.complete = True
        """False after something was read that cannot be recorded."""

    def names(self, folder: str) -> Collection[str]:
        """The names in a folder, sorted; none if it cannot be read."""
        found = self._names.get(folder)
        if found is None:
            self._folders[folder] = disk.scan(folder)
            found = self._names[folder] = dict.fromkeys([name for name, _, _ in self._folders[folder]])
        return found

    def read(self, file: str) -> bytes | None:
        """The content of a file; None if it cannot be read."""
        if file not in self._files:
            self._files[file] = disk.load(file)
        found = self._files[file]
        return found if isinstance(found, bytes) else None

    def is_dir(self, path: str) -> bool:
        found = self._places.get(path)
        if found is None:
            found = self._places[path] = os.path.isdir(path)
        return found

    def asked(self) -> Asked | None:
        """The questions so far, with a seal of the answers; None if they are not complete."""
        if not self.complete:
            return None
        answers = seal(self._folders.items(), self._files.items(), (), self._places.items())
        return Asked("", list(self._folders), list(self._files), (), list(self._places), answers)
