"""A program as a project of its own: what stands in a repository so that others know how it is started."""

from __future__ import annotations

from tests.oracle.programs.draw import written
from tests.oracle.programs.model import Program
from tests.oracle.programs.source import Seeded


def project(program: Program) -> dict[str, str]:
    """The files of a program, with the Procfile that starts it where it is no command of Alembic's."""
    files = program.files()
    if program.kind == "module":
        target = program.target if ":" in program.target else f"{program.target}:app"
        files["Procfile"] = f"web: uvicorn {target}\n"
    elif program.kind == "script":
        files["Procfile"] = f"web: python {program.target}\n"
    return files


def drawn(seed: int) -> Program:
    """The program of a seed."""
    return written(Seeded(seed))
