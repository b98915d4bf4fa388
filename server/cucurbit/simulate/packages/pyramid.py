"""Pyramid: a configuration that includes and scans modules by name.

Facts from pyramid/config/__init__.py, pyramid/path.py and venusian/__init__.py:

- ``config.include`` calls a function, or ``includeme`` of a module, at once, with another configurator. A function that
  was included before is not called again. A name that begins with dots is relative to the package of the configurator:
  that of the module that made it, or that of the included function.
- ``config.scan`` imports every module below a package: by name in each folder, a package before its contents. What
  ``ignore`` matches is not imported, and of a package nothing below it.
"""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.timeline import CutKind, Place
from cucurbit.simulate.core.values import (
    CallSite,
    Constant,
    External,
    ExternalObject,
    FunctionValue,
    ModuleValue,
    SequenceValue,
    Unknown,
    Value,
    text_of,
)
from cucurbit.simulate.imports.search import modules_in
from cucurbit.simulate.packages.objects_by_name import of_longest_module

_NAME = "pyramid.config.Configurator"
_PACKAGE, _ROOT = "@package", "@root"
_NOT_GIVEN = (Constant(None), None)


def _configurator(machine: Machine, call: CallSite) -> Value:
    """``Configurator(package=None)``."""
    given = call.argument(1, "package")
    if isinstance(given, ModuleValue):
        package = _package_of(given)
    elif given in _NOT_GIVEN:
        package = _package_of(machine.module)
    else:
        package = text_of(given) or ""
    return _made(machine, call, package, None)


def _made(machine: Machine, call: CallSite, package: str, root: ExternalObject | None) -> ExternalObject:
    config = ExternalObject(_NAME, call, machine.state.cells())
    config.attributes.data[_PACKAGE] = Constant(package)
    if root is not None:
        config.attributes.data[_ROOT] = root
    return config


def _package_of(module: ModuleValue) -> str:
    """The name of the package that a module is in, or is."""
    is_package = module.spec is not None and module.spec.is_package
    return module.name if is_package else module.name.rpartition(".")[0]


def _named(machine: Machine, call: CallSite, value: Value | None) -> Value | None:
    """What an argument is that may be the name of an object; None if it is not known."""
    name = text_of(value) if value is not None else None
    if name is None:
        return None if value is None or isinstance(value, Unknown) else value
    config = call.receiver
    package = text_of(config.attributes[_PACKAGE]) if isinstance(config, ExternalObject) else None
    if name.startswith((".", ":")):
        if not package:
            return None
        dots = len(name) - len(name.lstrip("."))
        parts = package.split(".")
        above = parts[: max(len(parts) - dots + 1, 1)] if dots else parts
        name = ".".join(above) + (f".{name[dots:]}" if name[dots : dots + 1] not in ("", ":") else name[dots:])
    return of_longest_module(machine, name, call.place)


def _include(machine: Machine, call: CallSite) -> Value:
    """``config.include(callable, route_prefix=None)``."""
    found = _named(machine, call, call.argument(0, "callable"))
    if isinstance(found, ModuleValue):
        if "includeme" not in found.names and not found.open:
            machine.fail("ConfigurationError", f"module {found.name!r} has no attribute 'includeme'", call.place)
        found = machine.get_attribute(found, "includeme", call.place)
    if found is None or isinstance(found, Unknown):
        machine.cut(call.place, "config.include of something that is not known", CutKind.IMPORT)
        return Constant(None)
    config = call.receiver
    if isinstance(found, FunctionValue) and isinstance(config, ExternalObject):
        root = config.attributes.get(_ROOT) or config
        spec = f"@included {found.module.name}:{found.name}"
        if isinstance(root, ExternalObject) and spec not in root.attributes:
            machine.state.write(root.attributes, spec, Constant(True))
            inner = _made(machine, call, _package_of(found.module), root)
            machine.call(found, CallSite(call.place, "", None, (inner,), {}))
    return Constant(None)


