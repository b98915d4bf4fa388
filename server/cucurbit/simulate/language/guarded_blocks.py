"""The guarded blocks that run, and what is not certain in them: what follows a failure that may have left them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cucurbit.simulate.core.exceptions import matches
from cucurbit.simulate.core.guards import ExceptClause, Guard
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import Failure
from cucurbit.source import facts as f

_EXITS = frozenset({"exit", "_exit", "quit", "abort"})


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
    def guarded(self, handlers: Sequence[ExceptClause]) -> Iterator[Guard]:
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
                if _leaves(handler.body) or (package and program.workspace.is_installed(package, guard.path)):
                    return None
                return guard
        return None

    def is_prepared(self, path: str, failure: Failure) -> bool:
        """Whether a guard in that file is meant for ``failure``.

        A package is taken to be installed unless the very file that imports it is prepared for its absence, or the
        environment is known and lacks it.
        """
        if failure.error != "ModuleNotFoundError" or failure.place.path == path:
            return True
        top = (failure.named or "").partition(".")[0]
        return bool(top) and self.program.workspace.is_installed(top, path) is False

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
