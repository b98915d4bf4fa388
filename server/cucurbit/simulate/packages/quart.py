"""Quart: functions that run before it serves and around that; its command.

Facts from quart/app.py: ``Quart.startup`` calls every ``before_serving`` function and then runs every ``while_serving``
generator up to its ``yield``. From quart/blueprints.py: ``before_app_serving`` and ``while_app_serving`` of a blueprint
are added when the blueprint is registered.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import MethodOfUnknown, Package
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import CallSite, Constant, ExternalObject, Unknown, Value
from cucurbit.simulate.packages.applications import STARTUP, decorator, hooks_of, pass_hooks, run, run_hooks
from cucurbit.simulate.packages.starlette import is_application
from cucurbit.workspace.starts.programs import CommandContext, Start, StartKind, arguments_of

_ATTRIBUTES = ("app", "application", "create_app", "make_app")
_WHILE = "while serving"


def _register_blueprint(machine: Machine, call: CallSite) -> Value:
    blueprint = call.argument(0, "blueprint")
    if blueprint is None or isinstance(blueprint, Unknown):
        machine.cut(call.place, "register_blueprint of a blueprint that is not known")
    elif isinstance(blueprint, ExternalObject):
        pass_hooks(machine, blueprint, call.receiver, STARTUP, _WHILE)
    return Constant(None)


def _startup(machine: Machine, app: ExternalObject, place: Place) -> None:
    for event in (STARTUP, _WHILE):
        run_hooks(machine, hooks_of(app.attributes, event), (), place)


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    target = arguments_of(argv).get("--app") or ""
    return context.start(StartKind.SERVED, target, ".", names=_ATTRIBUTES)


_NAMES = ("quart.Quart", "quart.app.Quart", "quart_trio.QuartTrio")
_BLUEPRINTS = ("quart.Blueprint", "quart.blueprints.Blueprint")

PACKAGE = Package(
    name="Quart",
    calls={
        **{f"{name}().register_blueprint": _register_blueprint for name in (*_NAMES, *_BLUEPRINTS)},
        **{f"{name}().run": run for name in _NAMES},
    },
    methods={
        "before_serving": MethodOfUnknown(is_application, decorator()),
        "while_serving": MethodOfUnknown(is_application, decorator(_WHILE)),
        "before_app_serving": MethodOfUnknown(is_application, decorator()),
        "while_app_serving": MethodOfUnknown(is_application, decorator(_WHILE)),
    },
    startup=dict.fromkeys(_NAMES, _startup),
    applications={"Quart": True},
    command_lines={"quart": _command_line},
)
