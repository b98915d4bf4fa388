"""What really happens: runs an entry point of a workspace in this Python and writes its timeline down.

Started as ``python recorder.py`` it answers requests, one JSON object a line on standard input::

    {"root": "/abs/workspace", "kind": "module|script|alembic", "target": "app.main", "out": "/abs/events.jsonl"}

with the path of ``out`` on standard output, when that file holds the events in the spelling of the documented timeline
schema, one a line. With ``"said"``, the path of another file, that file gets what the program writes to its standard
error and, where the entry point fails, the traceback that Python prints. The packages are imported once; each request
runs in a fork of its own (where there is no fork, in a process of its own). Nothing of the project is imported here, so
that the recording owes nothing to the prediction.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import functools
import importlib
import importlib.machinery
import inspect
import json
import os
import runpy
import subprocess
import sys
import threading
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

WARM = (
    "sqlalchemy.orm",
    "sqlalchemy.ext.asyncio",
    "alembic.command",
    "alembic.config",
    "fastapi",
    "sqlmodel",
    "flask_migrate",
)
TIMEOUT_SECONDS = 30


class Recorder:
    """Writes the events of one run. Paths are relative to ``root``, with ``/``; lines are 1-based."""

    def __init__(self, root: str, out: str) -> None:
        self.root = os.path.realpath(root)
        self.events = open(out, "w", encoding="utf-8", buffering=1)  # noqa: SIM115 - open as long as the process lives
        self.handed_over = threading.local()
        self.migrating = False

    def write(self, event: str, **fields: object) -> None:
        self.events.write(json.dumps({"event": event, **fields}) + "\n")

    def relative(self, path: str) -> str | None:
        """``path`` relative to the workspace, None for a file outside it and for code without a file."""
        if not os.path.isabs(path):
            return None
        real = os.path.realpath(path)
        if not real.startswith(self.root + os.sep):
            return None
        return os.path.relpath(real, self.root).replace(os.sep, "/")

    # ------------------------------------------------------------------ places

    def stack(self) -> Iterator[types.FrameType]:
        """Every frame from the caller outwards, those that a greenlet hides among them."""
        frame: types.FrameType | None = sys._getframe(1)
        greenlet = current_greenlet()
        while frame is not None:
            yield frame
            frame = frame.f_back
            while frame is None and greenlet is not None and greenlet.parent is not None:
                greenlet = greenlet.parent
                frame = greenlet.gr_frame

    def frames(self) -> Iterator[tuple[str, int]]:
        """The (path, line) of every frame of the workspace on the stack, the innermost first."""
        for frame in self.stack():
            path = self.relative(frame.f_code.co_filename)
            if path is not None:
                yield path, frame.f_lineno
        yield from getattr(self.handed_over, "frames", ())

    def caller(self) -> dict[str, object]:
        path, line = next(self.frames(), ("", 0))
        return {"path": path, "line": line}

    def table_place(self) -> dict[str, object]:
        """The class statement that is being executed, where declarative makes the table, or else the innermost call."""
        if self.declarative():
            for path, line in self.frames():
                header = class_header(os.path.join(self.root, path), line)
                if header is not None:
                    return {"path": path, "line": header}
        return self.caller()

    def declarative(self) -> bool:
        """Whether SQLAlchemy's declarative scan stands between the table and the code of the workspace."""
        for frame in self.stack():
            if frame.f_globals.get("__name__") == "sqlalchemy.orm.decl_base":
                return True
            if self.relative(frame.f_code.co_filename) is not None:
                return False
        return False

    # ------------------------------------------------------------------- hooks

    def install(self) -> None:
        self.record_modules()
        self.record_tables()
        self.record_migrations()
        self.record_threads()

    def run(self, module: str, path: str, body: Callable[[], object]) -> None:
        """Run a module's body between its events."""
        self.write("module-started", module=module, path=path)
        try:
            body()
        except BaseException as error:
            self.write("module-failed", module=module, path=path, error=type(error).__name__)
            raise
        self.write("module-finished", module=module, path=path)

    def record_modules(self) -> None:
        loader: Any = importlib.machinery.SourceFileLoader
        original = loader.exec_module

        @functools.wraps(original)
        def exec_module(self_: Any, module: types.ModuleType) -> None:
            path = self.relative(self_.path)
            if path is None:
                original(self_, module)
            else:
                self.run(module.__name__, path, lambda: original(self_, module))

        loader.exec_module = exec_module

        runpy_: Any = runpy
        run_code = runpy_._run_code

        @functools.wraps(run_code)
        def recorded_run_code(code: types.CodeType, run_globals: Any, *args: Any) -> Any:
            path = self.relative(code.co_filename)
            if path is None:
                return run_code(code, run_globals, *args)
            names = inspect.signature(run_code).bind(code, run_globals, *args).arguments
            self.run(names["mod_name"], path, lambda: run_code(code, run_globals, *args))
            return run_globals

        runpy_._run_code = recorded_run_code

    def record_tables(self) -> None:
        from sqlalchemy import schema
        from sqlalchemy.exc import InvalidRequestError

        table_class: Any = schema.Table
        metadata_class: Any = schema.MetaData
        new = table_class._new.__func__ if hasattr(table_class, "_new") else table_class.__new__  # 1.4 has none
        create_all = metadata_class.create_all

        @functools.wraps(new)
        def recorded_new(cls: Any, *args: Any, **kw: Any) -> Any:
            if len(args) < 2 or not isinstance(args[1], metadata_class):
                return new(cls, *args, **kw)
            if called_by_alembic():
                return new(cls, *args, **kw)
            prefix = kw.get("schema") or args[1].schema
            key = f"{prefix}.{args[0]}" if prefix else str(args[0])
            stood = key in args[1].tables
            try:
                table = new(cls, *args, **kw)
            except InvalidRequestError:
                if stood:
                    self.write("table-rejected", table=key, **self.table_place())
                raise
            if not stood:
                self.write("table-registered", table=key, **self.table_place())
            return table

        @functools.wraps(create_all)
        def recorded_create_all(metadata: Any, *args: Any, **kw: Any) -> None:
            self.write("create-all", **self.caller())
            create_all(metadata, *args, **kw)

        if hasattr(table_class, "_new"):
            table_class._new = classmethod(recorded_new)
        else:
            table_class.__new__ = staticmethod(recorded_new)
        metadata_class.create_all = recorded_create_all

    def record_migrations(self) -> None:
        from alembic import command
        from alembic.script import ScriptDirectory

        original = command.upgrade
        script: Any = ScriptDirectory
        run_env = script.run_env

        @functools.wraps(run_env)
        def recorded_run_env(directory: Any) -> None:
            """env.py is run by hand, or by another command than upgrade."""
            self.migrate(lambda: run_env(directory))

        script.run_env = recorded_run_env

        # The command line reads the parameters from the function itself, so they are spelled as in Alembic.
        def upgrade(config: Any, revision: str, sql: bool = False, tag: str | None = None) -> None:
            self.migrate(lambda: original(config, revision, sql=sql, tag=tag))

        upgrade.__module__ = original.__module__
        command.upgrade = upgrade

    def migrate(self, body: Callable[[], None]) -> None:
        """Run env.py between its events, which the outermost command writes; the command line's own has none."""
        if self.migrating:
            body()
            return
        self.write("migrations-started", **self.caller())
        self.migrating = True
        try:
            body()
        except BaseException as error:
            self.write("migrations-failed", error=type(error).__name__)
            raise
        finally:
            self.migrating = False
        self.write("migrations-finished")

    def record_threads(self) -> None:
        """Work handed to a thread keeps the place where it was handed over."""
        loop_class: Any = asyncio.base_events.BaseEventLoop
        original = loop_class.run_in_executor

        def run_in_executor(loop: Any, executor: Any, func: Any, *args: Any) -> Any:
            frames = tuple(self.frames())

            def handed_over() -> Any:
                self.handed_over.frames = frames
                return func(*args)

            return original(loop, executor, handed_over)

        loop_class.run_in_executor = run_in_executor

    # ------------------------------------------------------------ entry points

    def enter(self, kind: str, target: str) -> None:
        """Run the entry point as Python, uvicorn (``module:attribute``) or the alembic command would."""
        try:
            if kind == "script":
                self.run_script(target)
            elif kind == "alembic":
                self.run_alembic(target)
            else:
                self.run_module(target)
        except BaseException as error:  # the program ends here, whatever it is
            self.write("entry-failed", error=type(error).__name__)
            if not isinstance(error, SystemExit):
                traceback.print_exc()

    def run_module(self, target: str) -> None:
        sys.path.insert(0, self.root)
        name, _, attribute = target.partition(":")
        module = importlib.import_module(name)
        if not attribute:
            return
        app = getattr(module, attribute.removesuffix("()"))
        served = app() if attribute.endswith("()") else app
        if isinstance(served, sys.modules["starlette.applications"].Starlette):
            asyncio.run(start_up(served))

    def run_script(self, target: str) -> None:
        """``python path.py`` or ``python -m module``."""
        if target.startswith("-m "):
            sys.path.insert(0, self.root)
            sys.modules["__main__"] = types.ModuleType("__main__")
            runpy_: Any = runpy
            runpy_._run_module_as_main(target.removeprefix("-m "), alter_argv=False)
            return
        path = os.path.join(self.root, target)
        sys.path.insert(0, os.path.dirname(path))
        sys.argv = [path]
        main = types.ModuleType("__main__")
        main.__dict__.update(__file__=path, __builtins__=__builtins__)
        sys.modules["__main__"] = main
        with open(path, "rb") as file:
            source = file.read()

        def body() -> None:
            exec(compile(source, path, "exec"), main.__dict__)

        self.run("__main__", target, body)

    def run_alembic(self, target: str) -> None:
        """``alembic upgrade head``: the installed command, so the current folder is not on ``sys.path`` by itself."""
        from alembic import command
        from alembic.config import Config

        upgrade = next(cell.cell_contents for cell in command.upgrade.__closure__ or () if callable(cell.cell_contents))
        # As the command does: pyproject.toml is read beside alembic.ini.
        config = Config("alembic.ini", toml_file=target) if target.endswith(".toml") else Config(target)
        self.migrating = True
        upgrade(config, "head")


