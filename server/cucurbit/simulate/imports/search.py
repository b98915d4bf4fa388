"""The search for modules: ``sys.path``, ``__path__``, and modules that are already loaded."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from posixpath import dirname, join

from cucurbit.simulate.core.program import PackagePath, Program
from cucurbit.simulate.core.timeline import CutKind, Place
from cucurbit.simulate.core.values import Missing, ModuleValue, SequenceValue, Value, options_of
from cucurbit.simulate.replay.effects import Observed
from cucurbit.workspace.model import EntryKind, ModuleSpec, Workspace

_OF_WINDOWS = frozenset({"_winapi", "_winreg", "msilib", "msvcrt", "nt", "winreg", "winsound"})
_OF_OTHERS = frozenset(
    {"crypt", "curses", "fcntl", "grp", "nis", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
)
STDLIB = frozenset(sys.stdlib_module_names) - (_OF_OTHERS if sys.platform == "win32" else _OF_WINDOWS)
"""The modules of the standard library that are there on this system."""

PYTHON_2 = frozenset(
    {
        "BaseHTTPServer", "CGIHTTPServer", "ConfigParser", "Cookie", "DocXMLRPCServer", "HTMLParser", "Queue",
        "SimpleHTTPServer", "SimpleXMLRPCServer", "SocketServer", "StringIO", "Tkinter", "UserDict", "UserList",
        "UserString", "__builtin__", "anydbm", "cPickle", "cStringIO", "cookielib", "copy_reg", "dbhash",
        "htmlentitydefs", "htmllib", "httplib", "mimetools", "rfc822", "robotparser", "sgmllib", "tkMessageBox",
        "urllib2", "urlparse", "whichdb", "xmlrpclib",
    }
)  # fmt: skip
"""Modules that only the standard library of Python 2 had. Code that runs with both tries to import them first."""

FIRST = frozenset(sys.builtin_module_names) | {
    # Frozen, or loaded before any user code runs: no file of the workspace can replace them.
    *("_frozen_importlib", "abc", "codecs", "encodings", "genericpath", "io", "ntpath", "os", "posixpath"),
    *("site", "stat", "zipimport", "importlib", "_collections_abc", "_sitebuiltins"),
}

LOADED = frozenset({
    *("ast", "collections", "contextlib", "copy", "datetime", "dis", "enum", "functools", "inspect", "itertools"),
    *("keyword", "linecache", "logging", "operator", "re", "string", "threading", "time", "token", "tokenize"),
    *("traceback", "types", "typing", "warnings", "weakref"),
})  # fmt: skip
"""Modules that SQLAlchemy, Alembic and every server import: they are in ``sys.modules`` once any of those is loaded."""


def modules_in(workspace: Workspace, folder: str) -> Iterator[tuple[str, str, bool]]:
    """The name and path of each module in a folder, and whether it is a package.

    In the order of ``pkgutil._iter_file_finder_modules``: by file name, sorted.
    """
    seen = {"__init__"}
    for entry in sorted(workspace.listdir(folder)):
        path = f"{folder}/{entry}" if folder else entry
        name = entry.removesuffix(".py")
        is_package = workspace.is_dir(path) and workspace.is_file(f"{path}/__init__.py")
        if name in seen or not name.isidentifier() or not (is_package or entry.endswith(".py")):
            continue
        seen.add(name)
        yield name, path, is_package


class Search:
    """Looks for the files of modules, and keeps ``sys.path``."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._found_on: tuple[str, ...] = ()
        self._found: dict[str, ModuleSpec | None] = {}
        """The results for top-level names on the current ``sys.path``."""

    def folders_of(self, package: ModuleValue) -> PackagePath:
        """The ``__path__`` of a package. If its value is unknown, it still contains the package's own folder."""
        if package.spec is None or not package.spec.is_package:
            # A module with unknown attributes (compiled, or a replacement of another one) may have a __path__.
            return PackagePath(self._replaced(package), complete=not package.open)
        given = package.names.get("__path__")
        if given is None:
            return PackagePath(package.spec.search, complete=True)
        options = [self._path_of(option, package.spec.search) for option in options_of(given)]
        folders = tuple(dict.fromkeys(folder for option in options for folder in option.folders))
        return PackagePath(folders, complete=all(option.complete and option.folders == folders for option in options))

    def _replaced(self, module: ModuleValue) -> tuple[str, ...]:
        """The folders of the package that was replaced by a module without a file."""
        if module.spec is not None or not module.open:
            return ()
        around, _, _ = module.name.rpartition(".")
        entry = self.program.state.modules.get(around) if around else None
        if not around:
            search: tuple[str, ...] = (*self.program.state.search_path, *self.program.entry.fallback_path)
        else:
            search = () if entry is None else self.folders_of(entry.module).folders
        spec = self.program.workspace.find_spec(module.name, search)
        return () if spec is None else spec.search

    def _path_of(self, value: Value | Missing, own: tuple[str, ...]) -> PackagePath:
        items = value.items if isinstance(value, SequenceValue) else None
        if items is None and not isinstance(value, Missing):
            items = self.program.expressions.iterate(value)
        if items is None:
            return PackagePath(own, complete=False)
        folders = [self.folder(item) for item in items]
        known = tuple(folder for folder in folders if folder is not None)
        is_open = isinstance(value, SequenceValue) and value.open
        return PackagePath(known, complete=not is_open and len(known) == len(folders))

    def portions(self, name: str) -> tuple[str, ...]:
        """The folders of the workspace that a top-level package of this name has on ``sys.path``."""
        program = self.program
        on_path = (*program.state.search_path, *program.entry.fallback_path)
        return portions_in(program.workspace, on_path, name)

    def find_top(self, name: str) -> ModuleSpec | None:
        """A top-level module of the workspace; None where another one is found, or none."""
        entry, path = self.program.entry, self.program.state.search_path
        if entry.kind is EntryKind.ALEMBIC and not entry.startup and self.program.packages.is_of_command(name):
            return None
        if path != self._found_on:
            self._found_on, self._found = path, {}
        if name not in self._found:
            self._found[name] = self._look_for(name, path)
        spec = self._found[name]
        return None if spec is None or (name in STDLIB and self.is_loaded(spec)) else spec

    def is_in_doubt(self, spec: ModuleSpec, place: Place) -> bool:
        """Whether another, unknown module than the top-level module that was found may be imported here."""
        if spec.name in STDLIB and self.is_loaded(spec) is None:
            self.program.cut(place, f"{spec.name}, which may be the standard library's")
            return True
        if self._is_wrong_guess(spec):
            # A module in a package that imports its own name means an installed package (github.py of PyGithub's).
            if not self.program.workspace.is_file(join(dirname(spec.path or ""), "__init__.py")):
                self.program.cut(place, f"{spec.name}, of which only the file that imports it is found", CutKind.ROOT)
            return True
        return False

    def is_loaded(self, spec: ModuleSpec) -> bool | None:
        """Whether the standard library's module of that name is in ``sys.modules``; None if unknown.

        It is if it was imported before the folder of the workspace's module was added to ``sys.path``.
        """
        loaded = self._loaded(spec)
        self.program.clock.running.note(Observed(lambda program: program.importing.search.is_loaded(spec), loaded))
        return loaded

    def _loaded(self, spec: ModuleSpec) -> bool | None:
        program, name = self.program, spec.name
        is_script = program.entry.kind is EntryKind.SCRIPT
        if is_script and program.workspace.find_spec(name, program.entry.sys_path) == spec:
            return False
        imported = [each.module for each in program.records if each.module and not each.path and each.certain]
        tops = {each.partition(".")[0] for each in imported}
        if name in tops or (name in LOADED and (not is_script or any(map(program.packages.is_assumed, tops)))):
            return True
        return False if not is_script or tops <= FIRST else None

    def _is_wrong_guess(self, spec: ModuleSpec) -> bool:
        """Whether a file would import itself by another name, through a folder that is only assumed on ``sys.path``."""
        program = self.program
        if spec.path is None or spec.path != program.frame.path or program.frame.module.name == spec.name:
            return False
        program.clock.running.spoil()
        return program.workspace.find_spec(spec.name, program.state.search_path) != spec

    def _look_for(self, name: str, path: tuple[str, ...]) -> ModuleSpec | None:
        if name in FIRST:
            return None
        program = self.program
        search = tuple(dict.fromkeys((*path, *program.entry.fallback_path)))
        spec = program.workspace.find_spec(name, search)
        if spec is not None and spec.path is None and (name in STDLIB or program.packages.is_assumed(name)):
            # A regular package further down sys.path wins over a folder without __init__.py.
            return None
        if spec is not None and name in STDLIB and not self._before_stdlib(spec):
            return None
        package = "" if spec is None else self._package_around(spec, path)
        # What is installed comes before a folder that is only taken to be on sys.path.
        is_outside = package and (
            program.workspace.is_installed(name, package) or program.workspace.depends_on(name, package)
        )
        return None if is_outside else spec

    def _package_around(self, spec: ModuleSpec, path: tuple[str, ...]) -> str:
        """The top-level package, on ``sys.path`` by a guess, in whose folders alone a module is found; else empty."""
        folder = dirname(spec.path or "")
        folder = dirname(folder) if spec.is_package else folder
        workspace, package = self.program.workspace, ""
        if workspace.find_spec(spec.name, path) is None:
            while folder and workspace.is_file(join(folder, "__init__.py")):
                package, folder = folder, dirname(folder)
        return package

    def _before_stdlib(self, spec: ModuleSpec) -> bool:
        """Only a module directly on ``sys.path`` takes precedence over the standard library."""
        return self.program.workspace.find_spec(spec.name, self.program.state.search_path) is not None

    def findable(self, package: ModuleValue, name: str) -> bool:
        """Whether a submodule of a package is in ``sys.modules`` or in the workspace."""
        full = f"{package.name}.{name}"
        if package.spec is not None and not package.spec.is_package:
            return False
        if full in self.program.state.modules:
            return True
        return self.program.workspace.find_spec(full, self.folders_of(package).folders) is not None

    # ----------------------------------------------------------------- sys.path

    def set(self, value: Value) -> None:
        """``sys.path = value``."""
        items = self.program.expressions.iterate(value)
        if items is None:
            return
        folders = [self.folder(item) for item in items]
        state = self.program.state
        state.write(state.paths, "sys.path", tuple(folder for folder in folders if folder is not None))

    def insert(self, index: int | None, value: Value) -> None:
        """``sys.path.insert(index, value)``; None appends."""
        folder = self.folder(value)
        if folder is None:
            return
        state = self.program.state
        paths = list(state.search_path)
        paths.insert(len(paths) if index is None else index, folder)
        state.write(state.paths, "sys.path", tuple(paths))

    def folder(self, value: Value) -> str | None:
        """The folder of the workspace that a path value refers to; None if it is unknown or outside."""
        return self.program.paths.relative(value)


def with_parents(name: str) -> list[str]:
    """``a``, ``a.b`` and ``a.b.c`` for ``a.b.c``."""
    names = [name]
    while "." in name:
        name = name.rpartition(".")[0]
        names.append(name)
    return names[::-1]


def portions_in(workspace: Workspace, folders: Iterable[str], name: str) -> tuple[str, ...]:
    """The folders that a package of this name has in these folders."""
    specs = [workspace.find_spec(name, (folder,)) for folder in folders]
    return tuple(dict.fromkeys(folder for spec in specs if spec is not None for folder in spec.search))
