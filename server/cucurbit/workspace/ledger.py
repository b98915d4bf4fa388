"""What was asked of the disk, and a seal over the answers: where it still fits, all that follows from them holds.

It imports next to nothing, since a command that is answered from the cache does no more than to check a seal.
"""

from __future__ import annotations

from cucurbit.workspace.disk import CACHE_TAG, is_inside, load, scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cucurbit.workspace.disk import Listed, Loaded

SEAL_SIZE = 16
"""Bytes of a seal."""


class Asked:
    """The folders that were listed, the files that were read and the links that were followed below ``root``.

    ``root`` is absolute, the paths are relative to it. ``seal`` is taken of what the disk answered.
    """

    __slots__ = ("files", "folders", "links", "root", "seal")

    def __init__(
        self, root: str, folders: Sequence[str], files: Sequence[str], links: Sequence[str], seal: bytes
    ) -> None:
        self.root = root
        self.folders = folders
        self.files = files
        self.links = links
        self.seal = seal

    def holds(self, real_root: str) -> bool:
        """Whether the disk answers the same now; ``real_root`` is the root with its links followed."""
        base = self.root + "/"
        return self.seal == seal(
            ((path, scan(base + path)) for path in self.folders),
            ((path, load(base + path)) for path in self.files),
            ((path, not is_inside(base + path, real_root)) for path in self.links),
        )


def seal(
    folders: Iterable[tuple[str, Sequence[Listed]]],
    files: Iterable[tuple[str, Loaded]],
    links: Iterable[tuple[str, bool]],
) -> bytes:
    """The seal of answers: what folders list, what files hold, which links lead out. Their order counts.

    What stands in the cache folder of a program is left out: it changes from run to run, and nothing reads it.
    """
    from _blake2 import blake2b

    total = blake2b(digest_size=SEAL_SIZE)
    for path, entries in folders:
        if (CACHE_TAG, False, False) in entries:
            entries = ((CACHE_TAG, False, False),)  # noqa: PLW2901
        parts = [f"{name}\0{is_dir:d}{is_link:d}" for name, is_dir, is_link in entries]
        data = "\0".join((path, *parts)).encode("utf-8", "surrogateescape")
        total.update(b"d%d\0" % len(data))
        total.update(data)
    for path, content in files:
        kind = b"b" if isinstance(content, bytes) else b"n" if content is None else b"r"
        data = content if isinstance(content, bytes) else (content or "").encode("utf-8", "surrogateescape")
        total.update(b"%b%b\0%d\0" % (kind, path.encode("utf-8", "surrogateescape"), len(data)))
        total.update(data)
    for path, leads_outside in links:
        total.update(b"l%b\0%d" % (path.encode("utf-8", "surrogateescape"), leads_outside))
    return total.digest()
