"""The settings of pytest that decide what test files can import. Facts from ``_pytest/config/findpaths.py``."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cucurbit.workspace.formats.ini import lenient
from cucurbit.workspace.formats.toml import parse_toml, strings
from cucurbit.workspace.tree.files import ancestors, join, normalise

_TABLES = {
    "pytest.toml": (("pytest",),),
    ".pytest.toml": (("pytest",),),
    "pytest.ini": (("pytest",),),
    ".pytest.ini": (("pytest",),),
    "pyproject.toml": (("tool", "pytest", "ini_options"), ("tool", "pytest")),
    "tox.ini": (("pytest",),),
    "setup.cfg": (("tool:pytest",),),
}
"""The files that pytest looks at in each folder, in its order, and the tables that hold its settings."""

_OWN = frozenset({"pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"})
"""Files that end the search even if they are empty."""


@dataclass(frozen=True)
class PytestConfig:
    """``pythonpath``: folders of the workspace. ``import_mode``: ``prepend``, ``append`` or ``importlib``."""

    folder: str
    pythonpath: tuple[str, ...]
    import_mode: str


def pytest_config(text: Callable[[str], str | None], folder: str) -> PytestConfig:
    """The configuration that counts for tests in ``folder``: that of the nearest folder which has one."""
    for each in (folder, *ancestors(folder)):
        found = config_in(text, each)
        if found is not None:
            return found
    return PytestConfig("", (), "prepend")


def config_in(text: Callable[[str], str | None], folder: str) -> PytestConfig | None:
    """The configuration in the files of one folder; None where there is none."""
    for name, tables in _TABLES.items():
        content = text(join(folder, name))
        if content is None or (name not in _OWN and "pytest" not in content):
            continue
        options = next((found for table in tables if (found := _options(name, content, table)) is not None), None)
        if options is not None or name in _OWN:
            options = options or {}
            paths = tuple(_folders(folder, options.get("pythonpath")))
            return PytestConfig(folder, paths, _import_mode(options.get("addopts")))
    return None


def _options(name: str, content: str, table: tuple[str, ...]) -> dict[str, object] | None:
    if name.endswith(".toml"):
        found = dict(parse_toml(content).table(*table))
        return found or None
    parser = lenient(content)
    return dict(parser.items(table[0])) if parser.has_section(table[0]) else None


def _folders(folder: str, written: object) -> Iterator[str]:
    for each in _words(written):
        inside = normalise(posixpath.join(folder, each))
        if inside is not None:
            yield inside


def _import_mode(addopts: object) -> str:
    words = _words(addopts)
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == "--import-mode":
            return value if equals else (words[index + 1] if index + 1 < len(words) else "prepend")
    return "prepend"


def _words(value: object) -> list[str]:
    if not isinstance(value, str):
        return strings(value)
    try:
        return shlex.split(value)
    except ValueError:  # a quote that is never closed
        return value.split()
