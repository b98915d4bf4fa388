"""Runs a command under the recorder. This is the only module that runs the code of a workspace."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cucurbit.record.interpreter import Interpreter
from cucurbit.record.recording import CannotRecord, CommandEnd, Recording, RecordingReader

INSIDE: Final = Path(__file__).with_name("inside")
_RUNNER: Final = INSIDE / "cucurbit_runner.py"
LOG: Final = "CUCURBIT_RECORD"
_GRACE_SECONDS: Final = 5.0
_TICK_SECONDS: Final = 0.02
_POSIX: Final = os.name == "posix"


@dataclass(frozen=True)
class CommandLine:
    """A command to run: ``words`` in ``directory``, as passed to the operating system."""

    words: tuple[str, ...]
    directory: str


def environment_for(interpreter: Interpreter, root: str, log: str) -> dict[str, str]:
    """The environment variables for a recorded program: as if the interpreter's environment were active."""
    variables = dict(os.environ)
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, [str(INSIDE), variables.get("PYTHONPATH", "")]))
    variables["PATH"] = os.pathsep.join(filter(None, [interpreter.folder, variables.get("PATH", "")]))
    if os.path.isfile(os.path.join(interpreter.prefix, "pyvenv.cfg")):
        variables["VIRTUAL_ENV"] = interpreter.prefix
    variables |= {LOG: log, "CUCURBIT_RECORD_ROOT": root, "PYTHONDONTWRITEBYTECODE": "1"}
    return variables


def record(command: CommandLine, interpreter: Interpreter, root: str, timeout: float) -> Recording:
    """Run ``command`` for at most ``timeout`` seconds, and record what it does in the workspace ``root``.

    Its output goes to the standard error of this program; its standard input is empty. When this function returns, all
    processes that the command started have ended.

    Raises:
        CannotRecord: the command cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="cucurbit-record-") as folder:
        log = os.path.join(folder, "events.jsonl")
        Path(log).touch()
        process = _start(command, environment_for(interpreter, root, log))
        reader = RecordingReader()
        with open(log, "rb") as lines:
            try:
                outcome = _watch(process, reader, lines.read, timeout)
            finally:
                _stop(process, log)
                reader.feed(lines.read())
        return Recording(reader.processes(), outcome, process.returncode, tuple(dict.fromkeys(reader.troubles)))


def runner_command(interpreter: Interpreter, arguments: Sequence[str], directory: str) -> CommandLine:
    """The command that runs an entry point directly; ``arguments`` are those of ``cucurbit_runner.py``."""
    return CommandLine((interpreter.executable, str(_RUNNER), *arguments), directory)


def _start(command: CommandLine, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    program = command.words[0]
    found = shutil.which(program, path=variables["PATH"])
    if found is None:
        raise CannotRecord(f"there is no program {program} that can be run")
    flags = 0 if _POSIX else getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    with open(os.devnull, "r+b") as nowhere:
        try:
            os.fstat(2)
            output: int = 2
        except OSError:
            output = nowhere.fileno()
        try:
            return subprocess.Popen(
                [os.path.abspath(found), *command.words[1:]],
                cwd=command.directory,
                env=dict(variables),
                stdin=nowhere,
                stdout=output,
                stderr=output,
                start_new_session=_POSIX,
                creationflags=flags,
            )
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise CannotRecord(f"{program} cannot be started: {reason.lower()}") from None


def _watch(
    process: subprocess.Popen[bytes], reader: RecordingReader, more: Callable[[], bytes], timeout: float
) -> CommandEnd:
    """Wait until the command ends, has started a server, or has timed out."""
    limit = time.monotonic() + timeout
    grace: float | None = None
    while True:
        try:
            status = process.wait(_TICK_SECONDS)
        except subprocess.TimeoutExpired:
            reader.feed(more())
        else:
            reader.feed(more())
            if reader.served:
                return CommandEnd.SERVED
            return CommandEnd.KILLED if status < 0 else CommandEnd.ENDED
        now = time.monotonic()
        if grace is None and (reader.served or reader.is_over):
            grace = now + _GRACE_SECONDS
        if reader.must_stop or (grace is not None and now >= grace):
            return CommandEnd.SERVED if reader.served else CommandEnd.ENDED
        if now >= limit:
            return CommandEnd.TIMED_OUT


def _stop(process: subprocess.Popen[bytes], log: str) -> None:
    """End the command and all processes that it started: first with SIGTERM, then with SIGKILL."""
    try:
        if process.poll() is None:
            _signal(process, gently=True)
            process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal(process, gently=False)
        _kill_marked(log)
        process.wait()


def _signal(process: subprocess.Popen[bytes], *, gently: bool) -> None:
    try:
        if _POSIX:
            os.killpg(process.pid, signal.SIGTERM if gently else signal.SIGKILL)
        elif process.poll() is None:
            # Windows cannot end a process group at once; taskkill ends a process and its children.
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
    except OSError:
        pass


def _kill_marked(log: str) -> None:
    """End processes that left the session of the command. They are found by their environment, on Linux only."""
    try:
        ids = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return
    mark = f"{LOG}={log}".encode()
    for name in ids:
        try:
            marked = mark in Path("/proc", name, "environ").read_bytes().split(b"\0")
            if marked:
                os.kill(int(name), signal.SIGKILL)
        except OSError:
            continue
