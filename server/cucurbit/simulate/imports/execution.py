"""How a module's file is executed."""

from __future__ import annotations

from collections import Counter

from cucurbit.simulate.core.frames import Exhausted, Frame
from cucurbit.simulate.core.machine import Raised
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.state import ModuleEntry
from cucurbit.simulate.core.timeline import CutKind, EventKind, Failure, Place
from cucurbit.simulate.core.values import Constant, ModuleValue
from cucurbit.source import facts as f
from cucurbit.workspace.model import ModuleSpec

NESTED_LIMIT = 20
"""The maximum depth of nested executions of one file: Python raises RecursionError sooner or later."""


FRAMES_LIMIT = 1_500
"""The maximum depth of frames in a program. Each takes about 16 Python frames, and enough of those must be left to read
a file (:data:`cucurbit.simulate.stack.RECURSION`)."""


class Execution:
    """Executes files as modules: ``importlib._bootstrap._load_unlocked`` and ``exec_module``."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._running: Counter[str] = Counter()

    def execute(self, spec: ModuleSpec, name: str, *, keep: bool = True) -> ModuleValue:
        """Create a module, execute its file, and remove it from ``sys.modules`` if that fails.

        ``keep`` False: outside ``sys.modules``, as Alembic loads env.py and revision files.

        Raises:
            Raised: where executing it certainly raises.
        """
        repeated = self.program.sharing.repeat(spec, name) if keep else None
        if repeated is not None:
            return repeated
        with self.program.sharing.recording(spec, name, keep=keep) as recording:
            recording.module = ModuleValue(name, spec.path, spec, self.program.state.cells())
            recording.names = recording.module.names
            self._run(recording.module, spec, keep=keep)
        return recording.module

    def _run(self, module: ModuleValue, spec: ModuleSpec, *, keep: bool) -> None:
        program, names = self.program, module.names
        state, name = program.state, module.name
        state.write(names, "__name__", Constant(name))
        if spec.is_package:
            folders = tuple(Constant(program.paths.absolute(folder)) for folder in spec.search)
            state.write(names, "__path__", program.sequence("list", folders))
        package = spec.name if spec.is_package else spec.name.rpartition(".")[0]
        state.write(names, "__package__", Constant(package))
        if keep:
            state.write(state.modules, name, ModuleEntry(module, state.condition))
        if spec.path is None:
            module.phase = "done"
            return
        state.write(names, "__file__", Constant(program.paths.absolute(spec.path)))
        self.run_file(module, spec.path, keep=keep)

    def run_file(self, module: ModuleValue, path: str, *, keep: bool) -> None:
        """Execute a module's file in a new frame.

        Raises:
            Raised: where executing it certainly raises.
            Exhausted: it executes itself, again and again.
            RecursionError: the program nests too deep.
        """
        program = self.program
        if self._running[path] >= NESTED_LIMIT:
            raise Exhausted
        if len(program.frames) > FRAMES_LIMIT:
            raise RecursionError
        place = Place(path, f.WHOLE_FILE)
        program.visit(path)
        facts = program.workspace.facts(path)
        frame = Frame(module, None, path, program.frames[-1].link if program.frames else None)
        started = len(program.events)
        self._running[path] += 1
        with program.running(frame):
            program.emit(EventKind.MODULE_STARTED, place, module=module.name, path=path)
            module.open = facts is None or (facts.problem is not None and not facts.problem.whole)
            if facts is None:
                program.cut(place, program.workspace.unreadable(path) or "the file cannot be read", CutKind.FILE)
            broken = facts is None or (facts.problem is not None and facts.problem.certain)
            if facts is not None and facts.problem is not None and facts.problem.certain:
                self._break(module, facts.problem)
            try:
                if facts is not None:
                    program.statements.run(facts.body)
            except Raised as raised:
                module.phase = "failed"
                if keep:
                    program.state.write(program.state.modules, module.name, None)
                program.emit(EventKind.MODULE_FAILED, place, module=module.name, path=path, failure=raised.failure)
                raise
            finally:
                self._running[path] -= 1
                module.ran = [e.module for e in program.events[started:] if e.kind is EventKind.MODULE_STARTED]
            module.phase = "done"
            if facts is None or not broken:
                program.emit(EventKind.MODULE_FINISHED, place, module=module.name, path=path)

    def _break(self, module: ModuleValue, problem: f.SyntaxProblem) -> None:
        """A file with a syntax error: the readable statements count, but nothing after it is certain.

        Syntax that only a newer Python accepts is assumed to be run by one.
        """
        program = self.program
        path = program.frame.path
        place = Place(path, f.WHOLE_FILE)
        failure = Failure("SyntaxError", problem.message, place)
        program.emit(EventKind.MODULE_FAILED, place, module=module.name, path=path, failure=failure)
        program.cut(place, f"a syntax error in line {problem.span.line}: {problem.message}", CutKind.FILE)
        program.state.doubt_all()
