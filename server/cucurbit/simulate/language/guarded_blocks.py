"""Guarded blocks (``try``, ``with``), and the uncertainty after a failure that may have left them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cucurbit.simulate.core.cells import Owner
from cucurbit.simulate.core.exceptions import matches
from cucurbit.simulate.core.guards import ExceptClause, Guard, GuardState
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import Failure
from cucurbit.simulate.core.values import External, SequenceValue, Value
from cucurbit.source import facts as f
from cucurbit.source.scan import walk

_EXITS = frozenset({"exit", "_exit", "quit", "abort"})

_OF_IMPORTS = frozenset({"builtins.ImportError", "builtins.ModuleNotFoundError"})

_BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})


class Guarding:
    """Keeps track of the guarded blocks that run, the innermost last."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._open: list[Guard] = []
        self._swallowing = 0
        """How many ``with`` blocks run whose context manager may swallow a failure."""

    @property
    def is_guarded(self) -> bool:
        """Whether any guarded block runs."""
        return bool(self._open)

    @property
    def goes_on(self) -> bool:
        """Whether a handler may catch an unknown failure, and the program goes on after it."""
        return self._swallowing > 0 or any(
            may_catch_unknown(handler.types, importing=False) and not leaves(handler.body)
            for guard in self._open
            for handler in guard.handlers
        )

    @contextmanager
    def guarded(self, handlers: Sequence[ExceptClause]) -> Iterator[Guard]:
        """Run the block that ``handlers`` guard."""
        program = self.program
        guard = Guard(program.frame.path, handlers, program.state, program.state.depth, len(program.frames))
        self._open.append(guard)
        try:
            yield guard
        except BaseException:
            if guard.rest is not None:
                if guard.doubt is None:
                    guard.state.forget(guard.rest)
                else:
                    guard.state.end(guard.rest)
            raise
        finally:
            self._open.remove(guard)

    @contextmanager
    def swallowing(self) -> Iterator[None]:
        """Run a block whose context manager may swallow a failure."""
        self._swallowing += 1
        try:
            yield
        finally:
            self._swallowing -= 1

    def guessed(self, *, importing: bool = False) -> None:
        """Something is done that is not followed: it may raise, so any handler that may catch that may run."""
        state = self.program.state
        for guard in reversed(self._open):
            if guard.state is not state:
                break
            guard.importing = guard.importing or importing
            guard.guessed = guard.guessed or any(
                may_catch_unknown(each.types, importing=importing) for each in guard.handlers
            )
            if any(_catches_all(each) for each in guard.handlers):
                break
        self.joined()

    def doubted(self, failure: Failure, package: str) -> None:
        """After ``failure``, which may happen, nothing is certain up to the end of the block that guards against it.

        ``package`` is the top-level package that may be missing.
        """
        guard = self.catching(failure, package)
        if guard is None:
            return
        self.program.clock.running.undoes()
        if guard.doubt is None:
            guard.doubt = failure
            frames = self.program.frames[guard.frames :]
            guard.leaves = tuple(frame.module for frame in frames if frame.function is None)
            if guard.rest is not None:
                guard.state.harden(guard.rest)
            self.joined()

    def joined(self) -> None:
        """A branch has ended. A failure may have left it for a handler: then the code after it does not run."""
        state = self.program.state
        inner = next((index for index in reversed(range(len(self._open))) if self._open[index].rest is not None), -1)
        for guard in self._open[inner + 1 :]:
            waits = guard.doubt is not None or guard.guessed
            if waits and guard.state is state and guard.depth == state.depth:
                soft = guard.doubt is None
                importing = self._importing(guard) if soft else frozenset()
                if not importing:
                    # Effects that are undone and joined later can be repeated only in the module with the block.
                    self.program.clock.running.undoes()
                guard.rest = state.begin(soft=soft, kept=importing)

    def _importing(self, guard: Guard) -> frozenset[Owner]:
        """The executions of the modules that the block is importing.

        If something in them raises, their imports fail, and nobody sees what they have bound: it needs not be undone.
        """
        modules = (frame.module for frame in self.program.frames[guard.frames :] if frame.function is None)
        origins = (module.names.owner.origin for module in modules if module.phase == "running")
        return frozenset(origin for origin in origins if origin is not None)

    def catching(self, failure: Failure, package: str) -> Guard | None:
        """The guarded block that a failure may leave for a handler that continues; None if there is none."""
        program = self.program
        for guard in reversed(self._open):
            if guard.state is not program.state:
                return None
            handler = next((each for each in guard.handlers if matches(program, failure, each.types)), None)
            if handler is not None and self.is_prepared(guard.path, failure):
                if leaves(handler.body) or (package and program.workspace.is_installed(package, guard.path)):
                    return None
                return guard
        return None

    def is_prepared(self, path: str, failure: Failure) -> bool:
        """Whether a guard in that file is meant for ``failure``.

        A package is assumed to be installed, unless the file that imports it is prepared for its absence, or the
        environment is known and lacks it.
        """
        if failure.error != "ModuleNotFoundError" or failure.place.path == path:
            return True
        top = (failure.named or "").partition(".")[0]
        return bool(top) and self.program.workspace.is_installed(top, path) is False

    def standing(self) -> Sequence[GuardState]:
        """How it stands with each block, for :meth:`rewind`."""
        return tuple(
            GuardState(each, each.rest, each.doubt, each.guessed, each.importing, each.leaves) for each in self._open
        )

    def rewind(self, standing: Sequence[GuardState]) -> None:
        """All is as it was when the blocks stood so."""
        for guard, rest, doubt, guessed, importing, leaves in reversed(standing):
            if guard.rest is not None and rest is None:
                guard.state.forget(guard.rest)
            guard.rest, guard.doubt, guard.guessed = rest, doubt, guessed
            guard.importing, guard.leaves = importing, leaves


def may_catch_unknown(types: Value | None, *, importing: bool) -> bool:
    """Whether ``except types`` may catch an exception of code that is not followed, with or without imports."""
    if isinstance(types, SequenceValue) and not types.open:
        return any(may_catch_unknown(each, importing=importing) for each in types.items)
    return importing or not (isinstance(types, External) and types.dotted in _OF_IMPORTS)


def _catches_all(handler: ExceptClause) -> bool:
    """Whether a handler catches every failure and re-raises none."""
    types = handler.types
    broad = types is None or (isinstance(types, External) and types.dotted in _BROAD)
    return broad and not any(isinstance(step, f.Raise) for step in walk(handler.body))


def raises(body: Sequence[f.Step]) -> bool:
    """Whether a handler raises or ends the program whatever happens in it."""
    return leaves(body) and not any(isinstance(step, (f.Return, f.Break, f.Continue)) for step in walk(body))


def leaves(body: Sequence[f.Step]) -> bool:
    """Whether a handler ends by raising or by ending the program."""
    last = body[-1] if body else None
    if isinstance(last, f.Do) and isinstance(last.value, f.Call):
        function = last.value.func
        return (function.name if isinstance(function, f.Attr) else getattr(function, "id", "")) in _EXITS
    return isinstance(last, f.Raise)
