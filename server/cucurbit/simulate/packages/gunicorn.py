"""Gunicorn: a server. Facts from gunicorn/config.py and gunicorn/app/wsgiapp.py."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.workspace.starts.programs import TARGET, CommandContext, Start, StartKind, arguments_of


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    arguments = arguments_of(argv)
    target = next((each for each in arguments.positional if TARGET.match(each)), "")
    extra = (arguments.get("--pythonpath") or "").split(",")
    folder = arguments.get("--chdir")
    return context.start(StartKind.SERVED, target, ".", *filter(None, extra), cwd=folder, attribute="application")


PACKAGE = Package(name="Gunicorn", command_lines={"gunicorn": _command_line})
