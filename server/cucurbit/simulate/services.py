"""The rarer things that the special knowledge asks of a running program."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cucurbit.simulate.core.machine import Ended, Handler, Raised
from cucurbit.simulate.core.paths import Paths
from cucurbit.simulate.core.state import State
from cucurbit.simulate.core.timeline import EventKind, Place
from cucurbit.simulate.core.values import (
    CallSite,
    Constant,
    External,
    ExternalObject,
    ModuleValue,
    SequenceValue,
    Unknown,
    Value,
)
from cucurbit.simulate.packages.alembic.migrations import CONFIG, Run, environment_of
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.model import ModuleSpec

if TYPE_CHECKING:
    from cucurbit.simulate.program import Program


class Services:
    """Executing files again or by path, other processes, handlers made on the way."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._made = 0
        self._processes = 0
        self._reloading: list[str] = []

    # -------------------------------------------------------------------- files

    def reload(self, module: ModuleValue, place: Place) -> Value:
        """``importlib.reload``: the file again, in the module that stands; a failure leaves it there.

        One that is being reloaded already is returned as it is.

        Raises:
            Raised: where executing it certainly raises, or it, or the package around it, is not in ``sys.modules``.
        """
        program = self.program
        name = module.name if module.spec is None else module.spec.name
        entry = program.state.modules.get(name)
        seen = not program.importing.absence.unseen_modules
        if seen and (entry is None or entry.module is not module):
            program.fail("ImportError", f"module {name} not in sys.modules", place, named=name)
        if name in self._reloading:
            return module
        parent = name.rpartition(".")[0]
        if seen and parent and parent not in program.state.modules:
            program.fail("ImportError", f"parent {parent!r} not in sys.modules", place, named=parent)
        for attribute in ("phase", "open"):
            program.state.mark(module.names, module, attribute)
        self._reloading.append(name)
        module.phase = "running"
        try:
            program.execution.run_file(module, module.path or "", keep=False)
        finally:
            module.phase = "done"
            self._reloading.pop()
            stands = program.state.modules.get(name)
            if stands is None and seen:
                # importlib._bootstrap._exec takes the module out of sys.modules, to put it at the end.
                program.fail("KeyError", name, place)
        return module if stands is None else stands.module

    def run_path(self, name: str, path: str, place: Place) -> None:
        """Execute a file under ``name``, outside ``sys.modules``.

        Raises:
            Raised: where executing it certainly raises.
        """
        self.program.execution.execute(ModuleSpec(name, path, ()), name, keep=False)

    # ---------------------------------------------------------------- processes

    def in_other_process(self, body: Callable[[], Value]) -> Value:
        """Run ``body`` over a state of its own; what fails there does not fail here."""
        program = self.program
        program.clock.running.spoil()
        before = program.state, program.paths, program.process
        self._processes += 1
        program.process = self._processes
        program.state = State(program.clock, program.entry.sys_path)
        program.state.condition = before[0].condition
        program.paths = Paths(program.workspace, program.paths.directory, program.clock)
        try:
            return body()
        except Raised as raised:
            place = Place(program.frame.path, WHOLE_FILE)
            program.emit(EventKind.ENTRY_FAILED, place, failure=raised.failure)
            return Unknown("a process that failed")
        except Ended:
            return Unknown("a process that ended")
        finally:
            program.state, program.paths, program.process = before

    def run_alembic_process(self, config: str | None, call: CallSite, command: str) -> None:
        """``alembic upgrade head`` in a process of its own."""
        program = self.program
        given: Value | None = None
        if config is not None:
            site = CallSite(call.place, CONFIG, None, (Constant(config),), {})
            given = ExternalObject(CONFIG, site, program.state.cells())
        environment = environment_of(program, given)
        bare = CallSite(call.place, call.name, None, (), {})
        self.in_other_process(lambda: program.run_environment(environment, bare, command))

    # ----------------------------------------------------------------- handlers

    def handler_value(self, handler: Handler) -> Value:
        """A value whose call is ``handler``."""
        self.program.clock.running.spoil()
        self._made += 1
        name = f"@made.{self._made}"
        self.program.knowledge.learn(name, handler)
        return External(name)

    def named_tuple(self, items: Value, names: tuple[str, ...]) -> Value:
        """A tuple whose items have names besides."""
        site = CallSite(Place("", WHOLE_FILE), "", None, (), {})
        made = ExternalObject("@namedtuple", site, self.program.state.cells())
        made.attributes.data["@items"] = items
        if isinstance(items, SequenceValue):
            made.attributes.data.update(zip(names, items.items, strict=False))
        return made

    # --------------------------------------------------------------- migrations

    @property
    def environment_run(self) -> Run | None:
        """The env.py run that is under way."""
        self.program.clock.running.spoil()
        runs = self.program.environments.runs
        return runs[-1] if runs else None

    def run_revisions(self, call: CallSite) -> None:
        """``context.run_migrations()``.

        Raises:
            Raised: where a revision file certainly raises.
        """
        run = self.environment_run
        if run is not None and not run.migrated:
            run.migrated = True
            self.program.environments.run_revisions(run)
