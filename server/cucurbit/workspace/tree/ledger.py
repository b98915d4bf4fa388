"""The questions that were asked of the disk, with a seal (a digest of the answers). While it is the same, all results
are valid.

This module imports almost nothing, since a command that is answered from the cache only checks a seal.
"""

from __future__ import annotations

import os

from cucurbit.workspace.tree.disk import CACHE_TAG, is_inside, load, scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cucurbit.workspace.tree.disk import Listed, Loaded

SEAL_SIZE = 16
"""Bytes of a seal."""


class Asked:
    """Questions to the disk.

    The ``folders`` were listed, the ``files`` read, the ``links`` followed, and the ``places`` tested for being
    folders. ``base`` is the prefix of each path: the root and a slash, or nothing for absolute paths. ``seal`` is the
    digest of the answers.
    """

    __slots__ = ("base", "files", "folders", "links", "places", "seal")

    def __init__(
        self,
        base: str,
        folders: Sequence[str],
        files: Sequence[str],
        links: Sequence[str],
        places: Sequence[str],
        seal: bytes,
    ) -> None:
        self.base = base
        self.folders = folders
        self.files = files
        self.links = links
        self.places = places
        self.seal = seal

    def holds(self) -> bool:
        """Whether the answers of the disk are still the same."""
        base = self.base
        real_root = os.path.realpath(base) if self.links else ""
        return self.seal == seal(
            ((path, scan(base + path)) for path in self.folders),
            ((path, load(base + path)) for path in self.files),
            ((path, not is_inside(base + path, real_root)) for path in self.links),
            ((path, os.path.isdir(base + path)) for path in self.places),
        )


def seal(
    folders: Iterable[tuple[str, Sequence[Listed]]],
    files: Iterable[tuple[str, Loaded]],
    links: Iterable[tuple[str, bool]] = (),
    places: Iterable[tuple[str, bool]] = (),
) -> bytes:
    """The seal of answers: the listings of folders, the contents of files, the links that lead out, the places that are
    folders.

    Their order counts. Folders that are tagged as a program's cache are left out: they change from run to run, and are
    not read.
    """
    from _blake2 import blake2b

    total = blake2b(digest_size=SEAL_SIZE)
    add = total.update
    for path, entries in folders:
        listed = ((CACHE_TAG, False, False),) if (CACHE_TAG, False, False) in entries else entries
        parts = [f"{name}\0{is_dir:d}{is_link:d}" for name, is_dir, is_link in listed]
        data = "\0".join((path, *parts)).encode("utf-8", "surrogatepass")
        add(b"d%d\0" % len(data))
        add(data)
    for path, content in files:
        kind = b"b" if isinstance(content, bytes) else b"n" if content is None else b"r"
        data = content if isinstance(content, bytes) else (content or "").encode("utf-8", "surrogatepass")
        add(b"f%b%b\0%d\0" % (kind, path.encode("utf-8", "surrogatepass"), len(data)))
        add(data)
    for name, answers in ((b"l", links), (b"p", places)):
        for path, answer in answers:
            add(b"%b%b\0%d" % (name, path.encode("utf-8", "surrogatepass"), answer))
    return total.digest()
