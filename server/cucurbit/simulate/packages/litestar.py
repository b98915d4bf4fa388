"""Litestar: applications with lifespans beside start-up functions.

Facts from litestar/app.py: ``Litestar.__init__`` gives the configuration to ``on_app_init`` functions and to plugins,
one after the other; ``Litestar.lifespan`` enters the ``lifespan`` managers first and then runs ``on_startup``. A
manager is an asynchronous context manager, or a function of the application that makes one. A start-up function is
given the application if it has parameters.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine, Raised
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.timeline import Failure, Place
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    ExternalObject,
    InstanceValue,
    Unknown,
    Value,
)
from cucurbit.simulate.packages.applications import items_of, run_hook, run_hooks
from cucurbit.workspace.starts.programs import StartKind, module_option

_LISTS = ("lifespan", "on_startup")


def _made(machine: Machine, call: CallSite) -> Value:
    """``Litestar(...)``."""
    app = ExternalObject(call.name, call, machine.state.cells())
    if not call.complete:
        machine.cut(call.place, "an application made with keywords that are not known")
    for name in _LISTS:
        items = items_of(machine, call.kwargs.get(name), call.place, f"{name} of Litestar")
        app.attributes.data[name] = machine.sequence("list", items)
    _initialise(machine, app, call)
    return app


def _initialise(machine: Machine, app: ExternalObject, call: CallSite) -> None:
    """Let functions and plugins change the configuration, which has the lists of the application."""
    functions = list(items_of(machine, call.kwargs.get("on_app_init"), call.place, "on_app_init functions"))
    for plugin in items_of(machine, call.kwargs.get("plugins"), call.place, "plugins of Litestar"):
        if isinstance(plugin, InstanceValue) and (method := machine.class_attribute(plugin.cls, "on_app_init")):
            functions.append(Bound(method[0], plugin))
        elif isinstance(plugin, Unknown):
            machine.cut(call.place, "a plugin of Litestar that is not known")
    config = ExternalObject("litestar.config.app.AppConfig", call, machine.state.cells())
    config.attributes.data.update({name: app.attributes[name] for name in _LISTS})
    for function in functions:
        if machine.call(function, CallSite(call.place, "", None, (config,), {})) is not config:
            machine.cut(call.place, "an application of Litestar with a configuration that is not known")
    for name in _LISTS:
        app.attributes.data[name] = config.attributes[name]


def _startup(machine: Machine, app: ExternalObject, place: Place) -> None:
    try:
        _start(machine, app, place)
    except Raised as raised:
        if raised.failure.error in {"SystemExit", "KeyboardInterrupt"}:
            raise
        # It leaves a task group, which wraps it.
        raise Raised(Failure("ExceptionGroup", raised.failure.message, raised.failure.place)) from None


def _start(machine: Machine, app: ExternalObject, place: Place) -> None:
    for manager in items_of(machine, app.attributes.get("lifespan"), place, "lifespan managers"):
        run_hook(machine, manager, (app,), place)
    run_hooks(machine, items_of(machine, app.attributes.get("on_startup"), place, "start-up functions"), (app,), place)


_NAMES = ("litestar.Litestar", "litestar.app.Litestar")

PACKAGE = Package(
    name="Litestar",
    calls=dict.fromkeys(_NAMES, _made),
    startup=dict.fromkeys(_NAMES, _startup),
    applications={"Litestar": True},
    command_lines={"litestar": module_option(StartKind.SERVED, "--app")},
)
