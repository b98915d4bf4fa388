"""BlackSheep: applications with events, which import the controllers and routes beside them.

Facts from blacksheep/server/application.py: ``Application()`` imports the modules in the folders ``controllers`` and
``routes`` beside the file that calls it. ``Application.start`` fires ``on_start``, ``on_middlewares_configuration`` and
``after_start``, and does nothing the second time. ``lifespan`` adds a function to ``on_start`` that enters an
asynchronous context manager, made of an asynchronous generator unless it is one. ``mount`` adds functions that start
the inner application and fire its ``after_start`` again. What a start-up function raises is logged, and the server is
told that the start failed; Uvicorn then exits with 3.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Handler, Machine, Raised
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.timeline import Failure, Place
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    ClassValue,
    Constant,
    External,
    ExternalObject,
    FunctionValue,
    Unknown,
    Value,
)
from cucurbit.simulate.packages.applications import add_hook, hooks_of, run_hooks

_ON_START, _MIDDLEWARES, _AFTER_START = "on_start", "on_middlewares_configuration", "after_start"
_FIRED = (_ON_START, _MIDDLEWARES, _AFTER_START)
_NAMES = ("blacksheep.Application", "blacksheep.server.Application", "blacksheep.server.application.Application")


def _made(machine: Machine, call: CallSite) -> Value:
    """``Application()``."""
    for folder in ("controllers", "routes"):
        _import_folder(machine, call.place, folder)
    return ExternalObject(call.name, call, machine.state.cells())


def _import_folder(machine: Machine, place: Place, name: str) -> None:
    """Import the modules of a folder beside the file of ``place``, those in folders below it excepted."""
    workspace = machine.workspace
    parts = [*place.path.split("/")[:-1], name]
    first = len(parts) - 1
    while first and workspace.is_file("/".join((*parts[:first], "__init__.py"))):
        first -= 1
    for file in workspace.listdir("/".join(parts)) if workspace.is_dir("/".join(parts)) else ():
        if file.endswith(".py") and not file.startswith("_"):
            machine.import_module(".".join((*parts[first:], file.removesuffix(".py"))), place, by_name=False)


def _event(event: str) -> Handler:
    """``@app.on_start``, with or without parentheses."""

    def register(machine: Machine, call: CallSite) -> Value:
        function = call.argument(0, "fn")
        if function is None or not isinstance(call.receiver, ExternalObject):
            machine.cut(call.place, f"{event} of a function or an application that is not known")
            return function or Unknown("a start-up function")
        waits = event != _MIDDLEWARES
        if isinstance(function, FunctionValue) and (function.is_async is not waits or function.is_generator):
            machine.cut(call.place, f"{event} of a function that cannot be {'awaited' if waits else 'called'}")
        add_hook(machine, call.receiver, function, event)
        return function

    def call_event(machine: Machine, call: CallSite) -> Value:
        app = call.receiver
        if call.args or not call.complete:
            return register(machine, call)
        return machine.handler_value(
            lambda inner, site: register(inner, CallSite(site.place, call.name, app, site.args, site.kwargs))
        )

    return call_event


def _add_to_event(event: str) -> Handler:
    """``app.on_start += function``."""
    add = _event(event)

    def add_in_place(machine: Machine, call: CallSite) -> Value:
        add(machine, call)
        return Bound(External(call.name.rpartition(".")[0]), call.receiver) if call.receiver else Unknown("an event")

    return add_in_place


def _lifespan(machine: Machine, call: CallSite) -> Value:
    """``@app.lifespan``."""
    callback = call.argument(0, "callback")
    if isinstance(callback, FunctionValue):
        known = callback.is_async and callback.is_generator and callback.role != "contextmanager"
    else:
        known = isinstance(callback, ClassValue)
    if callback is None or not known or not isinstance(call.receiver, ExternalObject):
        machine.cut(call.place, "a lifespan that is not known")
        return callback or Unknown("a lifespan")
    add_hook(machine, call.receiver, callback, _ON_START)
    return callback


def _mount(machine: Machine, call: CallSite) -> Value:
    """``app.mount(path, inner)``."""
    inner = call.argument(1, "app")
    if inner is None or isinstance(inner, Unknown):
        machine.cut(call.place, "an application to mount that is not known")
    elif isinstance(inner, ExternalObject) and inner.made_by in _NAMES:
        add_hook(machine, call.receiver, machine.handler_value(_starts(inner)), _ON_START)
        add_hook(machine, call.receiver, machine.handler_value(_fires(inner)), _AFTER_START)
    return Constant(None)


def _starts(app: ExternalObject) -> Handler:
    def start(machine: Machine, call: CallSite) -> Value:
        _start(machine, app, call.place)
        return Constant(None)

    return start


def _fires(app: ExternalObject) -> Handler:
    def fire(machine: Machine, call: CallSite) -> Value:
        run_hooks(machine, hooks_of(app.attributes, _AFTER_START), (app,), call.place)
        return Constant(None)

    return fire


def _start(machine: Machine, app: ExternalObject, place: Place) -> None:
    if "@started" in app.attributes:
        return
    machine.state.write(app.attributes, "@started", Constant(True))
    for event in _FIRED:
        run_hooks(machine, hooks_of(app.attributes, event), (app,), place)


def _startup(machine: Machine, app: ExternalObject, place: Place) -> None:
    try:
        _start(machine, app, place)
    except Raised as raised:
        raise Raised(Failure("SystemExit", "3", raised.failure.place)) from None


PACKAGE = Package(
    name="BlackSheep",
    leaves_arguments=("blacksheep.",),
    calls={
        **dict.fromkeys(_NAMES, _made),
        **{f"{name}().{event}": _event(event) for name in _NAMES for event in _FIRED},
        **{f"{name}().{event}.__iadd__": _add_to_event(event) for name in _NAMES for event in _FIRED},
        **{f"{name}().lifespan": _lifespan for name in _NAMES},
        **{f"{name}().mount": _mount for name in _NAMES},
    },
    startup=dict.fromkeys(_NAMES, _startup),
    applications=dict.fromkeys(_NAMES, True),
)
