"""Streamlit: a server of scripts.

Facts from streamlit/runtime/scriptrunner/script_runner.py: the script is executed as ``__main__``, in a new module
each time, for each user and again after each interaction. What it has imported stays in ``sys.modules``, so that a
table that the script defines in a MetaData of an imported module is defined a second time.
"""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.workspace.starts.programs import CommandContext, Start, StartKind


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    path = next((each for each in argv if each.endswith(".py")), "")
    return context.start(StartKind.RERUN_SCRIPT, "", path=path) if path else None


PACKAGE = Package(name="Streamlit", command_lines={"streamlit": _command_line})
