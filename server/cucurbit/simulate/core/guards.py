"""The state of a ``try`` block while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cucurbit.simulate.core.state import Branch, State
from cucurbit.simulate.core.timeline import Failure
from cucurbit.simulate.core.values import ModuleValue, Value
from cucurbit.source import facts as f


class ExceptClause(NamedTuple):
    """One ``except``: what it catches (None: everything), the name it binds and what it runs."""

    types: Value | None
    name: str | None
    body: Sequence[f.Step]
    at: f.At


@dataclass(eq=False)
class Guard:
    """A guarded block that runs, in a file of this path.

    ``rest`` is what it does after ``doubt``, the first failure that its handlers may catch: one side of a branch, the
    other being that they do. ``leaves`` are the modules that fail then, the outermost first. Where only something that
    is not followed may fail (``guessed``), it is taken not to, and ``rest`` is the side that is taken to happen.
    """

    path: str
    handlers: Sequence[ExceptClause]
    state: State
    depth: int
    frames: int
    doubt: Failure | None = None
    rest: Branch | None = None
    guessed: bool = False
    importing: bool = False
    leaves: tuple[ModuleValue, ...] = ()


class GuardState(NamedTuple):
    """The state of a guarded block at one moment."""

    guard: Guard
    rest: Branch | None
    doubt: Failure | None
    guessed: bool
    importing: bool
    leaves: tuple[ModuleValue, ...]
