"""The key of the user: an entry of the cache counts only if it was written with it.

A cache folder may lie where others write, such as a checkout. So each entry carries a keyed digest over its name and
its content, and the key lies in the user's own folder, where nothing of a workspace can name it.
"""

from __future__ import annotations

import os

from cucurbit.cache.folder import platform_cache

KEY_VARIABLE = "CUCURBIT_CACHE_KEY"
"""A secret that takes the place of the file, for machines that keep no home between runs."""

_SIZE = 32
_FILE = "key"


def user_key() -> bytes | None:
    """The key, which is made where there is none; None if it can neither be read nor made."""
    given = os.environ.get(KEY_VARIABLE)
    if given:
        from _blake2 import blake2b

        return blake2b(given.encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()
    folder = platform_cache()
    if folder is None:
        return None
    path = os.path.join(folder, _FILE)
    return _read(path) or _make(folder, path)


def _read(path: str) -> bytes | None:
    from cucurbit.workspace.tree.disk import load

    data = load(path)
    return data if isinstance(data, bytes) and len(data) == _SIZE else None


def _make(folder: str, path: str) -> bytes | None:
    """A new key. It is linked into place, so that of several processes one alone sets it, and none reads half of it."""
    temporary = f"{path}.{os.getpid()}-{os.urandom(6).hex()}"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, os.urandom(_SIZE))
        finally:
            os.close(descriptor)
        if _read(path) is None and os.path.lexists(path):
            os.unlink(path)
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            os.replace(temporary, path)
        if os.path.lexists(temporary):
            os.unlink(temporary)
    except OSError:
        return None
    return _read(path)
