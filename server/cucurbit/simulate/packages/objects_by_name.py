"""Functions that import what a text names: ``import_string("app.settings.Production")``.

They differ in what separates the module from the attribute. Facts from ``werkzeug/utils.py`` (a dot or a colon; the
whole name is tried as a module first), ``pkgutil.resolve_name``, ``pydoc.locate``, ``kombu/utils/imports.py``,
``uvicorn/importer.py`` and ``django/utils/module_loading.py``.
"""

from __future__ import annotations

from collections.abc import Callable

from cucurbit.simulate.core.machine import Handler, Machine, Raised
from cucurbit.simulate.core.timeline import CutKind, Place
from cucurbit.simulate.core.values import CallSite, Unknown, Value, text_of

IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError"})

_ByName = Callable[[Machine, str, Place], Value]


def of_longest_module(machine: Machine, name: str, place: Place) -> Value:
    """``module:attribute``, or the longest beginning of a dotted name that is a module, and its attributes."""
    if ":" in name:
        return of_colon(machine, name, place)
    module, *rest = name.split(".")
    found = machine.import_module(module, place)
    while rest:
        module = f"{module}.{rest[0]}"
        try:
            found = machine.import_module(module, place)
        except Raised as raised:
            if raised.failure.error not in IMPORT_ERRORS:
                raise
            break
        rest.pop(0)
    for attribute in rest:
        found = machine.get_attribute(found, attribute, place)
    return found


def of_last_dot(machine: Machine, name: str, place: Place) -> Value:
    """``module.attribute``."""
    module, dot, attribute = name.rpartition(".")
    if not dot:
        machine.fail("ImportError", f"{name} doesn't look like a module path", place)
    return machine.get_attribute(machine.import_module(module, place), attribute, place)


def of_colon(machine: Machine, name: str, place: Place) -> Value:
    """``module:attribute.attribute``, or a module alone."""
    module, _, attributes = name.partition(":")
    found = machine.import_module(module, place)
    for attribute in filter(None, attributes.split(".")):
        found = machine.get_attribute(found, attribute, place)
    return found


def of_colon_or_dot(machine: Machine, name: str, place: Place) -> Value:
    """``module:attribute``, or ``module.attribute``."""
    if ":" in name or "." not in name:
        return of_colon(machine, name, place)
    return of_last_dot(machine, name, place)


def of_module_or_last_dot(machine: Machine, name: str, place: Place) -> Value:
    """A module of that name, else ``module.attribute``."""
    try:
        return machine.import_module(name, place)
    except Raised as raised:
        if raised.failure.error not in IMPORT_ERRORS or "." not in name:
            raise
    return of_last_dot(machine, name, place)


def finder(find: _ByName, parameter: str, *options: str) -> Handler:
    """The handler of a function whose first argument, called ``parameter``, is the name of an object.

    ``options`` are further arguments that do not change what is found.
    """
    understood = {parameter, *options}

    def handle(machine: Machine, call: CallSite) -> Value:
        given = call.argument(0, parameter)
        name = text_of(given)
        if name is not None and call.kwargs.keys() <= understood:
            return find(machine, name, call.place)
        if given is None or name is not None or isinstance(given, Unknown):
            machine.cut(call.place, f"{call.name} of an unknown name", CutKind.IMPORT)
            return Unknown("an object that is imported by name")
        return given

    return handle
