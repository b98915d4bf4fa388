"""Reads and writes files of the cache, completely or not at all. No function raises an exception.

This module imports almost nothing, as a command that is answered from the cache does little else than read it.
"""

from __future__ import annotations

import os

from cucurbit.cache.key import user_key
from cucurbit.workspace.tree.disk import CACHE_TAG, OPEN_FLAGS
from cucurbit.workspace.tree.disk import load as load_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import FileIO

LIMIT = 512 * 1024 * 1024
"""The maximum size of the cache in bytes; above it the oldest files are removed."""

RESULTS = "results"
FACTS = "facts"
_ROOMS = (RESULTS, FACTS)
_SUFFIX = ".cucurbit"
_UNFINISHED = ".part"
_AGE_OF_REMAINS = 3600.0
"""Seconds after which the unfinished file of a killed process is removed."""

_DIGEST_SIZE = 16
_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# A cache of cucurbit. It may be removed at any time.\n"


def digest(*parts: bytes) -> bytes:
    """A digest of 16 bytes of these parts."""
    from _blake2 import blake2b

    total = blake2b(digest_size=_DIGEST_SIZE)
    for part in parts:
        total.update(b"%d\0" % len(part))
        total.update(part)
    return total.digest()


def signature(key: bytes, *parts: bytes) -> bytes:
    """A digest of 16 bytes that only who knows ``key`` can make."""
    from _blake2 import blake2b

    total = blake2b(digest_size=_DIGEST_SIZE, key=key)
    for part in parts:
        total.update(b"%d\0" % len(part))
        total.update(part)
    return total.digest()


def file_name(key: bytes) -> str:
    """The name of the file for a key."""
    return key.hex() + _SUFFIX


def with_suffix(path: str) -> str:
    """The path of a cache file, with its suffix."""
    return path + _SUFFIX


def is_finished(name: str) -> bool:
    """Whether a file of this name is a complete cache file."""
    return name.endswith(_SUFFIX)


def read(path: str) -> bytes | None:
    """The content that :func:`write` wrote; None if the file does not exist, is damaged, or is not the user's own."""
    try:
        data = load_file(path, LIMIT)
    except MemoryError:
        return None
    key = user_key() if isinstance(data, bytes) else None
    if key is None or not isinstance(data, bytes):
        return None
    payload = data[_DIGEST_SIZE:]
    return payload if data[:_DIGEST_SIZE] == signature(key, _name(path), payload) else None


def _name(path: str) -> bytes:
    return os.path.basename(path).encode("utf-8", "surrogatepass")


def open_regular(path: str) -> FileIO:
    """A regular file, opened for reading: a pipe would block for ever, a device might never end.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    from io import FileIO
    from stat import S_ISREG

    descriptor = os.open(path, OPEN_FLAGS)
    if not S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is no regular file")
    return FileIO(descriptor, "rb")


def write(cache: str, path: str, payload: bytes) -> bool:
    """Write one cache file for :func:`read`. Returns whether that succeeded."""
    key = user_key()
    return key is not None and write_parts(cache, path, (signature(key, _name(path), payload), payload))


def write_parts(cache: str, path: str, parts: Iterable[bytes]) -> bool:
    """Write ``path``, below the folder ``cache``, atomically. Returns whether that succeeded."""
    unfinished = f"{path}.{os.getpid()}-{os.urandom(6).hex()}{_UNFINISHED}"
    try:
        _make(cache, os.path.dirname(path))
        try:
            with open(unfinished, "xb") as file:
                file.writelines(parts)
            os.replace(unfinished, path)
        except BaseException:
            os.unlink(unfinished)
            raise
    except (OSError, ValueError, MemoryError):
        return False
    return True


def _make(cache: str, folder: str) -> None:
    os.makedirs(folder, mode=0o700, exist_ok=True)
    for name, text in ((CACHE_TAG, _TAG), (".gitignore", b"*\n")):
        path = os.path.join(cache, name)
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.write(text)


def touch(path: str) -> None:
    """Mark a file as used now."""
    try:
        os.utime(path)
    except OSError:
        pass


def files(cache: str) -> Iterator[os.DirEntry[str]]:
    """Every file of this program in a cache folder; other files are ignored."""
    for room in _ROOMS:
        yield from _below(os.path.join(cache, room), 2)


def _below(folder: str, depth: int) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as iterator:
            entries = list(iterator)
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, depth - 1) if depth > 1 else ()
            elif entry.name.endswith((_SUFFIX, _UNFINISHED)) and entry.is_file(follow_symlinks=False):
                yield entry
        except OSError:
            continue


def size(cache: str) -> tuple[int, int]:
    """The number of files in the cache, and their size in bytes."""
    sizes = [status.st_size for _, status in _statuses(cache)]
    return len(sizes), sum(sizes)


def _statuses(cache: str) -> Iterator[tuple[str, os.stat_result]]:
    for entry in files(cache):
        try:
            yield entry.path, os.stat(entry.path)
        except OSError:
            continue


def evict(cache: str, limit: int = LIMIT) -> None:
    """If the files exceed ``limit`` bytes, remove the least recently used ones until a quarter of it is free.

    Unfinished files of killed processes are removed in any case.
    """
    import time

    now = time.time()
    found = []
    for path, status in _statuses(cache):
        if path.endswith(_UNFINISHED):
            if status.st_mtime < now - _AGE_OF_REMAINS:
                remove(path)
        else:
            found.append((status.st_mtime, status.st_size, path))
    total = sum(each for _, each, _ in found)
    if total <= limit:
        return
    for _, each, path in sorted(found):
        if total <= limit - limit // 4:
            return
        if remove(path):
            total -= each


def clear(cache: str) -> tuple[int, int]:
    """Remove every file of the cache. Returns how many files were removed, and how many could not be."""
    gone = stayed = 0
    for entry in list(files(cache)):
        if remove(entry.path):
            gone += 1
        else:
            stayed += 1
    return gone, stayed


def remove(path: str) -> bool:
    """Remove a cache file. Returns whether it no longer exists."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        # The folder of a workspace is removed with its last file.
        os.rmdir(os.path.dirname(path))
    except OSError:
        pass
    return True