@dataclass(frozen=True)
class _Ignored:
    """``ignore`` of a scan: beginnings of names, and functions that are given a name."""

    beginnings: tuple[str, ...]
    functions: tuple[Value, ...]

    def holds(self, machine: Machine, name: str, place: Place) -> bool | None:
        """Whether a module is not imported; None where it is not known."""
        if name.startswith(self.beginnings):
            return True
        answers = [
            machine.truth(machine.call(each, CallSite(place, "", None, (Constant(name),), {})))
            for each in self.functions
        ]
        return True if True in answers else None if None in answers else False


def _ignored(machine: Machine, given: Value | None, package: str) -> _Ignored | None:
    if given is None or given in _NOT_GIVEN:
        return _Ignored((), ())
    items = machine.iterate(given) if isinstance(given, SequenceValue) else (given,)
    if items is None or any(isinstance(each, Unknown) for each in items):
        return None
    texts = [text for each in items if (text := text_of(each)) is not None]
    functions = tuple(each for each in items if text_of(each) is None)
    return _Ignored(tuple(package + each if each.startswith(".") else each for each in texts), functions)


def _scan(machine: Machine, call: CallSite) -> Value:
    """``config.scan(package=None, categories=..., onerror=None, ignore=None)``."""
    given = call.argument(0, "package")
    if given in _NOT_GIVEN:
        name = _package_of(machine.module) or machine.module.name
        found: Value | None = machine.import_module(name, call.place, by_name=False)
    else:
        found = _named(machine, call, given)
    ignored = _ignored(machine, call.argument(3, "ignore"), found.name) if isinstance(found, ModuleValue) else None
    onerror = call.argument(2, "onerror")
    if isinstance(found, External):
        return Constant(None)
    if not isinstance(found, ModuleValue) or ignored is None or onerror not in _NOT_GIVEN or not call.complete:
        machine.cut(call.place, "config.scan of something that is not known", CutKind.IMPORT)
        return Constant(None)
    for folder in found.spec.search if found.spec is not None else ():
        _import_below(machine, call.place, ignored, folder, f"{found.name}.")
    return Constant(None)


def _import_below(machine: Machine, place: Place, ignored: _Ignored, folder: str, prefix: str) -> None:
    for name, path, is_package in modules_in(machine.workspace, folder):
        machine.spend()
        full = prefix + name

        def run(full: str = full, path: str = path, is_package: bool = is_package) -> Value:
            machine.import_module(full, place, by_name=False)
            if is_package:
                _import_below(machine, place, ignored, path, f"{full}.")
            return Constant(None)

        skipped = ignored.holds(machine, full, place)
        if skipped is None:
            machine.undecided(run, lambda: Constant(None))
        elif not skipped:
            run()


def _by_name(position: int, parameter: str, *, optional: bool = False) -> Handler:
    """A method whose argument may be the name of an object, which it imports; ``optional``: it may have none."""

    def handle(machine: Machine, call: CallSite) -> Value:
        given = call.argument(position, parameter)
        if given is not None and text_of(given) is not None:
            _named(machine, call, given)
        elif isinstance(given, Unknown) or (given is None and not (optional and call.complete)):
            machine.cut(call.place, f"{call.name} of something that is not known", CutKind.IMPORT)
        return Constant(None)

    return handle


_METHODS = {
    "include": _include,
    "scan": _scan,
    "add_view": _by_name(0, "view", optional=True),
    "add_subscriber": _by_name(0, "subscriber"),
    "add_directive": _by_name(1, "directive"),
    "set_root_factory": _by_name(0, "factory"),
}

PACKAGE = Package(
    name="Pyramid",
    leaves_arguments=("pyramid.",),
    calls={_NAME: _configurator, **{f"{_NAME}().{name}": handler for name, handler in _METHODS.items()}},
    exceptions={"ConfigurationError": "Exception"},
)
