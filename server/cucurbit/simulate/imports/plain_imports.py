"""Imports that execute nothing: of a module in ``sys.modules``, or of one outside of the workspace.

Most imports are of this kind. In a repetition (:mod:`cucurbit.simulate.replay.repetition`) their results are the same
while what they depend on has not changed, so they are recorded without being followed.
"""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.simulate.core.program import ImportsPart, Program
from cucurbit.simulate.core.timeline import ImportRecord, Link, Place
from cucurbit.simulate.core.values import External, ModuleValue
from cucurbit.simulate.imports.search import STDLIB, with_parents
from cucurbit.simulate.replay.module_run import PlainQuestion


@dataclass(frozen=True)
class ImportQuestion(PlainQuestion):
    """The import of a module at a place; ``names`` are the names of a ``from`` import."""

    name: str
    place: Place
    names: tuple[str, ...]

    def __call__(self, importing: ImportsPart) -> ModuleValue | External:
        return importing.import_recorded(self.name, self.place, self.names)

    def comes_to(self, result: object, program: Program, importer: ModuleValue, path: str, link: Link | None) -> bool:
        """Do what the import does, if it executes nothing and gives ``result``; False if it must be followed."""
        if program.state.condition:
            return False
        # There is an event if the workspace has such a module and no import root finds it.
        first = len(program.events)
        if isinstance(result, External):
            if not self._is_outside(program):
                return False
            target, partial = "", False
        else:
            if not isinstance(result, ModuleValue) or not self._stands(result, program):
                return False
            target, partial = result.path or "", result.phase == "running" and not program.is_awaited(result)
        last = len(program.events)
        record = ImportRecord(
            place=self.place,
            importer=importer.name,
            importer_path=path,
            module=self.name,
            path=target,
            ran=last > first,
            partial=partial,
            certain=True,
            first=first,
            last=last,
            link=link,
            names=self.names,
        )
        program.records.append(record)
        return True

    def _is_outside(self, program: Program) -> bool:
        top = self.name.partition(".")[0]
        modules = program.state.modules.data
        if top in modules or self.name in modules or program.importing.search.find_top(top) is not None:
            return False
        if program.guarding.is_guarded and top not in STDLIB and not program.packages.is_assumed(top):
            return False
        program.importing.outside(top, self.place, self.name)
        return True

    def _stands(self, module: ModuleValue, program: Program) -> bool:
        """Whether the module and its parent packages are certainly in ``sys.modules``."""
        modules = program.state.modules.data
        entry = modules.get(self.name)
        if entry is None or entry.module is not module:
            return False
        return not any(full in modules and modules[full].condition for full in with_parents(self.name))
