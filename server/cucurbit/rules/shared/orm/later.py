"""Which files a program may import after its start: those that functions of its modules import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.source import facts as f
from cucurbit.source.scan import walk


def may_import_later(context: Context, visited: Iterable[str]) -> bool:
    """Whether a function of the files that a program has executed imports a file that it has not executed."""
    executed = frozenset(visited)
    files = context.memo(_files_by_name)
    return any(
        not executed.issuperset(files.get(name, ()))
        for path in executed
        for name in context.about(path, _imported_by_functions) or ()
    )


def _files_by_name(context: Context) -> Mapping[str, frozenset[str]]:
    """The files of each last part of a module's name: ``users`` for ``app/users.py`` and ``app/users/__init__.py``."""
    found: dict[str, set[str]] = {}
    for path in context.workspace.python_files():
        stem = path.removesuffix(".py").removesuffix("/__init__")
        found.setdefault(stem.rpartition("/")[2], set()).add(path)
    return MappingProxyType({name: frozenset(paths) for name, paths in found.items()})


def _imported_by_functions(facts: f.ModuleFacts) -> frozenset[str]:
    """The last parts of the names of modules that functions may import; those of the names taken from them too."""
    names: set[str] = set()
    for body in facts.bodies:
        if body is facts.body:
            continue
        for step in walk(body):
            if isinstance(step, f.Import):
                names |= {alias.name.rpartition(".")[2] for alias in step.names}
            elif isinstance(step, f.ImportFrom):
                names.add(step.module.rpartition(".")[2])
                names |= {alias.name for alias in step.names}
    return frozenset(names - {""})
