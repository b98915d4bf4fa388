"""The parts of jedi's private interface that are used, as of jedi 0.20.1.

- ``jedi.api.environment.InterpreterEnvironment``: subclassed; ``get_inference_state_subprocess`` and ``get_sys_path``
  are overridden.
- ``jedi.inference.compiled.subprocess.InferenceStateSameProcess``: subclassed; made with the inference state, its
  ``__getattr__`` gives the functions of the process; ``load_module`` and ``get_module_info`` are what jedi calls.
- ``jedi.inference.compiled.subprocess.functions.ImplicitNSInfo``: made with a name and paths, for namespace packages.
- ``jedi.file_io.KnownContentFileIO``: made with a path and content.

parso is not used directly. A jedi with a different interface is outside the range in ``pyproject.toml``;
``tests/unit/workspace/test_jedi_environment.py`` reports the difference.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib.machinery import PathFinder, SourceFileLoader

from cucurbit.workspace.tree.outside import Outside


def reading_environment(outside: Outside) -> object:
    """A jedi environment that only reads source files, through ``outside``.

    jedi's own environment would import extension modules of the packages, and change ``sys.path`` of the whole process
    while it searches.
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
    """Record what jedi reads while it searches for a module: folder listings, and stubs, which it reads directly."""
    tail = dotted.rpartition(".")[2]
    for folder in search:
        names = outside.names(folder)
        if tail + ".pyi" in names:
            outside.read(os.path.join(folder, tail + ".pyi"))
        if tail in names:
            outside.read(os.path.join(folder, tail, "__init__.pyi"))
        # Imports in a package of stubs are not followed here.
        outside.complete &= tail + "-stubs" not in names
