"""Why the predicted events of a program are not certain: which part of the simulator could not decide."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from cucurbit.simulate.core.branches import Side
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.state import State
from cucurbit.simulate.core.timeline import Event, EventKind

_PASSED_THROUGH = ("state.py", "interpreter.py", "contextlib.py", "causes.py")


@contextmanager
def observed() -> Iterator[Callable[[Event], str]]:
    """Tell, of each event that is emitted inside, why it is not certain; empty for one that is."""
    reasons: dict[Side, str] = {}
    written: dict[int, str] = {}
    branch: Callable[..., Any] = State.branch
    doubt_all: Callable[..., Any] = State.doubt_all
    emit: Callable[..., Any] = Program.emit

    def observed_branch(state: State, run: Callable[[], Any], side: Side | None = None) -> Any:
        asker = _asker()

        def inside() -> Any:
            reasons[state.condition[-1]] = asker
            return run()

        return branch(state, inside, side)

    def observed_doubt(state: State) -> None:
        doubt_all(state)
        reasons[state.condition[-1]] = _asker()

    def observed_emit(program: Program, kind: Any, place: Any, **fields: Any) -> None:
        before = len(program.events)
        emit(program, kind, place, **fields)
        for event in program.events[before:]:
            if program.state.condition:
                written[id(event)] = reasons.get(program.state.condition[0], "unknown")

    def why(event: Event) -> str:
        if event.kind is EventKind.CUT:
            return f"cut: {event.detail}"
        # What another execution of a module has written is repeated, not emitted.
        return "" if event.certain else written.get(id(event), f"a doubtful {event.kind.value}")

    with (
        patch.object(State, "branch", observed_branch),
        patch.object(State, "doubt_all", observed_doubt),
        patch.object(Program, "emit", observed_emit),
    ):
        yield why


def _asker() -> str:
    """The function of the simulator that forks."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.endswith(_PASSED_THROUGH):
        frame = frame.f_back
    names = [frame.f_code.co_name]
    if frame.f_back is not None:
        names.append(frame.f_back.f_code.co_name)
    file = frame.f_code.co_filename.rpartition("/")[2]
    return f"{file}: {' in '.join(names)}"
