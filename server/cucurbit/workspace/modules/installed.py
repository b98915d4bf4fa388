"""The definitions in installed packages. Their files are read; no interpreter is started and nothing is imported.

This module uses jedi's public interface, :mod:`cucurbit.workspace.modules.jedi_environment` its private one; no other
module imports jedi. jedi is not thread-safe, so one lock guards every use of it.
"""

from __future__ import annotations

import os
import re
import sysconfig
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cucurbit.source import reader
from cucurbit.source.facts import ModuleFacts
from cucurbit.source.text import SourceText
from cucurbit.workspace.model import InstalledSymbol
from cucurbit.workspace.modules.jedi_environment import reading_environment
from cucurbit.workspace.modules.versions import Version, normalise_name, parse_version
from cucurbit.workspace.tree.files import FileTree, join
from cucurbit.workspace.tree.outside import Outside

if TYPE_CHECKING:
    import jedi  # type: ignore[import-untyped]

_LOCK = threading.Lock()


def find_environment(
    tree: FileTree, python: str | None, virtual_env: str | None, projects: Iterable[str], outside: Outside
) -> list[str]:
    """The ``site-packages`` folders (absolute) of the project's environment; empty if there is none.

    The environment is ``python`` (an interpreter or environment, from the settings), else ``virtual_env`` (the active
    environment), else ``.venv`` or ``venv`` in the root or in one of ``projects``.
    """
    if python:
        return _site_packages(os.path.join(tree.root, os.path.expanduser(python)), outside)
    if virtual_env:
        return _site_packages(virtual_env, outside)
    for project in dict.fromkeys(["", *projects]):
        for name in (".venv", "venv", "env"):
            folder = join(project, name)
            if tree.is_file(join(folder, "pyvenv.cfg")):
                return _site_packages(os.path.join(tree.root, folder), outside)
    return []


def _site_packages(path: str, outside: Outside) -> list[str]:
    """The packages of an environment's folder, or of the environment that an interpreter belongs to."""
    if not outside.is_dir(path):
        path = os.path.dirname(os.path.dirname(path))
    # Links are resolved too: a folder with two names counts once.
    outside.names(path)
    found = [os.path.join(path, "Lib", "site-packages")]
    for lib in ("lib", "lib64", os.path.join("local", "lib")):
        for name in sorted(outside.names(os.path.join(path, lib)), key=_python_version, reverse=True):
            if re.fullmatch(r"python3(\.\d+)?", name) or re.fullmatch(r"pypy3\.\d+", name):
                found += [os.path.join(path, lib, name, kind) for kind in ("site-packages", "dist-packages")]
    return list({os.path.realpath(each): each for each in found if outside.is_dir(each)}.values())


def _python_version(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name))


class Environments:
    """The environments that were read, each once, with all questions to the disk about them."""

    def __init__(self) -> None:
        self.outside = Outside()
        self._known: dict[tuple[str, ...], Installed] = {}

    def of(self, tree: FileTree, python: str | None, virtual_env: str | None, projects: Iterable[str]) -> Installed:
        """The packages of the project's environment (:func:`find_environment`)."""
        found = tuple(find_environment(tree, python, virtual_env, projects, self.outside))
        if found not in self._known:
            self._known[found] = Installed(tree.root, found, self.outside)
        return self._known[found]


class Installed:
    """The packages of one environment. Answers are kept: an environment that changes needs a new object."""

    def __init__(self, root: str, site_packages: Iterable[str], outside: Outside | None = None) -> None:
        self._root = root
        self._outside = Outside() if outside is None else outside
        self._site_packages = tuple(site_packages)
        self._symbols: dict[str, InstalledSymbol | None] = {}
        self._facts: dict[str, ModuleFacts | None] = {}
        self._versions: dict[str, Version] | None = None
        self._tops: frozenset[str] | None = None
        self._is_whole = False
        self._project: jedi.Project | None = None

    @property
    def site_packages(self) -> tuple[str, ...]:
        return self._site_packages

    def version(self, distribution: str) -> Version | None:
        """The version of a distribution, from the name of its ``dist-info`` folder."""
        if self._versions is None:
            self._versions = dict(_distributions(self._site_packages, self._outside))
        return self._versions.get(normalise_name(distribution))

    def has(self, module: str) -> bool | None:
        """Whether there is a top-level module of that name; None if unknown, because packages are linked in."""
        if self._tops is None:
            names = [name for folder in self._site_packages for name in self._outside.names(folder)]
            self._tops = frozenset(name.partition(".")[0] for name in names)
            self._is_whole = bool(names) and not any(self._links(name) for name in names)
        return True if module in self._tops else False if self._is_whole else None

    def _links(self, name: str) -> bool:
        """Whether a file in ``site-packages`` adds packages from other folders."""
        if name.startswith("__editable__") or name.endswith(".egg-link"):
            return True
        files = (os.path.join(folder, name) for folder in self._site_packages) if name.endswith(".pth") else ()
        lines = (line for file in files for line in (self._outside.read(file) or b"").splitlines())
        return any(line.strip() and not line.startswith((b"import ", b"import\t", b"#")) for line in lines)

    def symbol(self, dotted: str) -> InstalledSymbol | None:
        """The definition of ``package.module.Name``, found by following imports; None if unknown."""
        if not self._site_packages or not all(part.isidentifier() for part in dotted.split(".")):
            return None
        with _LOCK:
            if dotted not in self._symbols:
                self._symbols[dotted] = self._find(dotted)
            return self._symbols[dotted]

    def _find(self, dotted: str) -> InstalledSymbol | None:
        module, _, name = dotted.rpartition(".")
        if not module:
            return None
        try:
            place = self._goto(module, name)
        except Exception:  # noqa: BLE001  jedi fails in many ways on code that it does not understand
            return None
        if place is None:
            return None
        file, definition = place
        facts = self._read(file)
        return InstalledSymbol(definition, definition.rpartition(".")[2], facts, file) if facts is not None else None

    def _goto(self, module: str, name: str) -> tuple[str, str] | None:
        import jedi

        if self._project is None:
            standard = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
            path = list(dict.fromkeys([*self._site_packages, *standard]))
            self._project = jedi.Project(self._root, sys_path=path, smart_sys_path=False)
        code = f"from {module} import {name}"
        script = jedi.Script(code, project=self._project, environment=reading_environment(self._outside))
        for found in script.goto(1, len(code), follow_imports=True, prefer_stubs=False):
            file, full_name = found.module_path, found.full_name
            at_top = found.type != "module" and found.parent() is not None and found.parent().type == "module"
            if at_top and file is not None and full_name and file.suffix == ".py":
                return str(file), str(full_name)
        return None

    def _read(self, file: str) -> ModuleFacts | None:
        if file not in self._facts:
            self._facts[file] = _read_facts(self._outside.read(file))
        return self._facts[file]


def _read_facts(data: bytes | None) -> ModuleFacts | None:
    source = SourceText.decode(data) if data is not None else None
    return reader.read(source.text) if source is not None and source.problem is None else None


def _distributions(site_packages: Iterable[str], outside: Outside) -> Iterator[tuple[str, Version]]:
    for folder in reversed(tuple(site_packages)):
        for name in outside.names(folder):
            match = re.fullmatch(r"([^-]+)-(\d[^-]*?)(?:-py[\d.]+)?\.(?:dist-info|egg-info)", name)
            version = parse_version(match[2]) if match is not None else None
            if match is not None and version is not None:
                yield normalise_name(match[1]), version
