"""Streamlit: scripts."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.workspace.starts.programs import CommandContext, Start, StartKind


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    path = next((each for each in argv if each.endswith(".py")), "")
    return context.start(StartKind.SCRIPT, "", path=path) if path else None


PACKAGE = Package(name="Streamlit", command_lines={"streamlit": _command_line})
