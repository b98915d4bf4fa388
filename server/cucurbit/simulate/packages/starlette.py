"""Starlette: applications and routers with a lifespan or start-up functions.

Facts from starlette/routing.py: a ``lifespan`` replaces the ``on_startup`` functions.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import MethodOfUnknown, Package
from cucurbit.simulate.core.values import CallSite, Constant, External, ExternalObject, Unknown, Value, text_of
from cucurbit.simulate.packages.applications import add_startup_function, asgi_startup, startup_functions
from cucurbit.simulate.packages.stdlib.system_calls import in_thread


def is_application(head: str) -> bool:
    return head.endswith(("()", ".router"))


def _on_event(machine: Machine, call: CallSite) -> Value:
    """``@app.on_event("startup")``."""
    app = call.receiver

    def register(inner: Machine, site: CallSite) -> Value:
        if site.args:
            add_startup_function(inner, app, site.args[0])
            return site.args[0]
        return Unknown("nothing")

    if text_of(call.argument(0, "event_type")) != "startup":
        return External("functools.wraps()")
    return machine.handler_value(register)


def _add_event_handler(machine: Machine, call: CallSite) -> Value:
    if text_of(call.argument(0, "event_type")) == "startup" and (function := call.argument(1, "func")) is not None:
        add_startup_function(machine, call.receiver, function)
    return Constant(None)


def _include_router(machine: Machine, call: CallSite) -> Value:
    router = call.argument(0, "router")
    if isinstance(router, ExternalObject) and isinstance(call.receiver, ExternalObject):
        for handler in startup_functions(machine, router):
            add_startup_function(machine, call.receiver, handler)
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
