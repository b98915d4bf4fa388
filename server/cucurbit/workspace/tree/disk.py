"""Reads folders and files from disk. No function raises an exception.

This module imports almost nothing, since a command that is answered from the cache does little else than read files.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Listed: TypeAlias = tuple[str, bool, bool]
    """One name in a folder, whether it is a folder, and whether it is a symbolic link."""

    Loaded: TypeAlias = bytes | str | None
    """The content of a file, else why it cannot be used, or None if it does not exist."""

SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes beyond which a file is not read."""

CACHE_TAG = "CACHEDIR.TAG"
"""A folder with this file is the cache of some program: its contents may change at any time."""

OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
# Only a regular file is opened for reading, since a named pipe would block for ever.


def scan(folder: str) -> list[Listed]:
    """The entries of a folder, by name; empty if it is not a folder or cannot be read. Broken links are left out."""
    found: list[Listed] = []
    try:
        with os.scandir(folder) as iterator:
            for item in iterator:
                try:
                    is_link = item.is_symlink()
                    is_dir = item.is_dir()
                except OSError:
                    continue
                if is_link and not is_dir and not os.path.exists(item.path):
                    continue
                found.append((item.name, is_dir, is_link))
    except (OSError, ValueError):
        return []
    found.sort()
    return found


def load(path: str, limit: int = SIZE_LIMIT) -> Loaded:
    """The content of a regular file of at most ``limit`` bytes."""
    try:
        descriptor = os.open(path, OPEN_FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        return _reason(error)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return "it is not a regular file"
        if status.st_size > limit:
            return too_large(status.st_size)
        return _read_all(descriptor, status.st_size, limit)
    except OSError as error:
        return _reason(error)
    finally:
        os.close(descriptor)


def _read_all(descriptor: int, size: int, limit: int) -> Loaded:
    data = os.read(descriptor, size + 1)
    if len(data) == size:
        return data
    # It grows or shrinks while it is read, or has no known size.
    chunks = [data]
    left = limit + 1 - len(data)
    while data and left > 0:
        data = os.read(descriptor, min(left, 65536))
        chunks.append(data)
        left -= len(data)
    return b"".join(chunks) if left > 0 else too_large(limit + 1)


def too_large(size: int) -> str:
    """The reason why a file of ``size`` bytes is not read."""
    return f"it is larger than {SIZE_LIMIT // (1024 * 1024)} MiB ({size} bytes)"


def _reason(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) else str(error)
    return (text or "it cannot be opened").lower()


def is_inside(path: str, root: str) -> bool:
    """Whether ``path``, after following links, is ``root`` (a real path) or below it."""
    real = os.path.realpath(path)
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)


def digest(data: bytes) -> bytes:
    """A digest of 16 bytes that identifies this content."""
    from _blake2 import blake2b

    return blake2b(data, digest_size=16).digest()
