"""How a server starts an application: it imports it, calls a factory, and runs its start-up code.

The start-up code of an application is defined in its framework's file (:attr:`Package.startup`). An application of an
unknown framework is treated as an ASGI application with a ``lifespan`` or start-up functions.

A function that is registered on an application for an event (``@app.on_event``, ``@app.listener``) is a *hook* of it,
stored under ``@EVENT TICK`` in the application's attributes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cucurbit.simulate.core.cells import Cells
from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.state import in_doubt
from cucurbit.simulate.core.timeline import LinkKind, Place
from cucurbit.simulate.core.values import (
    MISSING,
    Bound,
    CallSite,
    Choice,
    ClassValue,
    Constant,
    Coroutine,
    External,
    ExternalObject,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    Partial,
    SequenceValue,
    Unknown,
    Value,
    options_of,
    text_of,
)
from cucurbit.workspace.model import CONFIGURED

_CALLABLE = (FunctionValue, Bound, Partial, ClassValue, InstanceValue, Coroutine, External, ExternalObject)
"""Values that may be start-up code, of the workspace or of a library (then its effects are unknown)."""

STARTUP = "startup"
"""The event of hooks that run before an application serves."""


def add_hook(machine: Machine, owner: Value | None, function: Value, event: str = STARTUP) -> None:
    """Add ``function`` to the hooks of ``owner`` for an event, after the existing ones."""
    for option in options_of(owner) if owner is not None else ():
        if isinstance(option, ExternalObject):
            keep_hook(machine, option.attributes, function, event)


def keep_hook(machine: Machine, cells: Cells[Value], function: Value, event: str) -> None:
    if cells.owner is not machine.state.clock.running:
        # A repetition gives hooks other ticks, so it would not keep their order.
        machine.state.clock.running.spoil()
    # One cell for each: if an undecided branch adds one, only that one is uncertain.
    machine.state.write(cells, f"@{event} {machine.state.clock.tick()}", function)


def hooks_of(cells: Cells[Value], event: str = STARTUP) -> tuple[Value, ...]:
    """The hooks for an event, in order; a Choice with :data:`MISSING` is one that may be missing."""
    start = f"@{event} "
    # A program can bring in such names too, by ``**{"@startup x": 1}``.
    found = (key.removeprefix(start) for key in cells if key.startswith(start))
    ticks = sorted(int(tick) for tick in found if tick.isdecimal() and str(int(tick[:18])) == tick)
    return tuple(cells[f"{start}{tick}"] for tick in ticks)


def pass_hooks(machine: Machine, part: ExternalObject, owner: Value | None, *events: str) -> None:
    """Add to ``owner`` what ``part``, a blueprint for example, has for these events."""
    for event in events:
        for function in hooks_of(part.attributes, event):
            add_hook(machine, owner, function, event)


def items_of(machine: Machine, value: Value | None, place: Place, what: str) -> tuple[Value, ...]:
    """The items of a list passed to a library; a Choice with :data:`MISSING` is one that may be missing.

    ``what`` names the items in the cut event, if they are unknown.
    """
    if value is None or value == Constant(None):
        return ()
    doubtful = in_doubt(value)
    if doubtful:
        return tuple(item if sure else perhaps(item) for item, sure in doubtful)
    items = machine.iterate(value)
    if items is None:
        machine.cut(place, f"unknown {what}")
        return value.items if isinstance(value, SequenceValue) else ()
    return items


def perhaps(value: Value) -> Value:
    """``value``, which may be missing."""
    return Choice((*options_of(value), MISSING))


def startup_functions(machine: Machine, app: ExternalObject, place: Place) -> tuple[Value, ...]:
    """The start-up functions of ``app``, in order; a Choice with :data:`MISSING` is one that it may not have."""
    given = app.call.kwargs.get("on_startup")
    items = (given,) if isinstance(given, FunctionValue) else items_of(machine, given, place, "start-up functions")
    return (*items, *hooks_of(app.attributes))


def serve(machine: Machine, call: CallSite) -> Value:
    """``uvicorn.run(app)``: with a string and ``reload`` or several workers, another process imports it."""
    app = call.argument(0, "app") or call.kwargs.get("target")
    if app is None:
        machine.cut(call.place, "an application to serve that is not known")
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


def run(machine: Machine, call: CallSite) -> Value:
    """``app.run()``: the application serves itself. A coroutine of that name is taken to be awaited at once."""
    run_startup(machine, call.receiver or Unknown("an application"), call.place)
    return Constant(None)


def _started(machine: Machine, app: Value, target: str | None, factory: bool, call: CallSite) -> Value:
    if target is not None:
        name, _, attribute = target.partition(":")
        module = machine.import_module(name, call.place)
        if not isinstance(module, ModuleValue):
            return Unknown("an application")
        start(machine, module, (attribute or "app") + ("()" if factory else ""), call.place)
    elif factory:
        run_startup(machine, awaited(machine, machine.call(app, replace(call, args=(), kwargs={}))), call.place)
    else:
        run_startup(machine, app, call.place)
    return Constant(None)


def start(machine: Machine, module: ModuleValue, attribute: str, place: Place) -> None:
    """What a server does with ``module:attribute`` after the import: it calls a factory and runs the start-up code.

    Raises:
        Raised: where that certainly fails.
    """
    run_startup(machine, made(machine, module, attribute, place), place)


def made(machine: Machine, module: ModuleValue, attribute: str, place: Place) -> Value:
    """The application ``module:attribute``: with parentheses, what the factory returns.

    Raises:
        Raised: where that certainly fails.
    """
    name, parenthesis, _ = attribute.partition("(")
    value: Value = module
    for part in name.split("."):
        value = machine.get_attribute(value, part, place)
    site = CallSite(place, "", None, (), {})
    if attribute.endswith(CONFIGURED):
        # Which options a file has where the program runs is not known.
        site = replace(site, args=(Unknown("the configuration of the application"),), complete=False)
    runs = not isinstance(value, ExternalObject) or machine.packages.find(f"{value.made_by}()") is not None
    return awaited(machine, machine.call(value, site)) if parenthesis and runs else value


def awaited(machine: Machine, value: Value) -> Value:
    """What a coroutine returns, run in an event loop; any other value as it is."""
    if isinstance(value, Coroutine) and not value.function.is_generator:
        return machine.in_thread(True, lambda: machine.run_coroutine(value))
    return value


def run_startup(machine: Machine, app: Value, place: Place) -> None:
    """Run the lifespan of an application up to its ``yield``, or its start-up handlers."""
    for option in options_of(app):
        found = _application(machine, option, 0)
        if found is None:
            if isinstance(option, Unknown):
                machine.cut(place, "an application that is not known")
            elif isinstance(option, InstanceValue) and _is_application_class(machine, option.cls):
                machine.cut(place, "an application whose class derives from that of a library")
            continue
        startup = machine.packages.startup(found.made_by) or asgi_startup
        startup(machine, found, place)


def asgi_startup(machine: Machine, app: ExternalObject, place: Place) -> None:
    """A ``lifespan`` up to its ``yield``; only without one, the start-up functions."""
    lifespan = app.attributes.get("lifespan_context") or app.call.kwargs.get("lifespan")
    if lifespan is not None and lifespan != Constant(None):
        run_hook(machine, lifespan, (app,), place)
        return
    if not app.call.complete:
        machine.cut(place, "an application made with keywords that are not known")
    run_hooks(machine, startup_functions(machine, app, place), (), place)


def run_hooks(
    machine: Machine, hooks: Iterable[Value], offered: tuple[Value, ...], place: Place, *, threads: bool = False
) -> None:
    """Run start-up functions one after the other; each is given as many of ``offered`` as it has parameters.

    ``threads``: one that is not asynchronous runs in a thread of its own, without an event loop.
    """
    for hook in hooks:
        run_hook(machine, hook, offered, place, threads=threads)


def run_hook(machine: Machine, hook: Value, offered: tuple[Value, ...], place: Place, *, threads: bool = False) -> None:
    """Run one start-up function, which may not be there where it is a Choice with :data:`MISSING`."""

    def run(option: Value) -> Value:
        apart = threads and isinstance(option, FunctionValue) and not option.is_async
        run_function(machine, option, accepted(machine, option, offered), place, loop=not apart)
        return Constant(None)

    if not isinstance(hook, Choice):
        run(hook)
        return
    runs = [lambda each=each: run(each) for each in options_of(hook)]
    absent = [lambda: Constant(None)] if MISSING in hook.options else []
    machine.undecided(*runs, *absent)


def accepted(machine: Machine, function: Value, offered: tuple[Value, ...]) -> tuple[Value, ...]:
    """As many of the arguments ``offered`` as a function has parameters for."""
    bound = 0
    if isinstance(function, InstanceValue):
        found = machine.class_attribute(function.cls, "__call__")
        function, bound = (found[0], 1) if found is not None else (function, 0)
    if isinstance(function, Bound):
        function, bound = function.function, 1
    if not isinstance(function, FunctionValue) or function.params.vararg is not None:
        return offered
    return offered[: max(len(function.params.positional) - bound, 0)]


def _is_application_class(machine: Machine, cls: ClassValue) -> bool:
    bases = [base.dotted for base in machine.mro(cls) if isinstance(base, External)]
    return any(machine.packages.startup(dotted) is not None for dotted in bases)


def _application(machine: Machine, value: Value, depth: int) -> ExternalObject | None:
    """The application itself, inside any wrappers (``SomeMiddleware(app)``)."""
    if not isinstance(value, ExternalObject) or depth > 5:
        return None
    if machine.packages.startup(value.made_by) is not None:
        return value
    inner = (*value.call.args, *(value.call.kwargs.get(name) for name in ("app", "other_asgi_app")))
    for candidate in inner:
        if isinstance(candidate, ExternalObject):
            found = _application(machine, candidate, depth + 1)
            if found is not None:
                return found
    return value


def run_function(
    machine: Machine, function: Value, args: tuple[Value, ...], place: Place, *, loop: bool = True
) -> None:
    """Call a start-up function and await it; a generator or an asynchronous context manager runs up to its ``yield``.

    A context manager that is given ready-made is entered. ``loop``: an event loop runs in the thread.
    """

    def body() -> Value:
        ready = isinstance(function, Coroutine) or (
            isinstance(function, InstanceValue) and machine.class_attribute(function.cls, "__aenter__") is not None
        )
        result = function if ready else machine.call(function, CallSite(place, "", None, args, {}))
        if isinstance(result, Coroutine):
            return machine.run_coroutine(result, until_yield=result.function.is_generator)
        if isinstance(result, InstanceValue):
            method = machine.class_attribute(result.cls, "__aenter__")
            if method is not None:
                entered = machine.call(Bound(method[0], result), CallSite(place, "", None, (), {}))
                return machine.run_coroutine(entered) if isinstance(entered, Coroutine) else entered
        return result

    if not isinstance(function, _CALLABLE):
        machine.cut(place, "start-up code that is not known")
        return
    name = function.name if isinstance(function, FunctionValue) else "start-up"
    machine.in_thread(loop, lambda: machine.linked(LinkKind.STARTUP, place, name, body))


def decorator(event: str = STARTUP) -> Handler:
    """A decorator without arguments that adds a function to its object, to run at an event; it returns the function."""

    def add(machine: Machine, call: CallSite) -> Value:
        function = call.argument(0, "func")
        if function is None:
            machine.cut(call.place, f"{call.name} of a function that is not known")
            return Unknown("a start-up function")
        if not isinstance(call.receiver, (ExternalObject, Choice)):
            machine.cut(call.place, f"{call.name} of an application that is not known")
        add_hook(machine, call.receiver, function, event)
        return function

    return add
