"""Celery: tasks, which run elsewhere than where they are called. Facts from celery/bin/celery.py."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.workspace.starts.programs import CommandContext, Start, StartKind, arguments_of


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    arguments = arguments_of(argv)
    target = arguments.get("-A", "--app") or ""
    return context.start(StartKind.IMPORTED, target, ".", submodule="celery", cwd=arguments.get("--workdir"))


PACKAGE = Package(
    name="Celery",
    may_not_run=("celery.",),
    applications={"Celery": False},
    command_lines={"celery": _command_line},
)
