"""Records one case after another: a child Python with the packages loaded, which forks for each.

It answers requests, one JSON object a line on standard input::

    {"root": "/abs/workspace", "kind": "module|script|alembic", "target": "app.main", "out": "/abs/events.jsonl"}

with the path of ``out`` on standard output, when that file holds what the recorder wrote. With ``"said"``, the path of
another file, that file gets what the program writes to its standard error and, where the entry point fails, the
traceback that Python prints. The packages are imported once; where there is no fork, each request has a process of its
own. The recorder is that of ``cucurbit record``.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

INSIDE = Path(__file__).parents[2] / "server" / "cucurbit" / "record" / "inside"
WARM = (
    "runpy",
    "sqlalchemy.orm",
    "sqlalchemy.ext.asyncio",
    "alembic.command",
    "alembic.config",
    "fastapi",
    "sqlmodel",
    "flask_migrate",
)
TIMEOUT_SECONDS = 30


def loaded(name: str) -> Any:
    """A module of the recorder's, which is not on ``sys.path`` while a case runs."""
    sys.path.insert(0, str(INSIDE))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(INSIDE))


def record(request: Mapping[str, str]) -> None:
    """Run one request in this process, which is not good for another one afterwards."""
    recorder = loaded("cucurbit_recorder").Recorder(request["root"], request["out"])
    runner = loaded("cucurbit_runner")
    warnings.simplefilter("ignore")
    sys.dont_write_bytecode = True
    os.chdir(request["root"])
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(request.get("said", os.devnull), os.O_WRONLY | os.O_CREAT), 2)
    Path(request["out"]).touch()
    recorder.install()
    kind, target, startup = request["kind"], request["target"], ""
    if kind == "module":
        sys.path.insert(0, request["root"])
        target, _, startup = target.partition(":")
    elif target.startswith("-m "):
        sys.path.insert(0, request["root"])
        kind, target = "run-module", target.removeprefix("-m ")
    elif kind == "script":
        sys.path.insert(0, os.path.dirname(os.path.join(request["root"], target)))
    try:
        runner.enter(recorder, kind, target, startup)
    except BaseException as error:  # noqa: BLE001 - the program ends here, whatever it is
        if not isinstance(error, SystemExit):
            traceback.print_exc()
    sys.stderr.flush()


def record_in_child(line: str) -> None:
    """Run one request in a child process; a child that hangs is killed and leaves what it wrote."""
    if not hasattr(os, "fork"):
        subprocess.run([sys.executable, __file__, "--one"], input=line, text=True, timeout=TIMEOUT_SECONDS, check=True)
        return
    child = os.fork()
    if child == 0:
        try:
            record(json.loads(line))
        finally:
            os._exit(0)
    alarm = threading.Timer(TIMEOUT_SECONDS, os.kill, (child, 9))
    alarm.start()
    os.waitpid(child, 0)
    alarm.cancel()


def main() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    for name in WARM:
        with contextlib.suppress(ImportError):  # the newest SQLModel knows no SQLAlchemy 1.4
            importlib.import_module(name)
    for name in ("cucurbit_recorder", "cucurbit_runner"):
        loaded(name)
    if "--one" in sys.argv:
        record(json.loads(sys.stdin.readline()))
        return
    print(sys.modules["sqlalchemy"].__version__, flush=True)
    for line in iter(sys.stdin.readline, ""):
        record_in_child(line)
        print(json.loads(line)["out"], flush=True)


if __name__ == "__main__":
    main()
