"""Packages with parts in several folders of ``sys.path``, which ``pkgutil`` and ``pkg_resources`` combine."""

from __future__ import annotations

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.values import CallSite, Constant, SequenceValue, Unknown, Value, text_of
from cucurbit.simulate.imports.search import portions_in


def _extend_path(machine: Machine, call: CallSite) -> Value:
    """``pkgutil.extend_path(path, name)``."""
    return _extended(machine, call.argument(0, "path"), text_of(call.argument(1, "name")))


def _declare_namespace(machine: Machine, call: CallSite) -> Value:
    """``pkg_resources.declare_namespace(name)``, which changes the package's ``__path__`` in place."""
    name = text_of(call.argument(0, "packageName"))
    entry = machine.state.modules.get(name) if name is not None else None
    if entry is not None:
        names = entry.module.names
        machine.state.write(names, "__path__", _extended(machine, names.get("__path__"), name))
    return Constant(None)


def _extended(machine: Machine, path: Value | None, name: str | None) -> Value:
    """The folders of ``path``, then every other folder of that name.

    Folders outside the workspace, of installed distributions, may be among them: the list stays open.
    """
    if name is None or not isinstance(path, SequenceValue):
        return Unknown("the __path__ of a package")
    around, _, last = name.rpartition(".")
    known = {machine.paths.relative(item) for item in path.items}
    portions = portions_in(machine.workspace, _folders_of(machine, around), last) if around else machine.portions(name)
    added = [Constant(machine.paths.absolute(folder)) for folder in portions if folder not in known]
    return machine.sequence("list", (*path.items, *added), open_=True)


def _folders_of(machine: Machine, package: str) -> list[str]:
    entry = machine.state.modules.get(package)
    path = None if entry is None else entry.module.names.get("__path__")
    items = path.items if isinstance(path, SequenceValue) else ()
    return [folder for folder in map(machine.paths.relative, items) if folder is not None]


HANDLERS: dict[str, Handler] = {
    "pkgutil.extend_path": _extend_path,
    "pkg_resources.declare_namespace": _declare_namespace,
}
