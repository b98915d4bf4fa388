"""Where the cache is. Nothing is imported that Python has not loaded when it starts."""

from __future__ import annotations

import os
import sys

FOLDER_VARIABLE = "CUCURBIT_CACHE_DIR"
OFF_VARIABLE = "CUCURBIT_NO_CACHE"


def is_switched_off() -> bool:
    """Whether the environment asks for no cache at all."""
    return os.environ.get(OFF_VARIABLE, "") not in {"", "0"}


def cache_folder(setting: str | None, root: str) -> str | None:
    """The absolute path of the cache folder; None where there can be none.

    That is what ``CUCURBIT_CACHE_DIR`` says, else ``setting`` (relative to ``root``), else the platform's place for
    caches: ``XDG_CACHE_HOME`` or ``~/.cache``, ``~/Library/Caches`` on macOS, ``LOCALAPPDATA`` on Windows.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return os.path.abspath(os.path.expanduser(named))
    if setting:
        return os.path.abspath(os.path.join(root, os.path.expanduser(setting)))
    base = _platform_folder()
    return os.path.join(base, "cucurbit") if base is not None and os.path.isabs(base) else None


def _platform_folder() -> str | None:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return base or os.path.join(os.path.expanduser("~"), "AppData", "Local")
    if sys.platform == "darwin":
        return os.path.join(os.path.expanduser("~"), "Library", "Caches")
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification has relative paths ignored.
    return base if os.path.isabs(base) else os.path.join(os.path.expanduser("~"), ".cache")
