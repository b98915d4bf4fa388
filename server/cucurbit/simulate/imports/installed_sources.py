"""Names of installed packages, evaluated from their source without executing the packages."""

from __future__ import annotations

from cucurbit.simulate.core.frames import Frame
from cucurbit.simulate.core.machine import Ended, Raised
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.values import Constant, External, ModuleValue, Value
from cucurbit.source import facts as f
from cucurbit.source.scan import bound_by, walk


class InstalledSources:
    """Modules of installed packages, of which only the requested names are evaluated."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._modules: dict[str, ModuleValue] = {}
        self._facts: dict[int, tuple[str, f.ModuleFacts]] = {}
        self._pending: set[tuple[int, str]] = set()

    def value(self, dotted: str) -> Value | None:
        """The value of ``package.module.Name``; None if its source is unknown."""
        symbol = self.program.workspace.installed(dotted)
        if symbol is None:
            return None
        self.program.clock.running.spoil()
        name = symbol.definition.rpartition(".")[0]
        module = self._modules.get(symbol.file)
        if module is None:
            module = ModuleValue(name, None, None, self.program.state.cells(), phase="done", open=True)
            module.names.data["__name__"] = Constant(name)
            self._modules[symbol.file] = module
            self._facts[id(module)] = (symbol.file, symbol.facts)
        return self.name_in(module, symbol.name)

    def facts_of(self, module: ModuleValue) -> f.ModuleFacts | None:
        """The facts of such a module; None for the workspace's own."""
        known = self._facts.get(id(module))
        return None if known is None else known[1]

    def name_in(self, module: ModuleValue, name: str) -> Value | None:
        """A global name of such a module, evaluated now; None for other modules and unknown names."""
        known = self._facts.get(id(module))
        if known is None or (id(module), name) in self._pending:
            return None
        found = module.names.get(name)
        if found is not None:
            return found
        file, facts = known
        step = next((step for step in walk(facts.body) if name in bound_by(step)), None)
        if step is None:
            return None
        self._pending.add((id(module), name))
        try:
            with self.program.quiet(), self.program.running(Frame(module, None, file, None)):
                self._run(module, step)
        except (Raised, Ended):
            return None
        finally:
            self._pending.discard((id(module), name))
        return module.names.get(name)

    def _run(self, module: ModuleValue, step: f.Step) -> None:
        names = module.names.data
        if isinstance(step, f.Import):
            for alias in step.names:
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = External(alias.name if alias.asname else top)
        elif isinstance(step, f.ImportFrom):
            parts = module.name.split(".")
            base = ".".join(parts[: len(parts) - step.level]) if step.level else ""
            origin = ".".join(part for part in (base, step.module) if part)
            for alias in step.names:
                names[alias.asname or alias.name] = External(f"{origin}.{alias.name}")
        elif isinstance(step, f.FunctionDef | f.ClassDef | f.Assign | f.Annotated):
            self.program.statements.run((step,))
