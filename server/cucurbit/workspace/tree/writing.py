"""Writes files completely or not at all; several files only if all can be written."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

from cucurbit.workspace.tree.disk import is_inside

LEADS_OUT = "a link leads out of the workspace"


def write_whole(path: str, data: bytes, root: str | os.PathLike[str] | None = None) -> None:
    """Write ``data`` to a file; the old content remains until all of it is written.

    For a path in the workspace ``root`` nothing is written outside of it: a repository may contain links to elsewhere.

    Raises:
        OSError: the file cannot be written, or a link leads out of the workspace.
    """
    if root is not None and _is_below(os.path.abspath(path), os.path.abspath(root)) and not stays(root, path):
        raise OSError(errno.EPERM, LEADS_OUT)
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
    """Write ``data`` to a file beside ``final``, with its mode, ready to replace it. Returns the path.

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


@dataclass(frozen=True)
class Change:
    """The content of a file before and after; None: no file. ``before`` is what the change was made for."""

    before: bytes | None
    after: bytes | None


class Unwritable(Exception):
    """Why nothing was written. ``is_changed``: a file does not have the content that its change was made for."""

    def __init__(self, path: str, reason: str, *, is_changed: bool = False) -> None:
        super().__init__(f"{path} {reason}")
        self.is_changed = is_changed


def write_files(root: str | os.PathLike[str], changes: Mapping[str, Change]) -> None:
    """Change files, by their paths under ``root``. All are first written beside the old ones; file modes are kept.

    Raises:
        Unwritable: a file cannot be written, is outside of ``root`` if links are followed, or does not have the
            expected content. Nothing is changed then.
    """
    _check(root, changes)
    prepared: dict[str, str] = {}
    path = ""
    try:
        for path, change in changes.items():
            if change.after is not None:
                prepared[path] = prepare(_real(root, path), change.after)
        for path, temporary in prepared.items():
            os.replace(temporary, _real(root, path))
        for path, change in changes.items():
            if change.after is None:
                os.unlink(_real(root, path))
    except OSError as error:
        raise Unwritable(path, f"cannot be written: {_reason(error)}") from None
    finally:
        for temporary in prepared.values():
            if os.path.exists(temporary):
                os.unlink(temporary)


def _check(root: str | os.PathLike[str], changes: Mapping[str, Change]) -> None:
    for path, change in changes.items():
        if not stays(root, path):
            raise Unwritable(path, f"cannot be written: {LEADS_OUT}")
        if _content(root, path) != change.before:
            raise Unwritable(path, "changed while it was being fixed", is_changed=True)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _content(root: str | os.PathLike[str], path: str) -> bytes | None:
    try:
        with open(_real(root, path), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unwritable(path, f"cannot be read: {_reason(error)}") from None


def stays(root: str | os.PathLike[str], path: str) -> bool:
    """Whether ``path``, relative to ``root`` or absolute, stands below it, dangling links followed too."""
    return is_inside(os.path.join(root, path), os.path.realpath(root))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _real(root: str | os.PathLike[str], path: str) -> str:
    """The real path of a file, so that a link to it is kept."""
    return os.path.realpath(os.path.join(root, path))
