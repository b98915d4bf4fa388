"""Decides whether a name or module is certainly missing: only if every way to define it was seen."""

from __future__ import annotations

import re

import msgspec

from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import ModuleValue
from cucurbit.source import facts as f
from cucurbit.source.scan import bound_names, declared_global, inside
from cucurbit.workspace.tree.walk import is_ignored

_COMPILED = (".pyx", ".c", ".cpp", ".rs")
"""Sources of compiled modules, beside which a build puts the module."""

_MADE = re.compile(r"_?version|_build(?:_info)?|_generated|\w+_pb2(?:_grpc)?")
"""Names of modules that builds usually generate."""

_BUILDS = {
    "setup.py": re.compile(r"\b(?:ext_modules|rust_extensions|cffi_modules)\b"),
    "pyproject.toml": re.compile(r"\bext-modules\b|\b(?:maturin|mesonpy|scikit_build_core|setuptools[-_]rust)\b"),
}
"""How a project says that its build compiles modules, whose sources may stand anywhere."""

_REACHES_IN = frozenset({"globals", "vars", "locals"})
_ONLY_NAMED = frozenset(
    {"getLogger", "get_logger", "Flask", "Quart", "Blueprint", "APIBlueprint", "import_module", "Celery", "print"}
)
"""Functions that use ``__name__`` only as text; any other may look the module up and write into it."""
_FROM_AFAR = frozenset({"global_enum", "_convert_", "f_globals"})

_WRITES = frozenset({"setattr", "vars", "__dict__", "__setattr__"})
"""Functions and attributes by which other code writes a module's names."""

MAY_FAIL = (f.Call, f.Attr, f.Subscript, f.Binary)
"""What may fail in ways that are not followed."""


class UnseenNames:
    """Tells which names a module may have although no code that was followed bound them."""

    def __init__(self, program: Program) -> None:
        self.program = program

    @property
    def unseen_modules(self) -> bool:
        """Modules may come from what is not followed: an import hook, an unknown write to ``sys.modules``."""
        return "sys.modules" in self.program.state.altered

    def lose_sight(self) -> None:
        """From now on modules may come from what is not followed."""
        self.program.clock.running.spoil()
        self.program.state.alter("sys.modules")

    def declared_global(self, module: ModuleValue) -> frozenset[str] | None:
        """The names that functions of the module declare ``global``; None if unknown."""
        if module.path is None:
            return None
        return self.program.workspace.about(module.path, _globals)

    def may_hold(self, module: ModuleValue, name: str) -> bool:
        """Whether a module may have ``name`` although no binding of it was seen."""
        self.program.clock.running.looks_at(module.names)
        return self._may_be_bound(module, name) or self._may_be_handled(module, name)

    def _may_be_bound(self, module: ModuleValue, name: str) -> bool:
        names = self.declared_global(module)
        if names is None or name in names or "__getattr__" in module.names:
            return True
        elsewhere = self._elsewhere(module)
        return elsewhere is None or name in elsewhere

    def _may_be_handled(self, module: ModuleValue, name: str) -> bool:
        """If the module has run to its end, its ``try`` blocks may have failed in ways that are not followed."""
        return module.phase == "done" and name in self._by_handlers(module)

    def check_handlers(self, module: ModuleValue, name: str, place: Place) -> None:
        """Make what follows uncertain if the name is missing unless a handler ran that was not followed."""
        if module.open or module.path is None or self._may_be_bound(module, name):
            return
        if self._may_be_handled(module, name):
            self.program.cut(place, f"{module.name}.{name}, which a handler may have bound")
            self.program.state.doubt_all()

    def _elsewhere(self, module: ModuleValue) -> frozenset[str] | None:
        """Names that expressions of a module bind; None if its names may be written in ways that are not followed."""
        return None if module.path is None else self.program.workspace.about(module.path, _bound_elsewhere)

    def _by_handlers(self, module: ModuleValue) -> frozenset[str]:
        """The names that handlers of a module bind if the block that they guard may fail."""
        return self.program.workspace.about(module.path or "", _bound_by_handlers) or frozenset()

    def filled_from_afar(self) -> bool:
        """Whether some executed file sets attributes of objects by computed names."""
        self.program.clock.running.spoil()
        about = self.program.workspace.about
        return any(about(path, _writes_by_name) is not False for path in self.program.visited)

    def check_around(self, package: ModuleValue, place: Place) -> None:
        """Whenever the ``__path__`` of a package without a file is read, Python looks its parent up in ``sys.modules``.

        The parent's ``__path__`` is then read too, so a parent without a file does the same.

        Raises:
            Raised: KeyError, if one of them is missing.
        """
        inner: ModuleValue | None = package
        while inner is not None and inner.path is None and inner.spec is not None:
            around = inner.name.rpartition(".")[0]
            entry = self.program.state.modules.get(around)
            if around and entry is None and not self.unseen_modules:
                self.program.fail("KeyError", around, place)
            inner = None if entry is None else entry.module

    def may_import(self, package: ModuleValue, name: str) -> bool:
        """Whether a module that is not found in a package may exist where the program runs."""
        return (
            self.unseen_modules
            or package.open
            or self._is_shared(package)
            or self._is_made(package, name)
            or self._is_of_a_dependency(package)
        )

    def _is_of_a_dependency(self, package: ModuleValue) -> bool:
        """Whether the project requires a distribution of that name, whose files are installed into the same folder."""
        top = package.name.partition(".")[0]
        return package.path is not None and self.program.workspace.depends_on(top, package.path)

    def _is_shared(self, package: ModuleValue) -> bool:
        """Whether folders outside the workspace may be part of a package.

        A package without a file is searched in all folders of its parent package, and so finally on ``sys.path``.
        """
        inner: ModuleValue | None = package
        while inner is not None and inner.path is None:
            entry = self.program.state.modules.get(inner.name.rpartition(".")[0])
            inner = None if entry is None else entry.module
        return inner is None or inner.open

    def _is_made(self, package: ModuleValue, name: str) -> bool:
        """Whether a build generates a missing module of a package: a checkout lacks it, an installation has it."""
        if _MADE.fullmatch(name) is not None:
            return True
        workspace = self.program.workspace
        folders = package.spec.search if package.spec is not None else ()
        stems = [f"{folder}/{name}" if folder else name for folder in folders]
        return self._is_compiled(package) or any(
            self._is_ignored(f"{stem}.py") or any(workspace.is_file(stem + end) for end in _COMPILED) for stem in stems
        )

    def _is_compiled(self, package: ModuleValue) -> bool:
        """Whether the project of a package compiles modules: the nearest folder with such a file is the project's."""
        folder, text = package.path or "", self.program.workspace.text
        while folder:
            folder = folder.rpartition("/")[0]
            found = {name: text(f"{folder}/{name}" if folder else name) for name in _BUILDS}
            if any(found.values()):
                return any(_BUILDS[name].search(each) is not None for name, each in found.items() if each)
        return False

    def _is_ignored(self, path: str) -> bool:
        """Whether git ignores a file: then it may stand in another checkout."""
        folder, files = path, dict[str, str]()
        while folder:
            folder = folder.rpartition("/")[0]
            text = self.program.workspace.text(f"{folder}/.gitignore" if folder else ".gitignore")
            if text is not None:
                files[folder] = text
        return is_ignored(files, path)


