"""The guarded blocks that run, and what is not certain in them: what follows a failure that may have left them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cucurbit.simulate.core.state import Branch, State
from cucurbit.simulate.core.timeline import Failure
from cucurbit.simulate.core.values import ModuleValue, Value
from cucurbit.simulate.language.exceptions import matches
from cucurbit.source import facts as f

if TYPE_CHECKING:
    from cucurbit.simulate.program import Program

_EXITS = frozenset({"exit", "_exit", "quit", "abort"})


class Handler(NamedTuple):
    """One ``except``: what it catches (None: everything), the name it binds and what it runs."""

    types: Value | None
    name: str | None
    body: Sequence[f.Step]
    at: f.At


@dataclass(eq=False)
class Guard:
    """A guarded block that runs, in a file of this path.

    ``rest`` is what it does after ``doubt``, the first failure that its handlers may catch: one side of a branch, the
    other being that they do. ``leaves`` are the modules that fail then, the outermost first.
    """

    path: str
    handlers: Sequence[Handler]
    state: State
    depth: int
    frames: int
    doubt: Failure | None = None
    rest: Branch | None = None
    leaves: tuple[ModuleValue, ...] = ()


class Guarding:
    """Knows the guarded blocks that run, the innermost last."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._open: list[Guard] = []

    @property
    def is_guarded(self) -> bool:
        """Whether any guarded block runs."""
        return bool(self._open)

    @contextmanager
    def guarded(self, handlers: Sequence[Handler]) -> Iterator[Guard]:
        """The block runs that ``handlers`` guard."""
        program = self.program
        guard = Guard(program.frame.path, handlers, program.state, program.state.depth, len(program.frames))
        self._open.append(guard)
        try:
            yield guard
        except BaseException:
            if guard.rest is not None:
                guard.state.end(guard.rest)
            raise
        finally:
            self._open.remove(guard)

    def doubted(self, failure: Failure, package: str) -> None:
        """What follows ``failure``, which may happen, is not certain up to the end of the block that guards against it.

        ``package`` is the one at the top that may not be installed.
        """
        guard = self.catching(failure, package)
        if guard is None:
            return
        self.program.clock.running.spoil()
        if guard.doubt is None:
            guard.doubt = failure
            frames = self.program.frames[guard.frames :]
            guard.leaves = tuple(frame.module for frame in frames if frame.function is None)
            self.joined()

    def joined(self) -> None:
        """A branch has ended: what may have left it, for a handler, keeps from happening what comes after it."""
        state = self.program.state
        for guard in self._open:
            begun = guard.doubt is None or guard.rest is not None
            if not begun and guard.state is state and guard.depth == state.depth:
                guard.rest = state.begin()

    def catching(self, failure: Failure, package: str) -> Guard | None:
        """The guarded block that a failure may leave, for a handler that goes on; None where there is none."""
        program = self.program
        for guard in reversed(self._open):
            if guard.state is not program.state:
                return None
            handler = next((each for each in guard.handlers if matches(program, failure, each.types)), None)
            if handler is not None and self.is_prepared(guard.path, failure):
                if _leaves(handler.body) or (package and program.workspace.version(package, guard.path) is not None):
                    return None
                return guard
        return None

    def is_prepared(self, path: str, failure: Failure) -> bool:
        """Whether a guard in that file is meant for ``failure``.

        A package is taken to be installed unless the very file that imports it is prepared for its absence.
        """
        return failure.error != "ModuleNotFoundError" or failure.place.path == path

    def rewind(self, depth: int) -> None:
        """All is as it was when ``depth`` branches ran inside each other."""
        for guard in reversed(self._open):
            if guard.rest is not None and guard.depth >= depth:
                guard.state.forget(guard.rest)
                guard.rest = None
            if guard.rest is None:
                guard.doubt = None


def _leaves(body: Sequence[f.Step]) -> bool:
    """Whether a handler ends with a failure of its own, or with the program."""
    last = body[-1] if body else None
    if isinstance(last, f.Do) and isinstance(last.value, f.Call):
        function = last.value.func
        return (function.name if isinstance(function, f.Attr) else getattr(function, "id", "")) in _EXITS
    return isinstance(last, f.Raise)
