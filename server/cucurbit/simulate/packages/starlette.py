"""Starlette: applications and routers with a lifespan or start-up functions.

Facts from starlette/routing.py: a ``lifespan`` replaces the ``on_startup`` functions.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import MethodOfUnknown, Package
from cucurbit.simulate.core.values import CallSite, Constant, External, ExternalObject, Unknown, Value, text_of
from cucurbit.simulate.packages.applications import STARTUP, add_hook, asgi_startup, startup_functions
from cucurbit.simulate.packages.stdlib.system_calls import in_thread

STEPS_A_HANDLER = 5
"""The steps that it costs to copy a handler."""


def is_application(head: str) -> bool:
    return head.endswith(("()", ".router"))


def _on_event(machine: Machine, call: CallSite) -> Value:
    """``@app.on_event("startup")``."""
    app, event = call.receiver, text_of(call.argument(0, "event_type"))

    def register(inner: Machine, site: CallSite) -> Value:
        function = site.argument(0, "func")
        if function is None:
            return Unknown("a function that is not known")
        add_hook(inner, app, function)
        return function

    if event is None:
        machine.cut(call.place, "on_event of an event that is not known")
    if event != STARTUP:
        return External("functools.wraps()")
    return machine.handler_value(register)


def _add_event_handler(machine: Machine, call: CallSite) -> Value:
    event, function = text_of(call.argument(0, "event_type")), call.argument(1, "func")
    if event is None or function is None:
        machine.cut(call.place, "add_event_handler of an event or a function that is not known")
    elif event == STARTUP:
        add_hook(machine, call.receiver, function)
    return Constant(None)


def _include_router(machine: Machine, call: CallSite) -> Value:
    router = call.argument(0, "router")
    if router is None or isinstance(router, Unknown):
        machine.cut(call.place, "include_router of a router that is not known")
    elif isinstance(router, ExternalObject):
        handlers = startup_functions(machine, router, call.place)
        # A router can include itself, which doubles its handlers.
        machine.spend(len(handlers) * STEPS_A_HANDLER)
        for handler in handlers:
            add_hook(machine, call.receiver, handler)
    return Constant(None)


PACKAGE = Package(
    name="Starlette",
    leaves_arguments=("starlette.",),
    calls={"starlette.concurrency.run_in_threadpool": in_thread(0)},
    methods={
        "on_event": MethodOfUnknown(is_application, _on_event),
        "add_event_handler": MethodOfUnknown(is_application, _add_event_handler),
        "include_router": MethodOfUnknown(is_application, _include_router),
    },
    applications={"Starlette": True},
    startup={"starlette.applications.Starlette": asgi_startup},
)
