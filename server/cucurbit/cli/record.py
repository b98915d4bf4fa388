"""``cucurbit record``: the only command that runs the code of a workspace."""

from __future__ import annotations

import os
import shlex
import sys
from argparse import Namespace

from cucurbit.cli.errors import CLEAN, FINDINGS, REFUSED, Refused
from cucurbit.cli.target import WorkspaceTarget, open_target, read_overrides
from cucurbit.cli.terminal import is_coloured
from cucurbit.cli.timeline import entry_points
from cucurbit.record.check_prediction import RecordRequest, RecordResult, judge
from cucurbit.record.check_prediction import run as run_request
from cucurbit.record.interpreter import find_interpreter, own_environment, probe
from cucurbit.record.recording import CannotRecord
from cucurbit.report.documents import to_json
from cucurbit.report.record_json import record_document
from cucurbit.report.record_text import record_lines
from cucurbit.report.report import printable
from cucurbit.report.styled import signs_for, write
from cucurbit.simulate.run import simulate
from cucurbit.workspace.model import EntryPoint


def run(options: Namespace) -> int:
    """Run an entry point and compare what happens with the prediction. Returns the exit code.

    Raises:
        Refused: nothing could be recorded.
    """
    try:
        result = _recorded(options)
    except CannotRecord as reason:
        raise Refused(printable(str(reason))) from None
    if options.output_format == "json":
        sys.stdout.write(to_json(record_document(result)))
    else:
        coloured = is_coloured(sys.stdout, refused=options.no_color)
        write(record_lines(result, signs_for(sys.stdout.encoding)), coloured=coloured)
    if not result.complete:
        return REFUSED
    return FINDINGS if result.differs else CLEAN


def _recorded(options: Namespace) -> RecordResult:
    settings = read_overrides(options.config)
    target = open_target(["."], settings, cached=not options.no_cache)
    program: tuple[str, ...] = tuple(options.program)
    near = _entry(target, options.entry).path
    environment = own_environment(target.workspace, near, os.environ.get("VIRTUAL_ENV"))
    interpreter = probe(find_interpreter(options.python, program, environment))
    # The prediction has to see the same packages as the recording.
    target = open_target(["."], {**settings, "python": interpreter.prefix}, cached=target.cached)
    request = RecordRequest(_entry(target, options.entry), program, os.getcwd(), interpreter, options.timeout)
    _announce(request)
    recording = run_request(request, str(target.root))
    return judge(request, recording, simulate(target.workspace, request.entry), target.workspace)


def _entry(target: WorkspaceTarget, text: str) -> EntryPoint:
    found = entry_points(target, text)
    if len(found) != 1:
        listed = ", ".join(entry.target for entry in found)
        raise Refused(printable(f"`{text}` is ambiguous: {listed}"))
    return found[0]


def _announce(request: RecordRequest) -> None:
    """Tell the user that code is going to run, and which."""
    what = shlex.join(request.program) if request.program else request.entry.target
    sys.stderr.write(
        printable(f"cucurbit: this runs the code of the workspace: {what} (with {request.interpreter.executable})")
        + "\n"
    )
    sys.stderr.flush()
