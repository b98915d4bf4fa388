"""From an entry point to the judgement: run it, predict it, compare."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from cucurbit.record.comparing import Comparison, Predicted, compare, predicted_events, rendered
from cucurbit.record.interpreter import Interpreter, check_sqlalchemy
from cucurbit.record.recording import CannotRecord, Outcome, RecordedProcess, Recording
from cucurbit.record.running import Command, record, runner_command
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.workspace.model import EntryKind, EntryPoint, Workspace


@dataclass(frozen=True)
class Request:
    """What to record. ``program`` is the user's own command, run in ``directory``; empty: the entry point by itself."""

    entry: EntryPoint
    program: tuple[str, ...]
    directory: str
    interpreter: Interpreter
    timeout: float


@dataclass(frozen=True)
class Result:
    """A recording and what was predicted. ``process`` is the one that is compared.

    ``complete``: it came to its end, or to where its server had started, so that all there is was compared.
    """

    request: Request
    recording: Recording
    process: RecordedProcess
    comparison: Comparison
    complete: bool

    @property
    def differs(self) -> bool:
        return self.comparison.first_difference is not None


def run(request: Request, root: str) -> Recording:
    """Run what is asked for. This executes the code of the workspace.

    Raises:
        CannotRecord: it cannot be started.
    """
    if request.program:
        command = Command(request.program, request.directory)
    else:
        arguments = runner_arguments(request.entry, root)
        command = runner_command(request.interpreter, arguments, os.path.join(root, request.entry.directory))
    return record(command, request.interpreter, root, request.timeout)


def runner_arguments(entry: EntryPoint, root: str) -> list[str]:
    """The arguments of ``cucurbit_runner.py`` that run an entry point as the simulator assumes that it is run."""

    def folders(paths: Sequence[str]) -> str:
        return os.pathsep.join(os.path.join(root, path) if path else root for path in paths)

    target, startup = os.path.join(root, entry.path), ""
    arguments: list[str] = []
    if entry.kind is EntryKind.MODULE:
        kind, target, startup = "module", entry.module, entry.startup
    elif entry.kind is EntryKind.SCRIPT:
        kind = "script"
        if entry.module:
            kind, target = "run-module", entry.module
    elif entry.module and entry.startup:
        kind, target, startup = "flask-migrate", entry.module, entry.startup
        arguments.append(os.path.dirname(os.path.join(root, entry.path)))
    else:
        kind, target = "alembic", os.path.join(root, entry.target)
        startup = entry.environment.section if entry.environment is not None else ""
    # Alembic itself puts its prepend_sys_path where it belongs.
    first = () if kind == "alembic" else entry.sys_path
    return [kind, target, startup, folders(first), folders(entry.fallback_path), *arguments]


def judge(request: Request, recording: Recording, timeline: Timeline, workspace: Workspace) -> Result:
    """Compare a recording with the timeline of its entry point.

    Raises:
        CannotRecord: the command did not come to the entry point, or not in a Python that can be recorded.
    """
    process = _compared(request, recording)
    if process.sqlalchemy:
        check_sqlalchemy(process.sqlalchemy, "the Python that was recorded")
    complete = bool(process.end) or recording.outcome is Outcome.SERVED
    predicted = predicted_events(timeline, workspace)
    recorded = [rendered(event) for event in process.events]
    if not process.own_main:
        # What becomes of a failure is up to the server that loads the application.
        predicted = [each for each in predicted if not each.text.startswith("entry-failed")]
    if process.end == "_exit":
        predicted = _without_unwinding(predicted)
    comparison = compare(predicted, recorded, complete=bool(process.end))
    return Result(request, recording, process, comparison, complete)


def _compared(request: Request, recording: Recording) -> RecordedProcess:
    """The process that executed the entry point."""
    found = recording.process_of(request.entry.path)
    if found is not None:
        return found
    if recording.processes and not request.program:
        return recording.processes[0]
    late = f" within {request.timeout:g} seconds" if recording.outcome is Outcome.TIMED_OUT else ""
    if recording.troubles:
        raise CannotRecord(recording.troubles[0])
    if not recording.processes:
        raise CannotRecord(f"the command started no Python that can be recorded{late}")
    raise CannotRecord(f"the command did not execute {request.entry.path}{late}")


def _without_unwinding(predicted: list[Predicted]) -> list[Predicted]:
    """Without the failures that ``sys.exit`` would have led to: ``os._exit`` ends the program where it stands."""
    kept = len(predicted)
    while kept and predicted[kept - 1].text.endswith("(SystemExit)"):
        kept -= 1
    return predicted[:kept]
