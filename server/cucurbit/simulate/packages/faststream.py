"""FastStream: applications on a message broker, with a lifespan and start-up functions; its command.

Facts from faststream/app.py and faststream/_internal/application.py: ``run`` enters the ``lifespan``, runs the
``on_startup`` functions, starts the brokers and runs the ``after_startup`` functions, those given to the class first.
All of them are given what they ask for by the names and types of their parameters; a function that is not asynchronous
runs in a thread. ``as_asgi`` makes an application that shares them. From faststream/_internal/cli/main.py: ``run`` and
``publish`` import the application, ``docs`` has commands that do so too.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import CallSite, Constant, ExternalObject, Unknown, Value
from cucurbit.simulate.packages.applications import (
    STARTUP,
    decorator,
    hooks_of,
    items_of,
    run,
    run_hook,
    run_hooks,
)
from cucurbit.workspace.starts.programs import TARGET, CommandContext, Start, StartKind, arguments_of

_EVENTS = {"on_startup": STARTUP, "after_startup": "after startup"}
_INJECTED = (Unknown("what FastStream injects"),) * 20
_FLAGS = frozenset({"-f", "-r"})


def _made(machine: Machine, call: CallSite) -> Value:
    if not call.complete:
        machine.cut(call.place, "an application made with keywords that are not known")
    return ExternalObject(call.name, call, machine.state.cells())


def _startup(machine: Machine, app: ExternalObject, place: Place) -> None:
    lifespan = app.call.kwargs.get("lifespan")
    if lifespan is not None and lifespan != Constant(None):
        run_hook(machine, lifespan, _INJECTED, place)
    for name, event in _EVENTS.items():
        given = items_of(machine, app.call.kwargs.get(name), place, f"{name} functions")
        run_hooks(machine, (*given, *hooks_of(app.attributes, event)), _INJECTED, place, threads=True)


def _as_asgi(machine: Machine, call: CallSite) -> Value:
    """``app.as_asgi()``, which shares all that is known of the application here."""
    return call.receiver or Unknown("an application")


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    command, *rest = argv or [""]
    arguments = arguments_of(rest, _FLAGS)
    # Options that the command does not know go to the application, with values or without.
    words = (*arguments.positional, *(value for name, value in arguments.options.items() if name != "--loop"))
    target = next((word for word in words if ":" in word and TARGET.match(word)), "")
    if command not in {"run", "publish", "docs"} or not target:
        return None
    if arguments.has("--factory", "-f"):
        target += "()"
    kind = StartKind.SERVED if command == "run" else StartKind.IMPORTED
    return context.start(kind, target, arguments.get("--app-dir") or ".")


_NAMES = (
    "faststream.FastStream",
    "faststream.app.FastStream",
    "faststream.asgi.AsgiFastStream",
    "faststream.asgi.app.AsgiFastStream",
)

PACKAGE = Package(
    name="FastStream",
    calls={
        **dict.fromkeys(_NAMES, _made),
        **{f"{name}().{method}": decorator(event) for name in _NAMES for method, event in _EVENTS.items()},
        **{f"{name}().as_asgi": _as_asgi for name in _NAMES},
        **{f"{name}().run": run for name in _NAMES},
    },
    may_not_run=("faststream.",),
    leaves_arguments=("faststream.",),
    startup=dict.fromkeys(_NAMES, _startup),
    applications={"FastStream": True, "AsgiFastStream": True},
    command_lines={"faststream": _command_line},
)
