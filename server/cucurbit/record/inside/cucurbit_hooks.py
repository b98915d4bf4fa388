"""Hooks that attach the recorder to packages once they are loaded: SQLAlchemy, Alembic, threads and servers.

Each hook is called with the recorder and the module that was just executed.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import types
    from typing import Any, Callable

    from cucurbit.record.inside.cucurbit_recorder import Recorder


OWN = {"sqlalchemy", "cucurbit_hooks"}


def alike(wrapper: Any, original: Any) -> Any:
    """``wrapper`` with the name and documentation of ``original``."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(wrapper, name, getattr(original, name))
    wrapper.__wrapped__ = original
    return wrapper


def _version(recorder: Recorder, module: Any) -> None:
    recorder.line(library=module.__name__, version=getattr(module, "__version__", ""))


# ------------------------------------------------------------------- SQLAlchemy


def _tables(recorder: Recorder, module: Any) -> None:
    table_class, metadata_class, blank = module.Table, module.MetaData, getattr(module, "BLANK_SCHEMA", None)
    new = table_class._new.__func__ if hasattr(table_class, "_new") else table_class.__new__

    def recorded_new(cls: Any, *args: Any, **kw: Any) -> Any:
        name = args[0] if args else kw.get("name")
        metadata = args[1] if len(args) > 1 else kw.get("metadata")
        if name is None or not isinstance(metadata, metadata_class) or of_a_package(recorder):
            return new(cls, *args, **kw)
        prefix = kw.get("schema") or metadata.schema
        key = str(name) if not prefix or prefix is blank else f"{prefix}.{name}"
        stood = key in metadata.tables
        try:
            table = new(cls, *args, **kw)
        except Exception as error:
            if stood and type(error).__name__ == "InvalidRequestError":
                recorder.write("table-rejected", table=key, **table_place(recorder))
            raise
        if not stood:
            recorder.write("table-registered", table=key, **table_place(recorder))
        return table

    if hasattr(table_class, "_new"):
        table_class._new = classmethod(recorded_new)
    else:
        table_class.__new__ = staticmethod(recorded_new)
    create_all = metadata_class.create_all

    def recorded_create_all(metadata: Any, *args: Any, **kw: Any) -> None:
        place = recorder.caller()
        if place["path"]:
            recorder.write("create-all", **place)
        create_all(metadata, *args, **kw)

    metadata_class.create_all = alike(recorded_create_all, create_all)


def of_a_package(recorder: Recorder) -> bool:
    """Whether a package, and not the workspace, creates the table.

    Alembic creates tables for itself: its version table, and those of operations on the database. Other packages, such
    as SQLAlchemy's dialects, create tables of their own when they are imported.
    """
    in_alembic: bool | None = None
    for frame in recorder.stack():
        if recorder.relative(frame.f_code.co_filename) is not None:
            return bool(in_alembic)
        if frame.f_code.co_name == "<module>":
            return True
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package not in OWN:
            in_alembic = package == "alembic" if in_alembic is None else in_alembic
    return bool(in_alembic) or not recorder.caller()["path"]


def table_place(recorder: Recorder) -> dict[str, object]:
    """The place of a table: the class statement if declarative creates it, or else the innermost call."""
    if declarative(recorder):
        for path, line in recorder.frames():
            header = class_header(recorder, os.path.join(recorder.root, path), line)
            if header is not None:
                return {"path": path, "line": header}
    return recorder.caller()


def declarative(recorder: Recorder) -> bool:
    """Whether SQLAlchemy's declarative scan is on the stack between the table and the code of the workspace."""
    for frame in recorder.stack():
        if frame.f_globals.get("__name__") == "sqlalchemy.orm.decl_base":
            return True
        if recorder.relative(frame.f_code.co_filename) is not None:
            return False
    return False


def class_headers(path: str) -> tuple[tuple[int, int, int], ...]:
    """For each class statement: the first line of its decorators, the last line of its header, its own line."""
    import ast

    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return ()
    return tuple(
        (
            min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]),
            node.body[0].lineno - 1,
            node.lineno,
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    )


def class_header(recorder: Recorder, path: str, line: int) -> int | None:
    """The line of the class statement whose header or decorators contain ``line``."""
    if path not in recorder.headers:
        recorder.headers[path] = class_headers(path)
    for first, last, own in recorder.headers[path]:
        if first <= line <= max(last, own):
            return own
    return None


# ---------------------------------------------------------------------- Alembic


def _migrations(recorder: Recorder, module: Any) -> None:
    original = module.upgrade

    def call(*args: Any) -> Any:
        return migrating(recorder, lambda: original(*args))

    # The alembic command line inspects the parameters of this function, so the wrapper needs the same ones.
    names = ", ".join(original.__code__.co_varnames[: original.__code__.co_argcount])
    namespace: dict[str, Any] = {"call": call}
    exec(f"def command({names}): return call({names})", namespace)
    namespace["command"].__defaults__ = original.__defaults__
    module.upgrade = alike(namespace["command"], original)


