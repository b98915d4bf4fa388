"""Where modules are looked for: ``sys.path``, ``__path__``, and what comes before them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cucurbit.simulate.core.values import ModuleValue, Value
from cucurbit.workspace.model import ModuleSpec

if TYPE_CHECKING:
    from cucurbit.simulate.program import Program

STDLIB = frozenset(sys.stdlib_module_names)

FIRST = frozenset(sys.builtin_module_names) | {
    # Frozen, or loaded before any code of a user's runs: no file of the workspace can stand in for them.
    *("_frozen_importlib", "abc", "codecs", "encodings", "genericpath", "io", "ntpath", "os", "posixpath"),
    *("site", "stat", "zipimport", "importlib", "_collections_abc", "_sitebuiltins"),
}

ASSUMED = frozenset({"sqlalchemy", "alembic", "sqlmodel", "flask_sqlalchemy", "flask_migrate", "fastapi", "flask"})
"""Packages that a project needs so much that their absence is no branch worth following."""


class Search:
    """Looks for the files of modules, and keeps ``sys.path``."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._found_on: tuple[str, ...] = ()
        self._found: dict[str, ModuleSpec | None] = {}
        """What the top-level names asked for are on that ``sys.path``."""

    def folders_of(self, package: ModuleValue) -> tuple[str, ...] | None:
        """The folders of ``__path__`` in the workspace, none for a plain module; None where not all are known."""
        if package.spec is None or not package.spec.is_package:
            return ()
        given = package.names.get("__path__")
        items = self.program.expressions.iterate(given) if given is not None else None
        if items is None:
            return package.spec.search if given is None else None
        folders = tuple(self.folder(item) for item in items)
        known = tuple(folder for folder in folders if folder is not None)
        return known if len(known) == len(folders) else None

    def find_top(self, name: str) -> ModuleSpec | None:
        """A top-level module of the workspace; None where another one is found, or none."""
        path = self.program.state.search_path
        if path != self._found_on:
            self._found_on, self._found = path, {}
        if name not in self._found:
            self._found[name] = self._look_for(name, path)
        return self._found[name]

    def _look_for(self, name: str, path: tuple[str, ...]) -> ModuleSpec | None:
        if name in FIRST:
            return None
        program = self.program
        search = tuple(dict.fromkeys((*path, *program.entry.fallback_path)))
        spec = program.workspace.find_spec(name, search)
        if spec is not None and spec.path is None and (name in STDLIB or name in ASSUMED):
            # A regular package further down sys.path wins over a folder without __init__.py.
            return None
        if spec is not None and name in STDLIB and not self._before_stdlib(spec):
            return None
        return spec

    def _before_stdlib(self, spec: ModuleSpec) -> bool:
        """Only what stands on ``sys.path`` itself comes before the standard library."""
        return self.program.workspace.find_spec(spec.name, self.program.state.search_path) is not None

    def findable(self, package: ModuleValue, name: str) -> bool:
        """Whether a submodule of a package stands in ``sys.modules`` or in the workspace."""
        full = f"{package.name}.{name}"
        if package.spec is None or not package.spec.is_package:
            return False
        if full in self.program.state.modules:
            return True
        return self.program.workspace.find_spec(full, self.folders_of(package) or ()) is not None

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
        """The folder of the workspace that a path value means; None where it is not known or lies outside."""
        return self.program.paths.relative(value)


def with_parents(name: str) -> list[str]:
    """``a``, ``a.b`` and ``a.b.c`` for ``a.b.c``."""
    names = [name]
    while "." in name:
        name = name.rpartition(".")[0]
        names.append(name)
    return names[::-1]
