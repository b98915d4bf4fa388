"""Attributes that a module makes when they are asked for: its ``__getattr__`` (PEP 562)."""

from __future__ import annotations

from cucurbit.simulate.core.machine import Raised
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import (
    MISSING,
    CallSite,
    Choice,
    Constant,
    FunctionValue,
    ModuleValue,
    Unknown,
    Value,
)

_OF_THE_IMPORT_SYSTEM = frozenset({"__path__", "__spec__", "__all__"})
"""Asked for by every import, and so by functions that are not meant to answer."""

REACHED = Choice((MISSING, Unknown("a function that other code may have set")))
"""The ``__getattr__`` of a package whose names were within reach of code that is not followed."""


def made(program: Program, module: ModuleValue, name: str, place: Place) -> Value | None:
    """What the module's ``__getattr__`` gives for a name that the module has not; None where it has none.

    Raises:
        Raised: what the function certainly raises; an AttributeError where there is no such attribute.
    """
    function = module.names.get("__getattr__")
    if function is None or name in _OF_THE_IMPORT_SYSTEM:
        return None
    if isinstance(function, FunctionValue):
        return program.call(function, CallSite(place, "", None, (Constant(name),), {}))
    program.cut(place, f"{module.name}.{name}, which an unknown function creates")
    return Unknown(f"{module.name}.{name}")


def imported(program: Program, module: ModuleValue, name: str, place: Place, found: Value | None) -> Value | None:
    """The same for ``from module import name``, of which ``found`` is what the name holds if it is bound.

    Raises:
        Raised: an ImportError where there is no such attribute; whatever else the function raises.
    """
    if found is not None:
        if "__getattr__" in module.names:
            program.cut(place, f"{module.name}.{name}, which a function may create")
        return None
    if _of_object(program, module, name, place):
        return Unknown(f"{module.name}.{name}")
    try:
        return made(program, module, name, place)
    except Raised as raised:
        if raised.failure.error != "AttributeError":
            raise
        program.fail("ImportError", f"cannot import name '{name}' from '{module.name}'", place, named=module.name)


def makes(program: Program, module: ModuleValue, name: str, place: Place) -> bool | None:
    """``hasattr(module, name)`` of a name that the module has not; None where it is not known.

    Raises:
        Raised: what is no AttributeError.
    """
    function = module.names.get("__getattr__")
    if function is not None and not isinstance(function, FunctionValue):
        return None
    if _of_object(program, module, name, place):
        return None
    try:
        value = made(program, module, name, place)
        return None if isinstance(value, Unknown) else value is not None
    except Raised as raised:
        if raised.failure.error != "AttributeError":
            raise
        return False


def _of_object(program: Program, module: ModuleValue, name: str, place: Place) -> bool:
    """Whether an object that is not followed stands in the place of a package: it may import any of it for a name."""
    if module.spec is not None or not module.open or "__getattr__" in module.names:
        return False
    if not program.importing.search.folders_of(module).folders:
        return False
    program.cut(place, f"{module.name}.{name}, of the object that replaces {module.name}")
    return True
