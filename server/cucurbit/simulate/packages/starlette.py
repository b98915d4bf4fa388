"""Start-up code of web frameworks: what runs after the module level, when the application is served.

Facts from starlette/routing.py (a ``lifespan`` replaces the ``on_startup`` handlers) and fastapi/routing.py
(``include_router`` takes over the handlers of the router).
"""

from __future__ import annotations

from collections.abc import Callable

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.timeline import LinkKind, Place
from cucurbit.simulate.core.values import (
    MISSING,
    Bound,
    CallSite,
    Choice,
    Constant,
    Coroutine,
    External,
    ExternalObject,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    Unknown,
    Value,
    options_of,
    text_of,
)

_STARTUP = "@startup "


def _is_application(head: str) -> bool:
    return head.endswith(("()", ".router"))


def _handlers(machine: Machine, app: ExternalObject) -> tuple[Value, ...]:
    """The start-up handlers of ``app``, in order; a Choice with :data:`MISSING` is one that it may not have."""
    given = app.call.kwargs.get("on_startup")
    items = machine.iterate(given) if given is not None else ()
    if isinstance(given, FunctionValue):
        items = (given,)
    added = sorted(int(key.removeprefix(_STARTUP)) for key in app.attributes if key.startswith(_STARTUP))
    return (*(items or ()), *(app.attributes[f"{_STARTUP}{tick}"] for tick in added))


def _add(machine: Machine, app: Value | None, function: Value) -> None:
    if isinstance(app, ExternalObject):
        if app.attributes.owner is not machine.state.clock.running:
            # The ticks of what is repeated say nothing of the order.
            machine.state.clock.running.spoil()
        # A cell of its own for each: one that an undecided branch adds stays in doubt, and only that one.
        machine.state.write(app.attributes, f"{_STARTUP}{machine.state.clock.tick()}", function)


def _on_event(machine: Machine, call: CallSite) -> Value:
    """``@app.on_event("startup")``."""
    app = call.receiver

    def register(inner: Machine, site: CallSite) -> Value:
        if site.args:
            _add(inner, app, site.args[0])
            return site.args[0]
        return Unknown("nothing")

    if text_of(call.argument(0, "event_type")) != "startup":
        return External("functools.wraps()")
    return machine.handler_value(register)


def _before_serving(machine: Machine, call: CallSite) -> Value:
    """``@app.before_serving`` (Quart), ``app.on_startup.append(f)`` (aiohttp), ``@app.before_first_request``."""
    if call.args:
        _add(machine, call.receiver, call.args[0])
        return call.args[0]
    return External("functools.wraps()")


def _add_event_handler(machine: Machine, call: CallSite) -> Value:
    if text_of(call.argument(0, "event_type")) == "startup" and (function := call.argument(1, "func")) is not None:
        _add(machine, call.receiver, function)
    return Constant(None)


def _include_router(machine: Machine, call: CallSite) -> Value:
    router = call.argument(0, "router")
    if isinstance(router, ExternalObject) and isinstance(call.receiver, ExternalObject):
        for handler in _handlers(machine, router):
            _add(machine, call.receiver, handler)
    return Constant(None)


def _serve(machine: Machine, call: CallSite) -> Value:
    """``uvicorn.run(app)``: with a string and ``reload`` or several workers, another process imports it."""
    app = call.argument(0, "app")
    if app is None:
        return Constant(None)
    target = text_of(app)
    apart = target is not None and any(
        name in call.kwargs and machine.truth(call.kwargs[name]) is not False for name in ("reload", "workers")
    )
    factory = machine.truth(call.kwargs.get("factory") or Constant(False)) is True
    if apart:
        machine.in_other_process(lambda: _started(machine, app, target, factory, call))
    else:
        _started(machine, app, target, factory, call)
    return Constant(None)


def _started(machine: Machine, app: Value, target: str | None, factory: bool, call: CallSite) -> Value:
    if target is not None:
        name, _, attribute = target.partition(":")
        module = machine.import_module(name, call.place)
        if not isinstance(module, ModuleValue):
            return Unknown("an application")
        start(machine, module, (attribute or "app") + ("()" if factory else ""), call.place)
    else:
        run_startup(machine, app, call.place)
    return Constant(None)


def start(machine: Machine, module: ModuleValue, attribute: str, place: Place) -> None:
    """What a server does with ``module:attribute`` after the import: call a factory, run the start-up code.

    Raises:
        Raised: where that certainly fails.
    """
    name, parenthesis, _ = attribute.partition("(")
    value: Value = module
    for part in name.split("."):
        value = machine.get_attribute(value, part, place)
    site = CallSite(place, "", None, (), {})
    if parenthesis and not isinstance(value, ExternalObject):
        value = machine.call(value, site)
        if isinstance(value, Coroutine):
            value = machine.run_coroutine(value)
    run_startup(machine, value, place)


def run_startup(machine: Machine, app: Value, place: Place) -> None:
    """Run the lifespan of an application up to its ``yield``, or its start-up handlers."""
    for option in options_of(app):
        found = _application(option, 0)
        if found is None:
            continue
        lifespan = found.attributes.get("lifespan_context") or found.call.kwargs.get("lifespan")
        if lifespan is not None and lifespan != Constant(None):
            _run(machine, lifespan, (found,), place)
        else:
            for handler in _handlers(machine, found):
                _run_handler(machine, handler, place)


def _run_handler(machine: Machine, handler: Value, place: Place) -> None:
    if not isinstance(handler, Choice):
        _run(machine, handler, (), place)
        return

    def run(option: Value) -> Value:
        _run(machine, option, (), place)
        return Constant(None)

    runs = [lambda each=each: run(each) for each in options_of(handler)]
    absent = [lambda: Constant(None)] if MISSING in handler.options else []
    machine.undecided(*runs, *absent)


def _application(value: Value, depth: int) -> ExternalObject | None:
    """The application itself, inside any wrappers (``SomeMiddleware(app)``)."""
    if not isinstance(value, ExternalObject) or depth > 5:
        return None
    inner = (*value.call.args, *(value.call.kwargs.get(name) for name in ("app", "other_asgi_app")))
    for candidate in inner:
        if isinstance(candidate, ExternalObject):
            found = _application(candidate, depth + 1)
            if found is not None:
                return found
    return value


def _run(machine: Machine, function: Value, args: tuple[Value, ...], place: Place) -> None:
    def body() -> Value:
        result = machine.call(function, CallSite(place, "", None, args, {}))
        if isinstance(result, Coroutine):
            return machine.run_coroutine(result, until_yield=result.function.is_generator)
        if isinstance(result, InstanceValue):
            method = machine.class_attribute(result.cls, "__aenter__")
            if method is not None:
                entered = machine.call(Bound(method[0], result), CallSite(place, "", None, (), {}))
                return machine.run_coroutine(entered) if isinstance(entered, Coroutine) else entered
        return result

    name = function.name if isinstance(function, FunctionValue) else "start-up"
    machine.in_thread(True, lambda: machine.linked(LinkKind.STARTUP, place, name, body))


HANDLERS: dict[str, Handler] = {
    "uvicorn.run": _serve,
    "hypercorn.run": _serve,
    "granian.run": _serve,
}

SUFFIXES: tuple[tuple[str, tuple[Callable[[str], bool], Handler]], ...] = (
    ("on_event", (_is_application, _on_event)),
    ("add_event_handler", (_is_application, _add_event_handler)),
    ("include_router", (_is_application, _include_router)),
    ("before_serving", (_is_application, _before_serving)),
    ("before_first_request", (_is_application, _before_serving)),
)