def _globals(facts: f.ModuleFacts) -> frozenset[str] | None:
    return declared_global(facts) if facts.problem is None else None


def _bound_elsewhere(facts: f.ModuleFacts) -> frozenset[str] | None:
    nodes = list(inside(facts.bodies))
    named = {id(node) for node in map(_of_modules_by_name, nodes) if node is not None}
    if any(_reaches_in(node) and id(node) not in named for node in nodes):
        return None
    return frozenset(node.name for node in nodes if isinstance(node, f.Walrus))


def _bound_by_handlers(facts: f.ModuleFacts) -> frozenset[str]:
    names: frozenset[str] = frozenset()
    for step in inside(facts.bodies):
        if isinstance(step, f.Try) and any(isinstance(each, MAY_FAIL) for each in inside(step.body)):
            names = names.union(*(bound_names(handler.body) for handler in step.handlers))
    return names


def _writes_by_name(facts: f.ModuleFacts) -> bool:
    return any(
        (isinstance(node, f.Name) and node.id in _WRITES) or (isinstance(node, f.Attr) and node.name in _WRITES)
        for node in inside(facts.bodies)
    )


def _of_modules_by_name(node: msgspec.Struct) -> f.Expr | None:
    """The ``sys.modules`` in an expression that reads one entry by a literal name, or tests whether it exists."""
    if isinstance(node, f.Subscript) and isinstance(node.index, f.Const):
        return node.value
    if isinstance(node, f.Compare) and isinstance(node.left, f.Const):
        return node.rights[0]
    if isinstance(node, f.Call) and isinstance(node.func, f.Attr) and node.args and isinstance(node.args[0], f.Const):
        return node.func.value
    return None


def _reaches_in(node: msgspec.Struct) -> bool:
    """Whether an expression accesses the namespace of a module, or passes its name to code that may."""
    if isinstance(node, f.Attr):
        return node.name in _FROM_AFAR or (
            node.name == "modules" and isinstance(node.value, f.Name) and node.value.id == "sys"
        )
    if isinstance(node, f.Name):
        return node.id in _FROM_AFAR
    if not isinstance(node, f.Call):
        return False
    if isinstance(node.func, f.Name) and node.func.id == "globals":
        return True
    given = (*node.args, *(keyword.value for keyword in node.keywords))
    called = node.func.name if isinstance(node.func, f.Attr) else getattr(node.func, "id", "")
    return called not in _ONLY_NAMED and any(isinstance(each, f.Name) and each.id == "__name__" for each in given)
