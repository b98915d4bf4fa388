"""What is predicted of a program, and whether that can be true."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from cucurbit.opening import folder_workspace
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.simulate.run import simulate
from cucurbit.workspace.model import EntryKind, EntryPoint
from cucurbit.workspace.tree.files import MemoryTree
from tests.language.program import MAIN, Program
from tests.language.running import WORKERS

_SCRIPT = EntryPoint(EntryKind.SCRIPT, MAIN, MAIN, "", "", "", ("",), (), None, None)


@dataclass(frozen=True)
class Prediction:
    """``failure`` is the certain failure of the program, as ``class: message (file:line: text)``, or empty.

    ``error`` is the class alone. ``followed``: the end of the program is reached for certain. ``crash`` is a defect
    of the simulator.
    """

    failure: str = ""
    error: str = ""
    followed: bool = False
    crash: str = ""


def predict(program: Program) -> Prediction:
    """Simulate a program, as a script in a folder of its own."""
    workspace = folder_workspace(MemoryTree(program.files), (), {}, None)
    try:
        timeline = simulate(workspace, _SCRIPT)
    except Exception as error:  # noqa: BLE001 - reported as what it is
        return Prediction(crash=f"{type(error).__name__}: {error}")
    followed = any(
        event.kind is EventKind.MODULE_FINISHED and event.certain and event.module == "__main__"
        for event in timeline.events
    )
    for event in timeline.of(EventKind.ENTRY_FAILED):
        if event.certain and event.failure is not None and not event.is_end:
            place = event.failure.place
            line = workspace.facts(place.path).span(place.at).line if workspace.facts(place.path) else 0  # type: ignore[union-attr]
            text = program.files.get(place.path, "").splitlines()[line - 1 : line]
            where = f"{place.path}:{line}: {''.join(text).strip()}"
            return Prediction(f"{event.failure.error}: {event.failure.message} ({where})", event.failure.error)
    return Prediction(followed=followed)


def predictions(programs: Sequence[Program]) -> list[Prediction]:
    """The predictions of all, in a few processes."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        return list(pool.map(predict, programs, chunksize=max(1, len(programs) // (4 * WORKERS))))
