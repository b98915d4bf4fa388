"""What the packages that a project runs with define. Their files are read; no interpreter is started, nothing imported.

The one module that knows jedi. jedi is not thread-safe, so that one lock guards every use of it.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import threading
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder, SourceFileLoader
from typing import TYPE_CHECKING

from cucurbit.source import reader
from cucurbit.source.facts import ModuleFacts
from cucurbit.source.text import SourceText
from cucurbit.workspace.model import InstalledSymbol
from cucurbit.workspace.modules.versions import Version, normalise_name, parse_version
from cucurbit.workspace.tree.files import FileTree, join
from cucurbit.workspace.tree.outside import Outside

if TYPE_CHECKING:
    import jedi  # type: ignore[import-untyped]

_LOCK = threading.Lock()


def find_environment(
    tree: FileTree, python: str | None, virtual_env: str | None, projects: Iterable[str], outside: Outside
) -> list[str]:
    """The ``site-packages`` folders (absolute) of the environment that counts; empty where there is none.

    That is ``python`` (an interpreter or environment, from the settings), else ``virtual_env`` (the environment
    that is active), else ``.venv`` or ``venv`` in the root or in one of ``projects``.
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
    # What is a link there is asked too: a folder that has two names counts once.
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
    """The environments that were looked at, each once, with all that was asked of the disk about them."""

    def __init__(self) -> None:
        self.outside = Outside()
        self._known: dict[tuple[str, ...], Installed] = {}

    def of(self, tree: FileTree, python: str | None, virtual_env: str | None, projects: Iterable[str]) -> Installed:
        """The packages of the environment that counts (:func:`find_environment`)."""
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
        self._project: jedi.Project | None = None

    @property
    def site_packages(self) -> tuple[str, ...]:
        return self._site_packages

    def version(self, distribution: str) -> Version | None:
        """The version of a distribution, from the name of its ``dist-info`` folder."""
        if self._versions is None:
            self._versions = dict(_distributions(self._site_packages, self._outside))
        return self._versions.get(normalise_name(distribution))

    def symbol(self, dotted: str) -> InstalledSymbol | None:
        """What ``package.module.Name`` stands for, its imports followed to where it is defined; None where unknown."""
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
        script = jedi.Script(code, project=self._project, environment=_environment(self._outside))
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


def _environment(outside: Outside) -> object:
    """An environment of jedi's that reads source files and nothing else, by way of ``outside``.

    jedi's own would import extension modules of the packages that it looks at, and change ``sys.path`` for the whole
    process while it searches.
    """
    from jedi.api.environment import InterpreterEnvironment  # type: ignore[import-untyped]
    from jedi.file_io import KnownContentFileIO  # type: ignore[import-untyped]
    from jedi.inference.compiled.subprocess import InferenceStateSameProcess  # type: ignore[import-untyped]
    from jedi.inference.compiled.subprocess.functions import ImplicitNSInfo  # type: ignore[import-untyped]

    class Process(InferenceStateSameProcess):  # type: ignore[misc]
        """Answers jedi's questions about modules without importing any."""

        def load_module(self, dotted_name: str, sys_path: list[str]) -> object:
            if dotted_name not in sys.builtin_module_names:
                return None
            return self.__getattr__("load_module")(dotted_name=dotted_name, sys_path=sys_path)

        def get_module_info(
            self,
            string: str,
            full_name: str | None = None,
            path: list[str] | None = None,
            sys_path: list[str] | None = None,
            is_global_search: bool = True,
        ) -> tuple[object, bool | None]:
            search = sys_path if path is None else list(path)
            _note_stubs(outside, string, search or ())
            if is_global_search and string in sys.builtin_module_names:
                return None, False
            spec = PathFinder.find_spec(string, search if search is not None else [])
            if spec is None:
                return None, None
            if spec.loader is None:
                locations = getattr(spec.submodule_search_locations, "_path", [])
                return ImplicitNSInfo(string if path is None else full_name or string, list(locations)), True
            is_package = spec.submodule_search_locations is not None
            if not isinstance(spec.loader, SourceFileLoader) or spec.origin is None:
                return None, is_package
            data = outside.read(spec.origin)
            return (None, None) if data is None else (KnownContentFileIO(spec.origin, data), is_package)

    class Environment(InterpreterEnvironment):  # type: ignore[misc]
        def get_inference_state_subprocess(self, inference_state: object) -> Process:
            return Process(inference_state)

        def get_sys_path(self) -> list[str]:
            return []

    return Environment()


def _note_stubs(outside: Outside, dotted: str, search: Iterable[str]) -> None:
    """Write down what jedi sees where it looks for a module: what folders list, and stubs, which it reads by itself."""
    tail = dotted.rpartition(".")[2]
    for folder in search:
        names = outside.names(folder)
        if tail + ".pyi" in names:
            outside.read(os.path.join(folder, tail + ".pyi"))
        if tail in names:
            outside.read(os.path.join(folder, tail, "__init__.pyi"))
        # What a package of stubs imports is not followed here.
        outside.complete &= tail + "-stubs" not in names


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