def _environments(recorder: Recorder, module: Any) -> None:
    """Record env.py when it is run by the program itself or by a command other than upgrade."""
    run_env = module.ScriptDirectory.run_env

    def recorded_run_env(directory: Any) -> None:
        if recorder.migrating:
            recorder.migrating = False  # This env.py belongs to the command that is being recorded.
            run_env(directory)
        else:
            migrating(recorder, lambda: recorded_run_env(directory))

    module.ScriptDirectory.run_env = alike(recorded_run_env, run_env)


def migrating(recorder: Recorder, body: Callable[[], Any]) -> Any:
    """Run env.py between its events; without events if no code of the workspace calls it, as it is the program then."""
    place = recorder.caller()
    recorder.migrating = True
    try:
        if not place["path"]:
            return body()
        recorder.write("migrations-started", **place)
        try:
            result = body()
        except BaseException as error:
            recorder.write("migrations-failed", error=type(error).__name__)
            raise
        recorder.write("migrations-finished")
        return result
    finally:
        recorder.migrating = False


# -------------------------------------------------------------- scripts, threads


def _runpy(recorder: Recorder, module: Any) -> None:
    run_code, run_as_main = module._run_code, module._run_module_as_main

    def recorded_run_code(code: types.CodeType, run_globals: Any, *args: Any, **kwargs: Any) -> Any:
        path = recorder.relative(code.co_filename)
        if path is None:
            return run_code(code, run_globals, *args, **kwargs)
        name = args[1] if len(args) > 1 else kwargs.get("mod_name")
        recorder.run(str(name), path, lambda: run_code(code, run_globals, *args, **kwargs))
        return run_globals

    def recorded_run_as_main(mod_name: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return run_as_main(mod_name, *args, **kwargs)
        except BaseException as error:
            if {"__main__", mod_name, mod_name.partition(".")[0]} & recorder.modules:
                recorder.write("entry-failed", error=type(error).__name__)
            raise

    module._run_code, module._run_module_as_main = recorded_run_code, recorded_run_as_main


def _executors(recorder: Recorder, module: Any) -> None:
    loop_class = module.BaseEventLoop
    original = loop_class.run_in_executor

    def run_in_executor(loop: Any, executor: Any, func: Any, *args: Any) -> Any:
        return original(loop, executor, recorder.handing_over(func), *args)

    loop_class.run_in_executor = alike(run_in_executor, original)


def _threads(recorder: Recorder, module: Any) -> None:
    start = module.Thread.start

    def recorded_start(thread: Any) -> None:
        thread.run = recorder.handing_over(thread.run)
        start(thread)

    module.Thread.start = alike(recorded_start, start)


def _pools(recorder: Recorder, module: Any) -> None:
    submit = module.ThreadPoolExecutor.submit

    def recorded_submit(pool: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        return submit(pool, recorder.handing_over(fn), *args, **kwargs)

    module.ThreadPoolExecutor.submit = alike(recorded_submit, submit)


# ----------------------------------------------------------------------- servers


def _uvicorn(recorder: Recorder, module: Any) -> None:
    async def main_loop(server: Any) -> None:
        """Replaces the main loop: the start-up is over, so the server shuts down."""
        recorder.serving("uvicorn", stops=True)
        server.should_exit = True

    module.Server.main_loop = main_loop


def _socketserver(recorder: Recorder, module: Any) -> None:
    forever = module.BaseServer.serve_forever

    def serve_forever(server: Any, *args: Any, **kwargs: Any) -> None:
        from _thread import get_ident

        main = get_ident() == recorder.main_thread
        if main or type(server).__module__.startswith("werkzeug."):
            recorder.serving(type(server).__module__.partition(".")[0], stops=main)
        if not main:
            forever(server, *args, **kwargs)

    module.BaseServer.serve_forever = alike(serve_forever, forever)


def _gunicorn(recorder: Recorder, module: Any) -> None:
    load = module.Worker.load_wsgi

    def load_wsgi(worker: Any) -> None:
        load(worker)
        if "uvicorn" not in type(worker).__module__:
            recorder.serving("gunicorn", stops=False)

    module.Worker.load_wsgi = alike(load_wsgi, load)


def _hypercorn(recorder: Recorder, module: Any) -> None:
    wait = module.Lifespan.wait_for_startup

    async def wait_for_startup(lifespan: Any) -> None:
        await wait(lifespan)
        recorder.serving("hypercorn", stops=False)

    module.Lifespan.wait_for_startup = alike(wait_for_startup, wait)


def _waitress(recorder: Recorder, module: Any) -> None:
    def run(_server: Any) -> None:
        recorder.serving("waitress", stops=True)

    module.BaseWSGIServer.run = run
    module.MultiSocketServer.run = run


HOOKS: dict[str, Callable[[Recorder, Any], None]] = {
    "sqlalchemy": _version,
    "sqlalchemy.sql.schema": _tables,
    "alembic": _version,
    "alembic.command": _migrations,
    "alembic.script.base": _environments,
    "runpy": _runpy,
    "asyncio.base_events": _executors,
    "threading": _threads,
    "concurrent.futures.thread": _pools,
    "uvicorn.server": _uvicorn,
    "socketserver": _socketserver,
    "gunicorn.workers.base": _gunicorn,
    "hypercorn.asyncio.lifespan": _hypercorn,
    "waitress.server": _waitress,
}
"""The hooks, by the name of the module that they attach to."""