def called_by_alembic() -> bool:
    """Whether Alembic makes a table for itself: its version table, or what an operation creates in the database."""
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package != "sqlalchemy":
            return package == "alembic"
        frame = frame.f_back
    return False


def current_greenlet() -> Any:
    greenlet = sys.modules.get("greenlet")
    return None if greenlet is None else greenlet.getcurrent()


@functools.cache
def class_headers(path: str) -> tuple[tuple[int, int, int], ...]:
    """For each class statement: the first line of its decorators, the last of its header, its own."""
    with open(path, "rb") as file:
        tree = ast.parse(file.read())
    return tuple(
        (
            min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]),
            node.body[0].lineno - 1,
            node.lineno,
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    )


def class_header(path: str, line: int) -> int | None:
    """The line of the class statement whose header or decorators hold ``line``."""
    for first, last, own in class_headers(path):
        if first <= line <= max(last, own):
            return own
    return None


async def start_up(app: Any) -> None:
    """The start-up half of the ASGI lifespan protocol, then the shutdown."""
    from starlette.types import Message

    requests = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> Message:
        return next(requests)

    async def send(message: Message) -> None:
        """What the app answers is of no interest: a failure is raised as well."""

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)


def record(request: Mapping[str, str]) -> None:
    """Run one request in this process, which is not good for another one afterwards."""
    warnings.simplefilter("ignore")
    sys.dont_write_bytecode = True
    os.chdir(request["root"])
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(request.get("said", os.devnull), os.O_WRONLY | os.O_CREAT), 2)
    recorder = Recorder(request["root"], request["out"])
    recorder.install()
    recorder.enter(request["kind"], request["target"])
    recorder.events.close()
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
    if "--one" in sys.argv:
        record(json.loads(sys.stdin.readline()))
        return
    print(sys.modules["sqlalchemy"].__version__, flush=True)
    for line in iter(sys.stdin.readline, ""):
        record_in_child(line)
        print(json.loads(line)["out"], flush=True)


if __name__ == "__main__":
    main()
