"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile


def write_whole(path: str, data: bytes) -> None:
    """Put ``data`` into a file; what stood there stays until all of it is written.

    Raises:
        OSError: the file cannot be written.
    """
    final = os.path.realpath(path)
    if os.path.exists(final) and not os.path.isfile(final):
        # A device or a pipe cannot be replaced.
        with open(final, "wb") as file:
            file.write(data)
        return
    temporary = prepare(final, data)
    try:
        os.replace(temporary, final)
    except BaseException:
        os.unlink(temporary)
        raise


def prepare(final: str, data: bytes) -> str:
    """Write ``data`` beside the file ``final``, with its mode, to be put in its place at once. Returns the path.

    Raises:
        OSError: it cannot be written.
    """
    os.makedirs(os.path.dirname(final), exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".cucurbit-", dir=os.path.dirname(final))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(final):
            shutil.copymode(final, temporary)
        else:
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)
    except BaseException:
        os.unlink(temporary)
        raise
    return temporary
