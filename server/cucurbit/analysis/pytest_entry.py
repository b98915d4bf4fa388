"""How pytest imports a test file. Facts from its documentation (``rootdir``, ``pythonpath``, import modes)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from cucurbit.workspace.model import EntryKind, EntryPoint, Workspace

_FILES = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
"""Where pytest looks for its options, in this order."""

_PYTHONPATH = re.compile(r"^[ \t]*pythonpath\s*=\s*(\[[^\]]*\]|[^\n]*(?:\n[ \t][^\n=]+$)*)", re.MULTILINE)
_SECTION = re.compile(r"^\[(?:pytest|tool:pytest|tool\.pytest(?:\.ini_options)?)\]", re.MULTILINE)


def pytest_entry(workspace: Workspace, path: str) -> EntryPoint:
    """A test file as pytest imports it by default: its first folder without ``__init__.py`` is put on ``sys.path``.

    What an application's entry points have on ``sys.path`` may be there besides.
    """
    folder = posixpath.dirname(path)
    while folder and workspace.is_file(f"{folder}/__init__.py"):
        folder = posixpath.dirname(folder)
    module = path[len(folder) + 1 if folder else 0 :].removesuffix(".py").replace("/", ".")
    configured = tuple(_pythonpath(workspace, posixpath.dirname(path)))
    sys_path = tuple(dict.fromkeys((*configured, folder)))
    others = (each for entry in workspace.entry_points for each in (*entry.sys_path, *entry.fallback_path))
    fallback = tuple(each for each in dict.fromkeys(others) if each not in sys_path)
    return EntryPoint(
        kind=EntryKind.MODULE,
        target=path,
        path=path,
        module=module,
        startup="",
        directory=folder,
        sys_path=sys_path,
        fallback_path=fallback,
        environment=None,
        named_by=None,
    )


def _pythonpath(workspace: Workspace, folder: str) -> Iterator[str]:
    """The folders that the nearest configuration of pytest puts on ``sys.path``."""
    while True:
        for name in _FILES:
            text = workspace.text(f"{folder}/{name}" if folder else name) or ""
            section = _SECTION.search(text)
            if section is None:
                continue
            found = _PYTHONPATH.search(text, section.end())
            for each in re.findall(r"[^\s,\[\]\"']+", found[1]) if found is not None else ():
                joined = posixpath.normpath(posixpath.join(folder, each))
                if not joined.startswith(".."):
                    yield "" if joined == "." else joined
            return
        if not folder:
            return
        folder = posixpath.dirname(folder)
