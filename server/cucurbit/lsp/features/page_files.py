"""Timeline pages written to disk for the browser."""

from __future__ import annotations

import hashlib
import os
import tempfile


class PageFiles:
    """Pages in a temporary folder that only this user can read. The folder is removed when the server ends."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def write(self, name: str, text: str) -> str:
        """Write a page; it replaces one of the same name. Returns its absolute path.

        Raises:
            OSError: it cannot be written.
        """
        if self._folder is None or not os.path.isdir(self._folder.name):
            self._folder = tempfile.TemporaryDirectory(prefix="cucurbit-")
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        path = os.path.join(self._folder.name, f"timeline-{digest}.html")
        with open(f"{path}.new", "w", encoding="ascii") as stream:
            stream.write(text)
        os.replace(f"{path}.new", path)
        return path

    def close(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
