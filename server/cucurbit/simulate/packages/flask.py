"""Flask: functions that run before the first request, up to Flask 2.2; its configuration; its command.

Facts from flask/cli.py and flask/config.py: ``config.from_object`` imports what a text names.
"""

from __future__ import annotations

from dataclasses import replace

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import MethodOfUnknown, Package
from cucurbit.simulate.core.values import CallSite, Constant, Value
from cucurbit.simulate.packages.applications import decorator
from cucurbit.simulate.packages.objects_by_name import finder
from cucurbit.simulate.packages.starlette import is_application
from cucurbit.simulate.packages.werkzeug import object_named
from cucurbit.workspace.starts.programs import Arguments, CommandContext, Start, StartKind, Upgrade, arguments_of

_NAMES = ("app", "application", "create_app", "make_app")


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    arguments = arguments_of(argv)
    target = arguments.get("--app", "-A") or context.variables.get("FLASK_APP") or ""
    if not arguments.positional:
        return None
    start = _start(target, context)
    upgrade = _upgrade(arguments)
    if start is None and upgrade is not None:
        # Flask finds app.py or wsgi.py by itself.
        return Start(StartKind.ALEMBIC, context.command, "flask", context.cwd, path=upgrade.config, upgrades=upgrade)
    return start if start is None else replace(start, upgrades=upgrade)


def _upgrade(arguments: Arguments) -> Upgrade | None:
    """``flask db upgrade [REVISION]`` of Flask-Migrate."""
    if arguments.positional[:2] != ["db", "upgrade"]:
        return None
    revision = arguments.positional[2] if len(arguments.positional) > 2 else "head"
    return Upgrade(revision, f"{arguments.get('-d', '--directory') or 'migrations'}/alembic.ini")


def _start(target: str, context: CommandContext) -> Start | None:
    if target.endswith(".py") or "/" in target:
        return context.start(StartKind.SERVED, "", ".", path=target, names=_NAMES)
    return context.start(StartKind.SERVED, target, ".", names=_NAMES) if target else None


_import_string = finder(object_named, "obj")


def _from_object(machine: Machine, call: CallSite) -> Value:
    _import_string(machine, call)
    return Constant(None)


PACKAGE = Package(
    name="Flask",
    leaves_arguments=("flask",),
    calls={f"{name}().config.from_object": _from_object for name in ("flask.Flask", "flask.app.Flask")},
    methods={"before_first_request": MethodOfUnknown(is_application, decorator())},
    applications={"Flask": True},
    command_lines={"flask": _command_line},
    assumed=frozenset({"flask"}),
)
