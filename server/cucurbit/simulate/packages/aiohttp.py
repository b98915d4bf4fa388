"""aiohttp: applications with start-up functions and cleanup contexts; its server.

Facts from aiohttp/web_app.py: ``CleanupContext._on_startup`` is the first function of ``Application.on_startup``, and
runs each function in ``cleanup_ctx`` up to its ``yield``; ``add_subapp`` appends a function that starts the other
application. From aiohttp/web.py: ``run_app`` awaits a coroutine that makes the application, and swallows
``GracefulExit`` and ``KeyboardInterrupt``.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine, Raised
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import CallSite, Constant, ExternalObject, SequenceValue, Unknown, Value
from cucurbit.simulate.packages.applications import awaited, items_of, run_hooks, run_startup
from cucurbit.workspace.starts.programs import CommandContext, Start, StartKind, arguments_of

_LISTS = ("cleanup_ctx", "on_startup")


def _made(machine: Machine, call: CallSite) -> Value:
    """``web.Application()``, whose signals are lists of functions."""
    app = ExternalObject(call.name, call, machine.state.cells())
    for name in _LISTS:
        app.attributes.data[name] = machine.sequence("list", ())
    return app


def _add_subapp(machine: Machine, call: CallSite) -> Value:
    inner = call.argument(1, "subapp")
    functions = machine.get_attribute(call.receiver, "on_startup", call.place) if call.receiver is not None else None
    if inner is None or isinstance(inner, Unknown) or not isinstance(functions, SequenceValue):
        machine.cut(call.place, "add_subapp of an application that is not known")
        return Unknown("a resource")

    def start(other: Machine, site: CallSite) -> Value:
        run_startup(other, inner, site.place)
        return Constant(None)

    machine.extend(functions, (machine.handler_value(start),))
    return Unknown("a resource")


def _startup(machine: Machine, app: ExternalObject, place: Place) -> None:
    for name in _LISTS:
        run_hooks(machine, items_of(machine, app.attributes.get(name), place, f"{name} functions"), (app,), place)


def _run_app(machine: Machine, call: CallSite) -> Value:
    app = call.argument(0, "app")
    if app is None:
        machine.cut(call.place, "an application to serve that is not known")
        return Constant(None)
    try:
        run_startup(machine, awaited(machine, app), call.place)
    except Raised as raised:
        if raised.failure.error not in {"GracefulExit", "KeyboardInterrupt"}:
            raise
    return Constant(None)


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    """``python -m aiohttp.web package.module:create_app``; the function is given what is left of the words."""
    target = next((each for each in arguments_of(argv).positional if ":" in each), "")
    return context.start(StartKind.SERVED, f"{target}()", ".") if target else None


_NAMES = ("aiohttp.web.Application", "aiohttp.web_app.Application")

PACKAGE = Package(
    name="aiohttp",
    calls={
        **dict.fromkeys(_NAMES, _made),
        **{f"{name}().add_subapp": _add_subapp for name in _NAMES},
        "aiohttp.web.run_app": _run_app,
    },
    exceptions={"GracefulExit": "SystemExit"},
    startup=dict.fromkeys(_NAMES, _startup),
    command_lines={"aiohttp.web": _command_line},
)
