"""Makes known values unknown after code that is not followed may have replaced them."""

from __future__ import annotations

from cucurbit.simulate.core.cells import PERHAPS, Cells
from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.state import State
from cucurbit.simulate.core.values import (
    Choice,
    ClassValue,
    Constant,
    DictValue,
    ExternalObject,
    InstanceValue,
    ModuleValue,
    PathValue,
    SequenceValue,
    Unknown,
    Value,
)

DATA = (Constant, PathValue, SequenceValue, DictValue, Choice)

_NAMES_A_STEP = 20
"""The number of names looked at that count as one step."""


def overwrite(machine: Machine, cells: Cells[Value]) -> None:
    """Any name may have another value now. Only data becomes unknown: such code does not replace classes."""
    machine.spend(len(cells.data) // _NAMES_A_STEP)
    for name in cells:
        if isinstance(cells[name], DATA) and not name.startswith("__"):
            machine.state.write(cells, name, _replaced())


def overwrite_object(machine: Machine, value: Value) -> None:
    """Any attribute of an object may have another value now."""
    if isinstance(value, ModuleValue):
        machine.state.mark(value.names, value, "open")
        value.open = True
        overwrite(machine, value.names)
    elif isinstance(value, ClassValue):
        overwrite(machine, value.names)
    elif isinstance(value, ExternalObject):
        overwrite(machine, value.attributes)
    elif isinstance(value, InstanceValue):
        overwrite(machine, value.attributes)
        for owner in machine.mro(value.cls):
            if isinstance(owner, ClassValue):
                machine.spend(len(owner.names.data) // _NAMES_A_STEP)
                for name in owner.names:
                    if isinstance(owner.names[name], DATA) and not name.startswith("__"):
                        machine.state.write(value.attributes, name, _replaced())


def empty(state: State, container: Value, *, known: bool) -> None:
    """Remove items from a list, set or dict: all if ``known``; else it is unknown which remain, and in which order."""
    if isinstance(container, SequenceValue):
        state.write(container.cells, "items", ())
        state.write(container.cells, PERHAPS, None)
        if not known:
            state.open_up(container)
    elif isinstance(container, DictValue):
        for key in container.cells:
            state.write(container.cells, key, None)
        if not known:
            state.open_up(container)


def _replaced() -> Unknown:
    return Unknown("a value that may have been replaced")
