"""Quart: functions that run before it serves; its command."""

from __future__ import annotations

from cucurbit.simulate.core.package import MethodOfUnknown, Package
from cucurbit.simulate.packages.applications import startup_decorator
from cucurbit.simulate.packages.starlette import is_application
from cucurbit.workspace.starts.programs import CommandContext, Start, StartKind, arguments_of

_NAMES = ("app", "application", "create_app", "make_app")


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    target = arguments_of(argv).get("--app") or ""
    return context.start(StartKind.SERVED, target, ".", names=_NAMES)


PACKAGE = Package(
    name="Quart",
    methods={"before_serving": MethodOfUnknown(is_application, startup_decorator)},
    applications={"Quart": True},
    command_lines={"quart": _command_line},
)
