"""What no handler of a library understands makes a cut, or claims nothing; and never an internal error.

Every handler in the registry is called within a running simulation, once with each of several sets of arguments of which
nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from cucurbit.opening import folder_workspace
from cucurbit.simulate.core.frames import Frame
from cucurbit.simulate.core.machine import Ended, Handler, Raised
from cucurbit.simulate.core.timeline import EventKind, Place
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    Choice,
    External,
    ExternalObject,
    ModuleValue,
    Partial,
    Unknown,
    Value,
)
from cucurbit.simulate.packages.registry import PACKAGES
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.simulate.simulation import Simulation
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.model import EntryPoint
from cucurbit.workspace.tree.files import MemoryTree

U = Unknown("an argument")
ARGUMENTS: dict[str, tuple[tuple[Value, ...], dict[str, Value], bool]] = {
    "none": ((), {}, True),
    "one": ((U,), {}, True),
    "several": ((U, U, U), {}, True),
    "keywords": ((), {"name": U, "app": U}, False),
}
PLACE = Place("main.py", WHOLE_FILE)


def handlers() -> Iterator[tuple[str, Handler]]:
    for package in PACKAGES:
        yield from ((f"{package.name}: {name}", handler) for name, handler in package.calls.items())
        yield from ((f"{package.name}: .{name}", method.handler) for name, method in package.methods.items())


HANDLERS = dict(handlers())


def simulation() -> Simulation:
    workspace = folder_workspace(MemoryTree({"main.py": ""}))
    entry = workspace.resolve_entry("main.py")
    assert isinstance(entry, EntryPoint)
    return Simulation(workspace, entry, Shared(answers=False))


def receivers(program: Simulation, name: str) -> Iterator[Value | None]:
    """What a handler may be bound to: nothing known, or an object of its library that was made without arguments."""
    yield None
    yield U
    head = name.partition(": ")[2].rpartition(".")[0].removesuffix("()")
    yield ExternalObject(head, CallSite(PLACE, head, None, (), {}), program.state.cells())


def outcomes(name: str, handler: Handler, kind: str) -> Iterator[str]:
    """What comes of each call: ``cut``, ``nothing`` where nothing is claimed, ``raises``, or what is claimed."""
    args, kwargs, complete = ARGUMENTS[kind]
    for number in range(3):
        program = simulation()
        receiver = list(receivers(program, name))[number]
        outside = ModuleValue("main", "main.py", None, program.state.cells(), open=True)
        with program.running(Frame(outside, None, "main.py", None)):
            dotted = name.partition(": ")[2]
            yield outcome(program, lambda site=CallSite(PLACE, dotted, receiver, args, kwargs, complete): handler(program, site))


def outcome(program: Simulation, call: Callable[[], Value]) -> str:
    try:
        value = call()
    except (Raised, Ended):
        return "raises"
    if any(event.kind is EventKind.CUT for event in program.events):
        return "cut"
    return "nothing" if claims_nothing(value) else type(value).__name__


def claims_nothing(value: Value) -> bool:
    if isinstance(value, Choice):
        return all(isinstance(option, (Unknown, External, ExternalObject)) for option in value.options)
    return isinstance(value, (Unknown, External, ExternalObject, Bound, Partial))


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_unknown_arguments(kind: str) -> None:
    claims = {}
    for name, handler in HANDLERS.items():
        found = set(outcomes(name, handler, kind)) - {"cut", "nothing"}
        if found:
            claims[name] = sorted(found)
    for name, found in claims.items():
        print(name, found)
    assert claims == {}
