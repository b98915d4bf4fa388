"""Imports of modules that are in ``sys.modules`` only if an earlier, uncertain import happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from cucurbit.simulate.core.machine import Ended, Raised
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.state import ModuleEntry
from cucurbit.simulate.core.timeline import CutKind, Place

MOST_REPEATS = 3
"""The maximum number of such imports that are followed."""


class EarlierImports:
    """Follows both cases: that the earlier import happened, and that it did not."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._repeated: Counter[str] = Counter()

    def _perhaps_here(self, entry: ModuleEntry, name: str, place: Place) -> frozenset[str] | None:
        """Follow an import for the case that the earlier one, which left ``entry``, did not happen. This gives its
        events.

        Returns the modules that exist then; None if the import was not followed to its end.
        """
        program, state = self.program, self.program.state
        self._repeated[name] += 1
        program.clock.remember_to(lambda: self._repeated.subtract((name,)))
        if self._repeated[name] > MOST_REPEATS:
            program.cut(place, f"{name} may be imported here for the first time", CutKind.EXECUTION)
            state.doubt_all()
            return None

        def without() -> frozenset[str]:
            for full in state.modules:
                if state.modules[full].condition == entry.condition:
                    state.write(state.modules, full, None)
            for tables in [metadata.tables for metadata in state.metadata]:
                for key, table in tables.view():
                    if table.condition == entry.condition:
                        state.write(tables, key, None)
            program.importing.load(name, place)
            return frozenset(state.modules)

        known = len(state.metadata)
        try:
            stands = state.branch(without)[0]
        except Raised as raised:
            program.doubt(raised.failure)
            why = f"an import of {name} that fails with {raised.failure.error} if an earlier one did not happen"
        except Ended:
            return None
        else:
            program.guarding.joined()
            return stands
        finally:
            del state.metadata[known:]
        program.cut(place, why, CutKind.EXECUTION)
        state.doubt_all()
        return None

    def settle(self, entry: ModuleEntry, name: str, place: Place) -> None:
        """A certain import makes the effects of an earlier, uncertain import of the module certain."""
        state = self.program.state
        if state.holds(entry.condition):
            return
        stands = self._perhaps_here(entry, name, place)
        ran = set(entry.module.ran) if stands is None else set(entry.module.ran) & stands
        for each in state.modules:
            other = state.modules[each]
            if other.condition == entry.condition and other.module.name in ran:
                state.write(state.modules, each, replace(other, condition=state.condition))
        for metadata in state.metadata:
            for key, table in metadata.tables.view():
                if table.condition == entry.condition and table.definition.module in ran:
                    state.write(metadata.tables, key, replace(table, condition=state.condition))
