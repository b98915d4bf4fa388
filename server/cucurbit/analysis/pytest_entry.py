"""How pytest imports a test file. Facts from its documentation (``rootdir``, ``pythonpath``, import modes)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from cucurbit.workspace.model import EntryKind, EntryPoint, Workspace
from cucurbit.workspace.settings.pytest_config import PytestConfig, pytest_config


def pytest_entry(workspace: Workspace, path: str) -> EntryPoint:
    """A test file as pytest imports it, by the import mode that its configuration names.

    What an application's entry points have on ``sys.path`` may be there besides.
    """
    folder = posixpath.dirname(path)
    config = pytest_config(workspace.text, folder)
    root = _import_root(workspace, folder)
    module = path[len(root) + 1 if root else 0 :].removesuffix(".py").replace("/", ".")
    sys_path = tuple(dict.fromkeys(_sys_path(workspace, config, folder)))
    others = (each for entry in workspace.entry_points for each in (*entry.sys_path, *entry.fallback_path))
    fallback = tuple(each for each in dict.fromkeys(others) if each not in sys_path)
    return EntryPoint(
        kind=EntryKind.MODULE,
        target=path,
        path=path,
        module=module,
        startup="",
        directory=root,
        sys_path=sys_path,
        fallback_path=fallback,
        environment=None,
        named_by=None,
    )


def _sys_path(workspace: Workspace, config: PytestConfig, folder: str) -> Iterator[str]:
    """``pythonpath``, and the import roots of the test and of each ``conftest.py`` above it.

    With ``prepend`` they stand before it, that of the test first; with ``append`` after it, that of the test last; with
    ``importlib`` they are left out.
    """
    above = (each for each in _above(folder) if workspace.is_file(posixpath.join(each, "conftest.py")))
    roots = [_import_root(workspace, each) for each in (folder, *above)]
    if config.import_mode == "prepend":
        yield from roots
    yield from config.pythonpath
    if config.import_mode == "append":
        yield from reversed(roots)


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield folder


def _import_root(workspace: Workspace, folder: str) -> str:
    """The first folder, from ``folder`` upwards, that is no package."""
    while folder and workspace.is_file(posixpath.join(folder, "__init__.py")):
        folder = posixpath.dirname(folder)
    return folder
