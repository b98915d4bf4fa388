"""``importlib.reload``, and files that are executed by path."""

from __future__ import annotations

from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import ModuleValue, Value
from cucurbit.workspace.model import ModuleSpec


class Reloads:
    """Executes files again, or outside ``sys.modules``."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._reloading: list[str] = []

    def reload(self, module: ModuleValue, place: Place) -> Value:
        """``importlib.reload``: execute the file again in the existing module. After a failure the module remains.

        A module that is already being reloaded is returned unchanged.

        Raises:
            Raised: if executing it certainly raises, or if it or its package is not in ``sys.modules``.
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
                # importlib._bootstrap._exec moves the module to the end of sys.modules.
                program.fail("KeyError", name, place)
        return module if stands is None else stands.module

    def run_path(self, name: str, path: str, place: Place) -> None:
        """Execute a file under ``name``, outside ``sys.modules``.

        Raises:
            Raised: where executing it certainly raises.
        """
        self.program.execution.execute(ModuleSpec(name, path, ()), name, keep=False)
