"""Runs one entry point under the recorder, as Python, a server or the alembic command would.

Started as ``cucurbit_runner.py KIND TARGET STARTUP PATH FALLBACK [ARGUMENT...]``. PATH and FALLBACK are folders,
separated as in PYTHONPATH, that are put first and last on ``sys.path``. For Alembic, TARGET is the configuration file
and STARTUP its section. For Flask-Migrate, KIND is ``flask-migrate`` and ARGUMENT the folder of env.py.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cucurbit.record.inside.cucurbit_recorder import Recorder


def enter(recorder: Recorder, kind: str, target: str, startup: str = "", arguments: tuple[str, ...] = ()) -> None:
    """Run the entry point in this process, which cannot be used for another one afterwards.

    Raises what the program raises, after recording it.
    """
    try:
        if kind == "script":
            run_script(recorder, target, arguments)
            return
        if kind == "run-module":
            run_as_main(target)
            return
        if kind == "module":
            serve(target, startup)
        elif kind == "alembic":
            run_alembic(target, startup)
        else:
            run_flask_migrate(target, startup, *arguments)
    except BaseException as error:
        if kind != "run-module":
            recorder.write("entry-failed", error=type(error).__name__)
        raise


def run_script(recorder: Recorder, target: str, arguments: tuple[str, ...]) -> None:
    """``python path.py``."""
    path = os.path.abspath(target)
    sys.argv = [target, *arguments]
    main = type(sys)("__main__")
    main.__dict__.update(__file__=path, __builtins__=__builtins__, __spec__=None)
    sys.modules["__main__"] = main
    with open(path, "rb") as file:
        source = file.read()

    def body() -> None:
        exec(compile(source, path, "exec"), main.__dict__)

    recorder.run("__main__", recorder.relative(path) or target, body)


def run_as_main(module: str) -> None:
    """``python -m module``."""
    import runpy

    sys.argv = ["-m"]
    sys.modules["__main__"] = type(sys)("__main__")
    run: Any = runpy
    run._run_module_as_main(module)


def loaded(target: str, startup: str) -> Any:
    """The module ``target``, or the application in it that ``startup`` names: ``app``, ``create_app()``, or
    ``main(...)``, which is given an empty configuration."""
    found: Any = __import__(target)
    for part in target.split(".")[1:]:
        found = getattr(found, part)
    found = sys.modules.get(target, found)
    name, call, given = startup.partition("(")
    for part in filter(None, name.split(".")):
        found = getattr(found, part)
    if not call:
        return found
    return found({}) if given == "...)" else found()


def serve(target: str, startup: str) -> None:
    """Import the module, and start and stop its application: of Celery, aiohttp, FastStream or ASGI."""
    sys.argv = [target]
    app = loaded(target, startup)
    if not startup:
        return
    if is_a(app, "celery.app.base", "Celery"):
        work(app)
    elif is_a(app, "aiohttp.web", "Application") or type(app).__name__ == "coroutine":
        import asyncio

        asyncio.run(start_aiohttp(app))
    elif is_a(app, "faststream.app", "FastStream"):
        import asyncio

        asyncio.run(start_faststream(app))
    elif callable(app) and is_asgi(app):
        import asyncio

        asyncio.run(start_up(app))


def is_a(app: Any, module: str, name: str) -> bool:
    """Whether ``app`` is an instance of a class, which some module has imported then."""
    found = getattr(sys.modules.get(module), name, None)
    return found is not None and isinstance(app, found)


def work(app: Any) -> None:
    """``celery worker``, with one task at a time, up to where it would connect to the broker."""
    app.conf.include  # the command reads the configuration first
    app.Worker(pool="solo")


async def start_aiohttp(app: Any) -> None:
    """What ``aiohttp.web.run_app`` does, without a port; a factory may be a coroutine."""
    if not is_a(app, "aiohttp.web", "Application"):
        app = await app
    if is_a(app, "aiohttp.web", "Application"):
        from aiohttp.web import AppRunner

        runner = AppRunner(app)
        await runner.setup()
        await runner.cleanup()


async def start_faststream(app: Any) -> None:
    """What ``faststream run`` does, up to where it would wait for messages."""
    async with app.lifespan_context():
        await app.start()
        await app.stop()


def is_asgi(app: Any) -> bool:
    from inspect import isclass, iscoroutinefunction

    return not isclass(app) and (iscoroutinefunction(app) or iscoroutinefunction(getattr(app, "__call__", None)))


async def start_up(app: Any) -> None:
    """The lifespan protocol of ASGI: start-up, then shutdown. An application may not support it."""
    requests = iter(["lifespan.startup", "lifespan.shutdown"])
    answers = []

    async def receive() -> dict[str, str]:
        return {"type": next(requests)}

    async def send(message: Any) -> None:
        answers.append(message["type"])

    try:
        await app({"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}, receive, send)
    except BaseException as error:
        if answers or not isinstance(error, Exception):
            raise
    if "lifespan.startup.failed" in answers:
        sys.exit(3)  # as Uvicorn does


def run_alembic(config: str, section: str) -> None:
    """``alembic upgrade head``. As with the installed command, the current folder is not added to ``sys.path``."""
    from alembic import command
    from alembic.config import Config

    section = section or "alembic"
    if config.endswith(".py"):
        found = Config()
        found.set_main_option("script_location", os.path.dirname(config) or ".")
    elif config.endswith(".toml"):
        # Alembic reads pyproject.toml in addition to alembic.ini.
        found = Config("alembic.ini", toml_file=config, ini_section=section)
    else:
        found = Config(config, ini_section=section)
    command.upgrade(found, "head")


def run_flask_migrate(target: str, startup: str, directory: str) -> None:
    """``flask db upgrade``."""
    sys.argv = ["flask", "db", "upgrade"]
    app = loaded(target, startup)
    from flask_migrate import upgrade

    with app.app_context():
        upgrade(directory=directory)


def main() -> None:
    kind, target, startup, path, fallback = sys.argv[1:6]
    arguments = tuple(sys.argv[6:])
    first = [part for part in path.split(os.pathsep) if part]
    last = [part for part in fallback.split(os.pathsep) if part]
    if kind == "script" and not first:
        first = [os.path.dirname(os.path.realpath(target))]
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [*first, *(entry for entry in sys.path if os.path.abspath(entry) != here), *last]
    recorder = sys.modules["cucurbit_recorder"].recorder
    recorder.line(own_main=target)
    enter(recorder, kind, target, startup, arguments)
    if kind == "module":
        # Threads of the program may still run, so the end is reported here.
        recorder.ended("entry")


if __name__ == "__main__":
    main()
