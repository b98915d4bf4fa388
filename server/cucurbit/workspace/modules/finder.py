"""Finds the files of dotted names like ``importlib.machinery.PathFinder``. Nothing is imported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cucurbit.workspace.model import ModuleSpec
from cucurbit.workspace.tree.files import FileTree, join

COMPILED = (".so", ".pyd", ".pyc")
"""Files that contain a module without its source. If the source is beside one, the source is read."""


class ModuleFinder:
    """The path finder of one tree. All answers are kept, since the tree never changes."""

    def __init__(self, tree: FileTree) -> None:
        self._tree = tree
        self._found: dict[tuple[str, tuple[str, ...]], ModuleSpec | None] = {}

    def find_spec(self, name: str, search: Iterable[str]) -> ModuleSpec | None:
        """What ``PathFinder.find_spec(name, search)`` finds: ``name`` is full, only its last part is looked up.

        A compiled module is found too: its ``path`` is a file that has no facts.
        """
        key = (name, tuple(search))
        if key not in self._found:
            self._found[key] = _find(self._tree, *key)
        return self._found[key]

    def resolve(self, name: str, roots: Sequence[str]) -> ModuleSpec | None:
        """The result of importing ``name`` with ``roots`` as ``sys.path``; parent packages are found first."""
        parts = name.split(".")
        search = tuple(roots)
        spec = None
        for count in range(1, len(parts) + 1):
            spec = self.find_spec(".".join(parts[:count]), search)
            if spec is None:
                return None
            search = spec.search
        return spec

    def names_of(self, path: str, roots: Sequence[str]) -> list[str]:
        """Every dotted name under which ``path`` can be imported with ``roots`` as ``sys.path``, in their order."""
        names = []
        for root in roots:
            name = dotted_name(path, root)
            if name is None or name in names:
                continue
            spec = self.resolve(name, roots)
            if spec is not None and spec.path == path:
                names.append(name)
        return names


def dotted_name(path: str, root: str) -> str | None:
    """The dotted name of ``path`` under ``root``, unless another module hides it; None if it can have none."""
    if root and not path.startswith(root + "/"):
        return None
    relative = path[len(root) + 1 :] if root else path
    if not relative.endswith(".py"):
        return None
    parts = relative[:-3].split("/")
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts) if all(part.isidentifier() for part in parts) else None


def _find(tree: FileTree, name: str, search: tuple[str, ...]) -> ModuleSpec | None:
    tail = name.rpartition(".")[2]
    if not tail or "/" in tail:
        return None
    portions = []
    for folder in search:
        base = join(folder, tail)
        is_dir = tree.is_dir(base)
        if is_dir:
            init = _module_file(tree, base, "__init__")
            if init is not None:
                return ModuleSpec(name, init, (base,))
        module = _module_file(tree, folder, tail)
        if module is not None:
            return ModuleSpec(name, module, ())
        if is_dir:
            portions.append(base)
    return ModuleSpec(name, None, tuple(portions)) if portions else None


def _module_file(tree: FileTree, folder: str, stem: str) -> str | None:
    source = join(folder, stem + ".py")
    if tree.is_file(source):
        return source
    if folder and not tree.is_dir(folder):
        return None
    for entry in tree.entries(folder):
        if entry.is_dir or not entry.name.startswith(stem + "."):
            continue
        tag, dot, suffix = entry.name[len(stem) :].rpartition(".")
        # An extension module may carry one tag: ``name.cpython-311-x86_64-linux-gnu.so``.
        if dot + suffix in COMPILED and (not tag or (suffix != "pyc" and tag.count(".") == 1)):
            return join(folder, entry.name)
    return None
