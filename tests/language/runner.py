"""Runs programs, one after the other, each in a process of its own: the child of :mod:`tests.language.running`.

It reads programs from standard input, one JSON object a line, and writes for each the class and the message of the
exception that ended it, or two empty strings. Where the system can fork, the modules that most programs import are
loaded once.
"""

import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
import types

SECONDS = 20
LOADED = (
    *("abc", "argparse", "asyncio", "base64", "collections", "concurrent.futures", "configparser", "contextlib", "csv"),
    *("copy", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "heapq", "importlib.util"),
    *("inspect", "itertools", "json", "logging.config", "operator", "os", "pathlib", "pickle", "random", "re"),
    *("sqlite3", "statistics", "string", "struct", "tempfile", "textwrap", "threading", "typing", "urllib.parse"),
    *("unittest.mock", "uuid", "warnings", "weakref", "zoneinfo"),
)


def execute(files: dict[str, str], folder: str) -> tuple[str, str]:
    """Run ``main.py`` as a script in ``folder``; the exception that ends it."""
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
    os.chdir(folder)
    main = os.path.join(folder, "main.py")
    sys.argv, sys.path[0] = [main], folder
    module = types.ModuleType("__main__")
    module.__file__ = main
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    try:
        exec(compile(files["main.py"], main, "exec"), module.__dict__)
    except SystemExit as end:
        return ("SystemExit", str(end.code)) if end.code else ("", "")
    except BaseException as error:  # noqa: BLE001 - whatever ends a program
        return type(error).__name__, traceback.format_exc(limit=-3)
    return "", ""


def quietly(files: dict[str, str]) -> tuple[str, str]:
    """The same, where nobody reads what the program writes."""
    with open(os.devnull, "r+", encoding="utf-8") as nowhere:
        sys.stdout = sys.stderr = nowhere
        sys.stdin = nowhere
        for descriptor in (0, 1, 2):
            os.dup2(nowhere.fileno(), descriptor)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            result = execute(files, os.path.realpath(folder))
            os.chdir("/")
            return result


def forked(files: dict[str, str]) -> tuple[str, str]:
    """Run a program in a forked process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with contextlib.suppress(BaseException):
            timer = threading.Timer(SECONDS, os._exit, (1,))
            timer.daemon = True
            timer.start()
            result = json.dumps(quietly(files)).encode()
            os.write(writing, result[:60_000])
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return tuple(json.loads(said)) if said else ("Ended", "the process ended early")


def spawned(files: dict[str, str]) -> tuple[str, str]:
    """Run a program in a new process."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        out = os.path.join(folder, "result.json")
        command = [sys.executable, "-I", "-S", "-W", "ignore", __file__, out]
        try:
            subprocess.run(command, input=json.dumps(files).encode(), timeout=SECONDS, check=False)
            with open(out, encoding="utf-8") as result:
                return tuple(json.load(result))
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return "Ended", "the process ended early"


def main() -> None:
    if len(sys.argv) > 1:
        files, out = json.loads(sys.stdin.buffer.read()), sys.argv[1]
        result = quietly(files)
        with open(out, "w", encoding="utf-8") as written:
            json.dump(result, written)
        return
    run = spawned
    if hasattr(os, "fork"):
        run = forked
        for name in LOADED:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
