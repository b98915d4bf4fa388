"""Everything known of names outside the workspace: a table from dotted names to what a call of them does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.values import CallSite, Constant, ExternalObject, Value
from cucurbit.simulate.packages import flask_migrate as flask_extension
from cucurbit.simulate.packages import starlette as frameworks
from cucurbit.simulate.packages.alembic import migrations
from cucurbit.simulate.packages.sqlalchemy import declarative, queries
from cucurbit.simulate.packages.stdlib import builtin_calls, method_calls, path_calls, process_calls, system_calls

if TYPE_CHECKING:
    from cucurbit.simulate.program import Program

_TABLES = (
    builtin_calls.HANDLERS,
    method_calls.HANDLERS,
    path_calls.HANDLERS,
    system_calls.HANDLERS,
    process_calls.HANDLERS,
    frameworks.HANDLERS,
    flask_extension.HANDLERS,
    migrations.HANDLERS,
    declarative.HANDLERS,
)

_SUFFIXES = (
    *system_calls.SUFFIXES,
    *migrations.SUFFIXES,
    *frameworks.SUFFIXES,
    *queries.SUFFIXES,
    *declarative.SUFFIXES,
)


class Knowledge:
    """The handlers of one simulation."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        for table in _TABLES:
            self._handlers.update(table)
        self._suffixes = dict(_SUFFIXES)

    def find(self, dotted: str) -> Handler | None:
        """What a call of ``dotted`` does: by its full name, else by its last part after an unknown object."""
        found = self._handlers.get(dotted)
        if found is not None:
            return found
        head, dot, last = dotted.rpartition(".")
        if not dot:
            return None
        guarded = self._suffixes.get(last)
        return guarded[1] if guarded is not None and guarded[0](head) else None

    def learn(self, dotted: str, handler: Callable[[Machine, CallSite], Value]) -> None:
        """Remember a handler that was made for one object."""
        self._handlers[dotted] = handler

    def constant(self, program: Program, dotted: str) -> Value | None:
        """The value of a name that is no function."""
        if dotted == "sys.version_info":
            numbers = tuple(Constant(part) for part in (*sys.version_info[:3], "final", 0))
            return program.sequence("tuple", numbers)
        if dotted == "sys.path":
            return None
        if dotted in ("sys.platform", "os.name", "os.sep", "os.path.sep", "os.pathsep", "os.curdir", "os.pardir"):
            texts = {"sys.platform": sys.platform, "os.name": "nt" if sys.platform == "win32" else "posix"}
            plain = {"os.pathsep": ":", "os.curdir": ".", "os.pardir": ".."}
            return Constant(texts.get(dotted) or plain.get(dotted) or "/")
        if dotted in ("typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"):
            return Constant(False)
        return (
            declarative.constant(program, dotted)
            or migrations.constant(program, dotted)
            or flask_extension.constant(program, dotted)
        )

    def attribute(self, program: Program, value: ExternalObject, dotted: str) -> Value | None:
        """An attribute of an object that a call of an external name returned."""
        found = declarative.method(program, value, dotted.rpartition(".")[2])
        if found is not None:
            if callable(found):
                program.clock.running.spoil()
                self.learn(dotted, found)
                return None
            return found
        return migrations.attribute(program, value, dotted)


def handlers() -> Knowledge:
    """The knowledge a simulation starts with."""
    return Knowledge()
