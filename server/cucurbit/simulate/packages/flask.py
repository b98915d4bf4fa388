"""Flask: functions that run before the first request, up to Flask 2.2; its command. Facts from flask/cli.py."""

from __future__ import annotations

from cucurbit.simulate.core.package import MethodOfUnknown, Package
from cucurbit.simulate.packages.applications import decorator
from cucurbit.simulate.packages.starlette import is_application
from cucurbit.workspace.starts.programs import CommandContext, Start, StartKind, arguments_of

_NAMES = ("app", "application", "create_app", "make_app")


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    arguments = arguments_of(argv)
    target = arguments.get("--app", "-A") or context.variables.get("FLASK_APP") or ""
    if not arguments.positional:
        return None
    if target.endswith(".py") or "/" in target:
        return context.start(StartKind.SERVED, "", ".", path=target, names=_NAMES)
    return context.start(StartKind.SERVED, target, ".", names=_NAMES) if target else None


PACKAGE = Package(
    name="Flask",
    leaves_arguments=("flask",),
    methods={"before_first_request": MethodOfUnknown(is_application, decorator())},
    applications={"Flask": True},
    command_lines={"flask": _command_line},
    assumed=frozenset({"flask"}),
)
