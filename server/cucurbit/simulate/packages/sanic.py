"""Sanic: a server with applications of its own, which have listeners.

Facts from sanic/app.py and sanic/mixins/startup.py: a listener is called with the application and, if it takes two
arguments, with the event loop. The main process runs ``main_process_start`` and starts workers, each of which imports
the application again and runs ``before_server_start`` and ``after_server_start``. From sanic/asgi.py: another server
runs these two only.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import CallSite, Constant, External, ExternalObject, Unknown, Value, text_of
from cucurbit.simulate.packages.applications import add_hook, hooks_of, pass_hooks, perhaps, run_hooks, run_startup
from cucurbit.workspace.starts.programs import StartKind, positional

_MAIN = ("main_process_start", "main_process_ready")
_SERVER = ("before_server_start", "after_server_start")
_OTHER = (
    "main_process_stop",
    "reload_process_start",
    "reload_process_stop",
    "before_reload_trigger",
    "after_reload_trigger",
    "before_server_stop",
    "after_server_stop",
)


def _add(machine: Machine, call: CallSite, function: Value | None, event: str | None) -> Value:
    if event is None or function is None or event not in (*_MAIN, *_SERVER, *_OTHER):
        machine.cut(call.place, "a listener, or an event, that is not known")
        return function if function is not None else Unknown("a listener")
    if "priority" in call.kwargs:
        machine.cut(call.place, "listeners whose order is not known")
    add_hook(machine, call.receiver, function, event)
    return function


def _registers(machine: Machine, call: CallSite, event: str | None) -> Value:
    """What ``@app.listener(event)`` is: it takes the function."""
    if event is None:
        machine.cut(call.place, "a listener to an event that is not known")
        return External("functools.wraps()")
    app = call.receiver

    def register(inner: Machine, site: CallSite) -> Value:
        known = CallSite(site.place, call.name, app, site.args, call.kwargs)
        return _add(inner, known, site.argument(0, "listener"), event)

    return machine.handler_value(register)


def _listener(machine: Machine, call: CallSite) -> Value:
    """``@app.listener("before_server_start")`` and ``app.listener(function, "before_server_start")``."""
    first, event = call.argument(0, "listener_or_event"), call.argument(1, "event_or_none")
    if event is not None:
        return _add(machine, call, first, text_of(event))
    return _registers(machine, call, text_of(first))


def _register_listener(machine: Machine, call: CallSite) -> Value:
    return _add(machine, call, call.argument(0, "listener"), text_of(call.argument(1, "event")))


def _named(event: str) -> Handler:
    """``@app.before_server_start``, with or without parentheses."""

    def add(machine: Machine, call: CallSite) -> Value:
        function = call.argument(0, "listener")
        if function is None or function == Constant(None):
            return _registers(machine, call, event)
        return _add(machine, call, function, event)

    return add


def _blueprint(machine: Machine, call: CallSite) -> Value:
    """``app.blueprint(bp)``: the listeners of a blueprint become the application's."""
    blueprint = call.argument(0, "blueprint")
    if isinstance(blueprint, ExternalObject):
        pass_hooks(machine, blueprint, call.receiver, *_MAIN, *_SERVER)
    else:
        machine.cut(call.place, "a blueprint that is not known")
    return Constant(None)


def _startup(machine: Machine, app: ExternalObject, place: Place) -> None:
    offered = (app, Unknown("an event loop"))
    for event in _MAIN:
        # In another process than the rest, or not at all, by how it is served.
        run_hooks(machine, [perhaps(each) for each in hooks_of(app.attributes, event)], offered, place)
    for event in _SERVER:
        run_hooks(machine, hooks_of(app.attributes, event), offered, place)


def _run(machine: Machine, call: CallSite) -> Value:
    """``app.run()``: unless there is one process only, the workers are others, which import the script again."""
    app = call.receiver
    if not isinstance(app, ExternalObject):
        machine.cut(call.place, "an application that is not known")
        return Constant(None)
    alone = machine.truth(call.kwargs.get("single_process") or Constant(False))
    offered = (app, Unknown("an event loop"))
    if alone is True:
        run_startup(machine, app, call.place)
        return Constant(None)
    for event in _MAIN:
        run_hooks(machine, hooks_of(app.attributes, event), offered, call.place)
    machine.cut(call.place, "worker processes of Sanic")
    return Constant(None)


_NAMES = ("sanic.Sanic", "sanic.app.Sanic")
_OWNERS = (*_NAMES, "sanic.Blueprint", "sanic.blueprints.Blueprint")

PACKAGE = Package(
    name="Sanic",
    calls={
        **{f"{name}().listener": _listener for name in _OWNERS},
        **{f"{name}().register_listener": _register_listener for name in _OWNERS},
        **{f"{name}().{event}": _named(event) for name in _OWNERS for event in (*_MAIN, *_SERVER, *_OTHER)},
        **{f"{name}().blueprint": _blueprint for name in _NAMES},
        **{f"{name}().run": _run for name in _NAMES},
    },
    startup=dict.fromkeys(_NAMES, _startup),
    applications={"Sanic": True},
    command_lines={"sanic": positional(StartKind.SERVED)},
)
