"""The folder of the cache. This module imports only what Python has already loaded at its start."""

from __future__ import annotations

import os
import sys

FOLDER_VARIABLE = "CUCURBIT_CACHE_DIR"
OFF_VARIABLE = "CUCURBIT_NO_CACHE"


def is_switched_off() -> bool:
    """Whether the environment switches the cache off."""
    return os.environ.get(OFF_VARIABLE, "") not in {"", "0"}


def cache_folder(setting: str | None, root: str) -> str | None:
    """The absolute path of the cache folder; None if there is none.

    It is ``CUCURBIT_CACHE_DIR``, else ``setting`` (relative to ``root``; no file of a workspace can set it), else
    :func:`platform_cache`.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return os.path.abspath(os.path.expanduser(named))
    if setting:
        return os.path.abspath(os.path.join(root, os.path.expanduser(setting)))
    return platform_cache()


def platform_cache() -> str | None:
    """A folder of this program in the platform's folder for caches; None if that is not known.

    That is ``XDG_CACHE_HOME`` or ``~/.cache``, ``~/Library/Caches`` on macOS, ``LOCALAPPDATA`` on Windows.
    """
    base = _platform_folder()
    return os.path.join(base, "cucurbit") if base is not None and os.path.isabs(base) else None


def _platform_folder() -> str | None:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return base or os.path.join(os.path.expanduser("~"), "AppData", "Local")
    if sys.platform == "darwin":
        return os.path.join(os.path.expanduser("~"), "Library", "Caches")
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says that relative paths are ignored.
    return base if os.path.isabs(base) else os.path.join(os.path.expanduser("~"), ".cache")
