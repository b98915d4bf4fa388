"""What a handler of a library does not understand makes a cut, or is unknown: nothing is claimed in silence.

Every handler in the registry is called within a running simulation, with arguments of which nothing is known, and bound
to nothing, to something unknown, and to an object of its library.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache

import pytest

from cucurbit.opening import folder_workspace
from cucurbit.simulate.core.frames import Frame
from cucurbit.simulate.core.machine import Ended, Handler, Raised
from cucurbit.simulate.core.timeline import EventKind, Place
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    Choice,
    DictValue,
    External,
    ExternalObject,
    ModuleValue,
    Partial,
    SequenceValue,
    Unknown,
    Value,
)
from cucurbit.simulate.packages.registry import PACKAGES
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.simulate.run import simulate
from cucurbit.simulate.simulation import Simulation
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.model import EntryPoint
from cucurbit.workspace.tree.files import MemoryTree

SOMETHING = Unknown("an argument")
ARGUMENTS: dict[str, tuple[tuple[Value, ...], dict[str, Value], bool]] = {
    "none": ((), {}, True),
    "one": ((SOMETHING,), {}, True),
    "several": ((SOMETHING, SOMETHING, SOMETHING), {}, True),
    "keywords": ((), {"name": SOMETHING, "app": SOMETHING}, False),
}
PLACE = Place("main.py", WHOLE_FILE)

SAME = {
    "argparse.*.parse_known_args": "reads the arguments of the process; what they set is not known",
    "exit": "ends the program",
    "quit": "ends the program",
    "_exit": "ends the program",
    "abort": "ends the program",
    "click.*()": "ends the program; the command has no function",
    "click.*().main": "ends the program; the command has no function",
    "typer.*Typer()": "ends the program; the application has no commands",
    "typer.run": "runs a function that is not known, as any call of something unknown, and ends the program",
    "alembic.context.*": "fails outside env.py",
    "print": "shows",
    "logging.config.*": "configures loggers; the classes that an unknown configuration names are not followed",
    "os.system": "concerns another process",
    "@dict.*": "opens the container that it changes",
    "@list.*": "opens the container that it changes",
    "@set.*": "opens the container that it changes",
    "builtins.setattr": "opens the object that it changes",
    "asyncio.gather": "returns a list with an item for each argument, unknown ones included",
    "asyncio.ensure_future": "returns a list with an item for each argument, unknown ones included",
    "nest_asyncio.apply": "lets event loops run inside others, whichever it is given",
    "os.getcwd": "takes no argument",
    "pathlib.Path.cwd": "takes no argument",
    "threading.Thread().start": "takes no argument",
    "quart*().run": "runs the start-up functions of its receiver, which has none here",
    "faststream*().run": "runs the start-up functions of its receiver, which has none here",
    "sys.meta_path.*": "whatever is not found may be found afterwards",
    "sys.path_hooks.*": "whatever is not found may be found afterwards",
    "sys.modules.*": "whatever is not found may be found afterwards",
    "sys.path.*": "a folder that is not known is taken to lie outside the workspace",
    "site.addsitedir": "a folder that is not known is taken to lie outside the workspace",
    "pyramid.*.scan": "without arguments it scans the package of the module that runs",
    "pyramid.*.add_view": "a route may have a renderer without a view",
    "pkg_resources.declare_namespace": "declares the package that runs, under its own name",
    "celery.*.autodiscover_tasks": "cuts when a worker starts",
    "celery.*.config_from_object": "cuts when a worker starts",
    "flask_migrate.Migrate().init_app": "keeps an object that is not known for env.py",
    "alembic.config.Config().set_*_option": "keeps an option that is not known for the command",
    "alembic.config.Config().remove_main_option": "no option is known afterwards",
    "*MetaData": "makes a MetaData, whose schema is not known then",
    "*.create_all": "creates tables, which ones is not followed",
    "*.drop_all": "drops tables of the database only",
    "*.reflect": "fills the MetaData with tables that are not known, and marks it so",
    "sqlalchemy.MetaData().clear": "takes no argument",
    "sqlalchemy.MetaData().remove": "cuts where the MetaData is known",
    "*Table": "fails without a MetaData",
    "*declarative_base": "makes a base, whose registry is not known then",
    "*.generate_base": "makes a base, whose registry is not known then",
    "*.automap_base": "makes a base, whose registry is not known then",
    "sqlalchemy.ext.automap.AutomapBase.prepare": "maps what is in a database, under names that are not known",
}
"""The handlers that do the same whatever they are given, or in a way that needs no cut, and why."""

WITHOUT = {
    "argparse.*.set_defaults": "no defaults",
    "builtins.dict": "an empty one",
    "builtins.frozenset": "an empty one",
    "builtins.list": "an empty one",
    "builtins.reversed": "an empty one",
    "builtins.set": "an empty one",
    "builtins.sorted": "an empty one",
    "builtins.str": "an empty one",
    "builtins.tuple": "an empty one",
    "celery.app.utils.Settings().update": "no settings",
    "pathlib.*": "the current folder",
    "os.listdir": "the current folder",
    "@path.iterdir": "the current folder",
    "*.registry": "one with a MetaData of its own",
}
"""The handlers for which to be given nothing at all means something that is known, and what."""


def handlers() -> Iterator[tuple[str, Handler]]:
    for package in PACKAGES:
        yield from package.calls.items()
        yield from ((f".{name}", method.handler) for name, method in package.methods.items())


def receivers(program: Simulation, name: str) -> Iterator[Value | None]:
    yield None
    yield Unknown("an object")
    head = name.rpartition(".")[0].removesuffix("()")
    yield ExternalObject(head, CallSite(PLACE, head, None, (), {}), program.state.cells())


def outcomes(name: str, handler: Handler, kind: str) -> Iterator[str]:
    """What comes of the calls: ``cut``, ``nothing`` where nothing is claimed, else what is."""
    args, kwargs, complete = ARGUMENTS[kind]
    for number in range(3):
        program = simulation()
        receiver = tuple(receivers(program, name))[number]
        main = ModuleValue("main", "main.py", None, program.state.cells(), open=True)
        with program.running(Frame(main, None, "main.py", None)):
            yield outcome(program, handler, CallSite(PLACE, name, receiver, args, kwargs, complete))


def simulation() -> Simulation:
    workspace = folder_workspace(MemoryTree({"main.py": ""}))
    entry = workspace.resolve_entry("main.py")
    assert isinstance(entry, EntryPoint)
    return Simulation(workspace, entry, Shared(answers=False))


def outcome(program: Simulation, handler: Handler, site: CallSite) -> str:
    claimed = "raises"
    try:
        value = handler(program, site)
    except (Raised, Ended):
        pass
    else:
        claimed = "nothing" if claims_nothing(value) else type(value).__name__
    return "cut" if any(event.kind is EventKind.CUT for event in program.events) else claimed


def claims_nothing(value: Value) -> bool:
    if isinstance(value, (SequenceValue, DictValue)):
        return value.open
    if isinstance(value, Choice):
        return all(isinstance(option, Unknown) for option in value.options)
    return isinstance(value, (Unknown, External, ExternalObject, Bound, Partial))


@cache
def claims(kind: str) -> frozenset[str]:
    """The handlers that make no cut with these arguments, and claim something."""
    return frozenset(
        name for name, handler in handlers() if not {"cut", "nothing"}.issuperset(outcomes(name, handler, kind))
    )


def allowed(name: str, patterns: Iterable[str]) -> set[str]:
    bare = name.removeprefix("builtins.").removeprefix("os.").removeprefix("sys.")
    return {pattern for pattern in patterns if fnmatchcase(name, pattern) or bare == pattern}


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_what_is_not_understood_is_told(kind: str) -> None:
    patterns = [*SAME, *(WITHOUT if kind == "none" else ())]
    assert sorted(name for name in claims(kind) if not allowed(name, patterns)) == []


def test_the_lists_hold_nothing_that_is_not_needed() -> None:
    claiming = frozenset[str]().union(*(claims(kind) for kind in ARGUMENTS))
    used = {pattern for name in claiming for pattern in allowed(name, (*SAME, *WITHOUT))}
    assert {*SAME, *WITHOUT} - used == set()


FRAMEWORKS = {
    "a lifespan": "from starlette.applications import Starlette\napp = Starlette(lifespan=unknown.x + 1)\n",
    "start-up functions": "from starlette.applications import Starlette\napp = Starlette(on_startup=unknown.x + 1)\n",
    "keywords": "from fastapi import FastAPI\napp = FastAPI(**(unknown.x + 1))\n",
    "an event": "from fastapi import FastAPI\napp = FastAPI()\napp.add_event_handler(unknown.x + 1, print)\n",
    "a router": "from fastapi import FastAPI\napp = FastAPI()\napp.include_router(unknown.x + 1)\n",
    "managers": "from litestar import Litestar\napp = Litestar(lifespan=unknown.x + 1)\n",
    "plugins": "from litestar import Litestar\napp = Litestar(plugins=[unknown.x + 1])\n",
    "a signal": "from aiohttp import web\napp = web.Application()\napp.on_startup.append(unknown.x + 1)\n",
    "signals": "from aiohttp import web\napp = web.Application()\napp.on_startup.extend(unknown.x + 1)\n",
    "a listener": "from sanic import Sanic\napp = Sanic('x')\napp.register_listener(print, unknown.x + 1)\n",
    "a blueprint": "from quart import Quart\napp = Quart('x')\napp.register_blueprint(unknown.x + 1)\n",
    "modules": "from celery import Celery\napp = Celery(include=unknown.x + 1)\n",
    "packages": "from celery import Celery\napp = Celery()\napp.autodiscover_tasks(unknown.x + 1)\n",
    "settings": "from celery import Celery\napp = Celery()\napp.config_from_object(unknown.x + 1)\n",
    "handlers": "from blacksheep import Application\napp = Application()\napp.on_start += unknown.x + 1\n",
    "a generator": "from blacksheep import Application\napp = Application()\napp.lifespan(unknown.x + 1)\n",
    "an inner application": "from blacksheep import Application\napp = Application()\napp.mount('/', unknown.x + 1)\n",
    "hooks": "from faststream import FastStream\napp = FastStream(after_startup=unknown.x + 1)\n",
    "a hook": "from faststream import FastStream\napp = FastStream()\napp.on_startup(unknown.x + 1)\n",
    "a class of its own": "from fastapi import FastAPI\nclass App(FastAPI):\n    pass\napp = App()\n",
    "an application": "app = unknown.x + 1\n",
}


@pytest.mark.parametrize("what", FRAMEWORKS)
def test_applications_with_parts_that_are_not_known(what: str) -> None:
    workspace = folder_workspace(MemoryTree({"main.py": f"import unknown\n{FRAMEWORKS[what]}"}))
    found = workspace.resolve_entry("main:app")
    assert isinstance(found, EntryPoint)
    timeline = simulate(workspace, replace(found, startup="app"))
    assert [event.detail for event in timeline.events if event.kind is EventKind.CUT] != []
