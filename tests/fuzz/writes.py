"""Commands that write, killed or refused by the system at some moment of writing.

The child process that runs the command has a limit on the size of files, so that a write really fails, or ends the
process, in the middle of a file. Or it is killed, or told that the disk is full, when it opens, renames or deletes the
n-th time.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from cucurbit.cli.main import main

Files = Mapping[str, bytes]

COMMANDS = (
    ["check"],
    ["check", "--fix", "--unsafe-fixes"],
    ["check", "--write-baseline", "baseline.json"],
    ["schema", "app.main", "--inject", "README.md"],
    ["drift", "--write-revision", "more"],
)
_WRITING = frozenset({"os.rename", "os.mkdir", "os.remove", "os.chmod", "os.link", "os.rmdir", "tempfile.mkstemp"})
_KILLED = 9
_NOT_RUN = 99


def writes(seed: int, root: Path) -> None:
    """Each file is as it was or as it was to be, and the next command finds what it would have found anyway."""
    if sys.platform == "win32":
        return
    random = Random(seed)
    command = random.choice(COMMANDS)
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as whole:
        before = _contents(root)
        _copy(before, Path(whole))
        _child(Path(whole), command, None, None)
        after = _contents(Path(whole))
        code, said = _child(root, command, cache, _fault(random))
        killed = code == -_KILLED or code == -signal.SIGXFSZ
        assert killed or code in {0, 1, 2}, (command, code, said)
        assert "internal error" not in said, (command, said)
        assert "Traceback (most" not in said, (command, said)
        _check_files(_contents(root), before, after, killed=killed)
        fresh = _child(root, ["check"], None, None)
        for _ in range(2):
            again = _child(root, ["check"], cache, None)
            assert again == fresh, (command, again, fresh)


def _contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def _copy(files: Files, root: Path) -> None:
    for path, data in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def _check_files(found: Files, before: Files, after: Files, *, killed: bool) -> None:
    for path in {*found, *before}:
        # The name of a new revision is drawn.
        if path.startswith("migrations/versions/") and path not in before:
            continue
        if killed and path.rpartition("/")[2].startswith(".cucurbit-"):
            continue
        assert found.get(path) in {before.get(path), after.get(path)}, path


def _fault(random: Random) -> Callable[[], None]:
    """What is done in the child before the command runs."""
    kills = random.random() < 0.5
    if random.random() < 0.5:
        size = int(10 ** random.uniform(0, 4.5))
        return lambda: _limit(size, kills=kills)
    return lambda: _at_moment(int(10 ** random.uniform(0, 1.5)), kills=kills)


def _limit(size: int, *, kills: bool) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL if kills else signal.SIG_IGN)


def _at_moment(number: int, *, kills: bool) -> None:
    left = number

    def event(name: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if name not in _WRITING and not (name == "open" and _writes(arguments)):
            return
        left -= 1
        if left == 0 and kills:
            os.kill(os.getpid(), signal.SIGKILL)
        elif left <= 0 and not kills and name not in {"os.remove", "os.rmdir"}:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    sys.addaudithook(event)


def _writes(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 else 0
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))


def _child(root: Path, command: list[str], cache: str | None, fault: Callable[[], None] | None) -> tuple[int, str]:
    """Run a command in a process of its own: how it ended, and what it said."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        # Whatever happens here, the child does not go on as the test.
        code = _NOT_RUN
        with contextlib.suppress(BaseException):
            code = _run(root, command, cache, fault, writing)
        os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), said.decode("utf-8", "replace")


def _run(root: Path, command: list[str], cache: str | None, fault: Callable[[], None] | None, writing: int) -> int:
    os.chdir(root)
    os.environ.pop("CUCURBIT_NO_CACHE", None)
    os.environ["CUCURBIT_CACHE_KEY"] = "fuzz"
    if cache is None:
        os.environ["CUCURBIT_NO_CACHE"] = "1"
    else:
        os.environ["CUCURBIT_CACHE_DIR"] = cache
    out, err = io.StringIO(), io.StringIO()
    if fault is not None:
        fault()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(command)
    os.write(writing, (out.getvalue() + err.getvalue()).encode("utf-8", "replace"))
    return code
