"""``simulate``: from an entry point to its timeline."""

from __future__ import annotations

from collections.abc import Callable

from cucurbit.simulate.core.frames import Exhausted, Frame
from cucurbit.simulate.core.machine import Ended, Machine, Raised
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.schema import SchemaState
from cucurbit.simulate.core.timeline import CutKind, Event, EventKind, Place, Timeline
from cucurbit.simulate.core.values import CallSite, Constant, External, ModuleValue
from cucurbit.simulate.garbage import sweep, undisturbed
from cucurbit.simulate.imports.run_by_name import spec_to_run
from cucurbit.simulate.packages.alembic.migrations import environments
from cucurbit.simulate.packages.alembic.operations import run_revision
from cucurbit.simulate.packages.applications import made, start
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.simulate.simulation import Simulation
from cucurbit.simulate.stack import deep
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.model import AGAIN, EntryKind, EntryPoint, ModuleSpec, Workspace
from cucurbit.workspace.questions import Note, Witness


def simulate(
    workspace: Workspace,
    entry: EntryPoint,
    shared: Shared | None = None,
    note: Note | None = None,
    database: SchemaState | None = None,
) -> Timeline:
    """Execute an entry point over abstract values, and return its timeline.

    Module runs of earlier simulations in ``shared`` are repeated where they are valid. ``note`` is called with every
    question that the timeline depends on; then ``shared`` must keep answers. ``database`` is the schema that a revision
    finds, from which its inspector is answered. No workspace makes it raise: an exception
    is a bug in Cucurbit, or comes from ``shared.work.check``.
    """
    if shared is None:
        shared = Shared(answers=note is not None)
    assert note is None or shared.answers
    with undisturbed(), shared.simulation(note):
        asked = Witness(workspace, shared.witness) if shared.answers else workspace
        program = Simulation(asked, entry, shared, database)
        try:
            timeline = _simulate(program, entry)
        finally:
            shared.work.took(program.spent - program.repeated)
    sweep()
    return timeline


def _simulate(program: Program, entry: EntryPoint) -> Timeline:
    deep(lambda: _run(program))
    return Timeline(
        entry=entry,
        events=tuple(program.events),
        imports=tuple(program.records),
        tables=program.state.registered(),
        targets=tuple(environments(program).targets),
        visited=frozenset(program.visited),
        missed=frozenset(program.missed),
    )


def unknown(entry: EntryPoint, why: str) -> Timeline:
    """The timeline of an entry point that could not be simulated: it is cut before it starts."""
    cut = Event(EventKind.CUT, certain=True, place=Place(entry.path, WHOLE_FILE), link=None, detail=why)
    return Timeline(entry, (cut,), (), (), (), frozenset({entry.path}), frozenset())


def _run(program: Program) -> None:
    entry = program.entry
    place = Place(entry.path, WHOLE_FILE)
    outside = ModuleValue("", None, None, program.state.cells(), open=True)
    with program.running(Frame(outside, None, entry.path, None)):
        try:
            if entry.kind is EntryKind.ALEMBIC:
                _alembic(program, place)
            elif entry.kind is EntryKind.REVISION:
                run_revision(program, entry.path, entry.startup)
            elif entry.kind is EntryKind.SCRIPT:
                _script(program, place)
            else:
                _module(program, place)
        except Raised as raised:
            origin = program.origins.get(raised.failure)
            program.emit(EventKind.ENTRY_FAILED, place, failure=raised.failure, origin=origin)
        except Ended:
            pass
        except Exhausted:
            program.cut(place, "the program is too long to follow to its end", CutKind.LIMIT)
        except RecursionError:
            program.cut(place, "the program nests too deep to follow to its end", CutKind.LIMIT)


def _alembic(program: Program, place: Place) -> None:
    environment = program.entry.environment
    if program.entry.startup and program.entry.module:
        # Such a command loads the application first (Flask-Migrate's), but does not serve it.
        _module(program, place, made)
    environments(program).run(environment, CallSite(place, "alembic", None, (), {}), "upgrade")


def _script(program: Program, place: Place) -> None:
    name, path = program.entry.module, program.entry.path
    spec: ModuleSpec | None = ModuleSpec("__main__", path, ())
    if name:
        # python -m; for a package without a __main__, no other file can be assumed.
        assumed = None if path.endswith("/__init__.py") else path
        spec = spec_to_run(program, name, place, "SystemExit", assumed)
    if spec is None:
        program.cut(place, f"{name} is not found under the workspace", CutKind.ROOT)
    else:
        main = ModuleSpec(spec.name, spec.path, ())
        program.execution.execute(main, "__main__")
        if program.entry.startup == AGAIN:
            # With the modules that it has imported, which are not executed again.
            program.undecided(lambda: program.execution.execute(main, "__main__"), lambda: Constant(None))


def _module(
    program: Program, place: Place, starting: Callable[[Machine, ModuleValue, str, Place], object] = start
) -> None:
    entry = program.entry
    module = program.importing.load(entry.module, place)
    if isinstance(module, External):
        program.cut(place, f"{entry.module} is not found under the workspace", CutKind.ROOT)
    elif entry.startup:
        starting(program, module, entry.startup, place)
