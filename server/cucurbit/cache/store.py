"""Files of the cache: written whole or not at all, read only if they are what was written. Nothing raises.

It imports next to nothing, since a command that is answered from the cache does no more than to read it.
"""

from __future__ import annotations

import os

from cucurbit.workspace.tree.disk import CACHE_TAG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIMIT = 512 * 1024 * 1024
"""Bytes that the cache may hold; past them the oldest files go."""

RESULTS = "results"
FACTS = "facts"
_ROOMS = (RESULTS, FACTS)
_SUFFIX = ".cucurbit"
_UNFINISHED = ".part"
_AGE_OF_REMAINS = 3600.0
"""Seconds after which the file of a writer that was killed is removed."""

_DIGEST_SIZE = 16
_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# A cache of cucurbit. It may be removed at any time.\n"


def digest(*parts: bytes) -> bytes:
    """16 bytes that tell these parts from all others."""
    from _blake2 import blake2b

    total = blake2b(digest_size=_DIGEST_SIZE)
    for part in parts:
        total.update(b"%d\0" % len(part))
        total.update(part)
    return total.digest()


def file_name(key: bytes) -> str:
    """The name of the file that is kept under a key."""
    return key.hex() + _SUFFIX


def with_suffix(path: str) -> str:
    """The path of a file of the cache."""
    return path + _SUFFIX


def is_finished(name: str) -> bool:
    """Whether a file of this name is one of the cache, written to its end."""
    return name.endswith(_SUFFIX)


def read(path: str) -> bytes | None:
    """What :func:`write` wrote; None for anything else."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except (OSError, ValueError, MemoryError):
        return None
    payload = data[_DIGEST_SIZE:]
    return payload if data[:_DIGEST_SIZE] == digest(payload) else None


def write(cache: str, path: str, payload: bytes) -> bool:
    """Write one file of the cache for :func:`read`. Returns whether it is there."""
    return write_parts(cache, path, (digest(payload), payload))


def write_parts(cache: str, path: str, parts: Iterable[bytes]) -> bool:
    """Write ``path``, below the folder ``cache``, in one stroke. Returns whether it is there."""
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
    """Note that a file was of use."""
    try:
        os.utime(path)
    except OSError:
        pass


def files(cache: str) -> Iterator[os.DirEntry[str]]:
    """Every file that this program keeps in a cache folder; what others put there is none of its business."""
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
    """How many files the cache holds, and how many bytes."""
    sizes = [status.st_size for _, status in _statuses(cache)]
    return len(sizes), sum(sizes)


def _statuses(cache: str) -> Iterator[tuple[str, os.stat_result]]:
    for entry in files(cache):
        try:
            yield entry.path, os.stat(entry.path)
        except OSError:
            continue


def evict(cache: str, limit: int = LIMIT) -> None:
    """Remove the files that were not of use for longest, until a quarter of ``limit`` bytes is free again.

    Nothing happens while they are within ``limit``, but for what killed writers left.
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
    """Remove every file of the cache. Returns how many files went, and how many stayed."""
    gone = stayed = 0
    for entry in list(files(cache)):
        if remove(entry.path):
            gone += 1
        else:
            stayed += 1
    return gone, stayed


def remove(path: str) -> bool:
    """Remove a file of the cache. Returns whether it is gone."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        # The folder of a workspace goes with its last file.
        os.rmdir(os.path.dirname(path))
    except OSError:
        pass
    return True
