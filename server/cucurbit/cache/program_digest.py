"""A digest of what results depend on besides the workspace: this program, its packages, and the Python that runs it."""

from __future__ import annotations

import os
import sys

from cucurbit import __version__
from cucurbit.cache.store import digest

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_SITES = ("site-packages", "dist-packages")


def program_digest() -> bytes:
    """16 bytes that change with the code of this program, with its packages, and with the Python that runs it.

    If this program is installed, its code is identified by the installer's list of files (``RECORD``), so that the
    digest is equal wherever the same distribution is installed. In a source tree, the state of its files counts.
    """
    packages = sorted(
        name
        for folder in sys.path
        if folder.endswith(_SITES)
        for name in _names(folder)
        if name.endswith((".dist-info", ".egg-info"))
    )
    parts = (__version__, sys.version, sys.platform, sys.getfilesystemencoding(), *packages)
    return digest(*(part.encode("utf-8", "surrogatepass") for part in parts), _code())


def _code() -> bytes:
    beside = os.path.join(os.path.dirname(_PACKAGE), f"cucurbit-{__version__}.dist-info", "RECORD")
    try:
        with open(beside, "rb") as file:
            return file.read()
    except OSError:
        return "\n".join(_states(_PACKAGE)).encode("utf-8", "surrogatepass")


def _states(folder: str) -> list[str]:
    found = []
    try:
        with os.scandir(folder) as iterator:
            for entry in iterator:
                if entry.is_dir():
                    found += _states(entry.path) if entry.name != "__pycache__" else []
                elif entry.name.endswith((".py", ".md")):
                    status = entry.stat()
                    found.append(f"{entry.path} {status.st_size} {status.st_mtime_ns}")
    except OSError:
        return [folder]
    return sorted(found)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
