"""Attributes that a module creates on request: its ``__getattr__`` (PEP 562)."""

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
"""Every import asks for these names, also in functions that are not written to answer them."""

REACHED = Choice((MISSING, Unknown("a function that other code may have set")))
"""The ``__getattr__`` of a package whose names could be changed by code that is not followed."""


def made(program: Program, module: ModuleValue, name: str, place: Place) -> Value | None:
    """The result of the module's ``__getattr__`` for a name that the module lacks; None if it has no such function.

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
    """The same for ``from module import name``; ``found`` is the value of the name if it is bound.

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
    """``hasattr(module, name)`` for a name that the module lacks; None if unknown.

    Raises:
        Raised: any exception except AttributeError.
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
    """Whether an object that is not followed replaces a package: it may import any submodule for a name."""
    if module.spec is not None or not module.open or "__getattr__" in module.names:
        return False
    if not program.importing.search.folders_of(module).folders:
        return False
    program.cut(place, f"{module.name}.{name}, of the object that replaces {module.name}")
    return True
