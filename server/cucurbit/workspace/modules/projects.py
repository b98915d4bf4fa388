"""The contents of a project's packaging files: its import roots and its dependencies."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from cucurbit.workspace.formats.ini import lenient
from cucurbit.workspace.formats.toml import TomlFile, strings
from cucurbit.workspace.modules.versions import normalise_name, requirements
from cucurbit.workspace.settings.pytest_config import config_in
from cucurbit.workspace.settings.reader import decode, read_toml
from cucurbit.workspace.tree.files import FileTree, join, normalise, parent

_ALWAYS = frozenset({"alembic", "sqlalchemy"})


class Projects:
    """Facts about project folders, each computed once."""

    def __init__(self, tree: FileTree, files: Iterable[str] = ()) -> None:
        self._tree = tree
        self._folders = tuple(parent(path) for path in files if path.rpartition("/")[2] == "pyproject.toml")
        self._own_roots: dict[str, tuple[str, ...]] = {}
        self._roots: dict[str, tuple[str, ...]] = {}
        self._dependencies: dict[str, frozenset[str]] = {}
        self._names: dict[str, str] = {}

    def declared_roots(self, folder: str) -> tuple[str, ...]:
        """The import roots of a project: its own, and those of the projects of the workspace that it requires.

        Its own are those that the packaging files in ``folder`` declare, and a ``src`` folder beside them. Tools such
        as uv and Poetry install a required project of the workspace in place, so its root stands on ``sys.path``.
        """
        found = self._roots.get(folder)
        if found is None:
            required = [root for each in self._required(folder) for root in self._declared(each) or (each,)]
            found = self._roots[folder] = tuple(dict.fromkeys([*self._declared(folder), *required]))
        return found

    def _declared(self, folder: str) -> tuple[str, ...]:
        found = self._own_roots.get(folder)
        if found is None:
            written = [*self._from_pyproject(folder), *self._from_ini(folder), *self._from_setup_py(folder)]
            inside = [normalise(posixpath.join(folder, path)) for path in written]
            tests = config_in(lambda path: decode(self._tree.read(path)), folder)
            inside += tests.pythonpath if tests is not None else ()
            src = join(folder, "src")
            if self._tree.is_dir(src) and not self._tree.is_file(join(src, "__init__.py")) and self._holds_code(src):
                inside.append(src)
            found = tuple(dict.fromkeys(path for path in inside if path is not None and self._tree.is_dir(path)))
            self._own_roots[folder] = found
        return found

    def dependencies(self, folder: str) -> frozenset[str]:
        """The distributions from outside the workspace that a project requires, by the usual names of their modules."""
        found = self._dependencies.get(folder)
        if found is None:
            local = {self.name(each) for each in self._required(folder)}
            found = self._dependencies[folder] = _ALWAYS | (self._requirements(folder) - local)
        return found

    def _requirements(self, folder: str) -> frozenset[str]:
        return frozenset(each.name.replace("-", "_") for each in requirements(self._tree, folder))

    def _required(self, folder: str) -> list[str]:
        """The folders of the other projects of the workspace that a project requires, directly or not."""
        found: list[str] = []
        waiting = [folder]
        while waiting:
            names = self._requirements(waiting.pop())
            more = [each for each in self._folders if each not in (folder, *found) and self.name(each) in names]
            found += more
            waiting += more
        return found

    def name(self, folder: str) -> str:
        """The project's own distribution, in the form of :meth:`dependencies`; empty if none is declared."""
        found = self._names.get(folder)
        if found is None:
            file, _ = read_toml(self._tree, join(folder, "pyproject.toml"))
            named = None if file is None else file.value("project", "name") or file.value("tool", "poetry", "name")
            written = named if isinstance(named, str) else self._option(join(folder, "setup.cfg"), "metadata", "name")
            found = normalise_name(written.strip()).replace("-", "_")
            self._names[folder] = found
        return found

    def _holds_code(self, folder: str) -> bool:
        return any(entry.is_dir or entry.name.endswith(".py") for entry in self._tree.entries(folder))

    def _from_pyproject(self, folder: str) -> Iterator[str]:
        file, _ = read_toml(self._tree, join(folder, "pyproject.toml"))
        if file is None:
            return
        yield from strings(file.value("tool", "setuptools", "packages", "find", "where"))
        yield from _package_dir(file, "tool", "setuptools", "package-dir")
        yield from _hatch(file)
        packages = file.value("tool", "poetry", "packages")
        for package in packages if isinstance(packages, list) else ():
            if isinstance(package, dict) and isinstance(package.get("from"), str):
                yield package["from"]
        yield from strings(file.value("tool", "pdm", "build", "package-dir"))
        yield from strings(file.value("tool", "uv", "build-backend", "module-root"))
        yield from strings(file.value("tool", "flit", "module", "src"))

    def _from_ini(self, folder: str) -> Iterator[str]:
        yield from self._option(join(folder, "setup.cfg"), "options.packages.find", "where").split()
        for line in self._option(join(folder, "setup.cfg"), "options", "package_dir").splitlines():
            package, equals, path = line.partition("=")
            if equals and not package.strip():
                yield path.strip()

    def _option(self, path: str, section: str, option: str) -> str:
        text = decode(self._tree.read(path))
        if text is None or option not in text:
            return ""
        return lenient(text).get(section, option, fallback="")

    def _from_setup_py(self, folder: str) -> Iterator[str]:
        text = decode(self._tree.read(join(folder, "setup.py"))) or ""
        match = re.search(r"package_dir\s*=\s*\{\s*(?:''|\"\")\s*:\s*[\"']([^\"']+)", text)
        if match is not None:
            yield match[1]


def _package_dir(file: TomlFile, *keys: str) -> Iterator[str]:
    path = file.table(*keys).get("")
    if isinstance(path, str):
        yield path


def _hatch(file: TomlFile) -> Iterator[str]:
    for target in (("tool", "hatch", "build"), ("tool", "hatch", "build", "targets", "wheel")):
        yield from strings(file.value(*target, "dev-mode-dirs"))
        for package in strings(file.value(*target, "packages")):
            yield posixpath.dirname(package.rstrip("/"))
        sources = file.value(*target, "sources")
        if isinstance(sources, dict):
            yield from (path for path, moved in sources.items() if moved == "" and isinstance(path, str))
        else:
            yield from strings(sources)
