"""Which Python runs the program, and what it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from cucurbit.record.recording import CannotRecord
from cucurbit.workspace.model import Workspace
from cucurbit.workspace.tree.files import ancestors, join, parent

OLDEST: Final = (3, 8)
OLDEST_SQLALCHEMY: Final = (1, 4)
_PROBE: Final = Path(__file__).with_name("probe.py")
_SECONDS: Final = 60
_BIN: Final = "Scripts" if os.name == "nt" else "bin"
_NAMES: Final = ("python.exe",) if os.name == "nt" else ("python", "python3")


class Interpreter(msgspec.Struct, frozen=True):
    """A Python that answered. ``sqlalchemy`` and ``alembic`` are versions, None where there is none."""

    version: str
    executable: str
    prefix: str
    sqlalchemy: str | None
    alembic: str | None

    @property
    def folder(self) -> str:
        """Where the programs of its environment are."""
        return os.path.join(self.prefix, _BIN)


def find_interpreter(asked: str | None, command: Sequence[str], environment: str | None) -> str:
    """The path of the Python to use.

    That is the one ``asked`` for, an interpreter or a virtual environment; else the one beside the program of
    ``command``, where that is given by its path; else that of ``environment``, which the workspace decides on; else the
    first on ``PATH``.

    Raises:
        CannotRecord: there is none.
    """
    if asked is not None:
        return _of_environment(os.path.expanduser(asked)) or _existing(os.path.expanduser(asked))
    if command and os.path.dirname(command[0]):
        beside = _beside(command[0])
        if beside is not None:
            return beside
    if environment is not None:
        return _of_environment(environment) or _existing(environment)
    found = shutil.which("python") or shutil.which("python3")
    if found is None:
        raise CannotRecord("there is no Python on PATH; name one with --python")
    return found


def own_environment(workspace: Workspace, near: str, virtual_env: str | None) -> str | None:
    """The environment or interpreter that counts for the file ``near``: absolute, None where there is none.

    That is the one of the settings, else ``virtual_env``, which is active, else the nearest in a folder above the file.
    """
    if workspace.settings.python:
        return os.path.join(workspace.root, os.path.expanduser(workspace.settings.python))
    if virtual_env:
        return virtual_env
    for folder in ("", *ancestors(parent(near)), parent(near)):
        for name in (".venv", "venv", "env"):
            if workspace.is_file(join(join(folder, name), "pyvenv.cfg")):
                return os.path.join(workspace.root, folder, name)
    return None


def _of_environment(path: str) -> str | None:
    """The Python of a virtual environment's folder."""
    if not os.path.isdir(path):
        return None
    for folder in (_BIN, ""):
        for name in _NAMES:
            if os.path.isfile(os.path.join(path, folder, name)):
                return os.path.abspath(os.path.join(path, folder, name))
    raise CannotRecord(f"there is no Python in the environment {path}")


def _existing(path: str) -> str:
    found = shutil.which(path)
    if found is None:
        raise CannotRecord(f"there is no interpreter {path}")
    return os.path.abspath(found)


def _beside(program: str) -> str | None:
    """The Python that a program belongs to by its place; itself, where it is one."""
    if re.fullmatch(r"(?:python|pypy)[\d.]*w?(?:\.exe)?", os.path.basename(program)):
        return os.path.abspath(program) if os.path.isfile(program) else None
    folder = os.path.dirname(os.path.abspath(program))
    return next((found for name in _NAMES if os.path.isfile(found := os.path.join(folder, name))), None)


def probe(python: str) -> Interpreter:
    """Ask a Python what it is. Nothing of the workspace is run.

    Raises:
        CannotRecord: it does not run, or what it says is not good enough for a recording.
    """
    try:
        ran = subprocess.run(
            [python, str(_PROBE)], stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
        interpreter = msgspec.json.decode(ran.stdout.splitlines()[-1], type=Interpreter)
    except subprocess.TimeoutExpired:
        raise CannotRecord(f"the interpreter {python} does not answer") from None
    except (OSError, IndexError, msgspec.DecodeError):
        raise CannotRecord(f"{python} is no Python that can be run") from None
    _check(python, interpreter)
    return interpreter


def _check(python: str, interpreter: Interpreter) -> None:
    if numbers(interpreter.version) < OLDEST:
        raise CannotRecord(f"{python} is Python {interpreter.version}; a recording needs {_dotted(OLDEST)} or newer")
    if interpreter.sqlalchemy is None:
        raise CannotRecord(f"the interpreter {python} has no SQLAlchemy; name another with --python")
    check_sqlalchemy(interpreter.sqlalchemy, python)


def check_sqlalchemy(version: str, python: str) -> None:
    """Raises :class:`CannotRecord` where this version of SQLAlchemy is too old to be recorded."""
    if version and numbers(version) < OLDEST_SQLALCHEMY:
        oldest = _dotted(OLDEST_SQLALCHEMY)
        raise CannotRecord(f"{python} has SQLAlchemy {version}; a recording needs {oldest} or newer")


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
