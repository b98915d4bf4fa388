"""The registry of libraries: combines the hooks of every file in this folder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from cucurbit.simulate.core.machine import ConsoleScript, ExternalCallable, Handler, Machine, Startup
from cucurbit.simulate.core.package import MethodOfUnknown, Package
from cucurbit.simulate.core.values import (
    BaseKind,
    CallSite,
    ClassValue,
    External,
    ExternalObject,
    FunctionRole,
    FunctionValue,
    Value,
)
from cucurbit.simulate.packages import (
    advanced_alchemy,
    aiohttp,
    anyio,
    apiflask,
    arq,
    asgiref,
    blacksheep,
    cached_property,
    celery,
    click,
    connexion,
    daphne,
    dramatiq,
    fastapi,
    faststream,
    flask,
    flask_alembic,
    flask_migrate,
    flask_openapi3,
    flask_sqlalchemy,
    granian,
    gunicorn,
    huey,
    hypercorn,
    invoke,
    litestar,
    nox,
    oslo_config,
    pydantic,
    pyramid,
    quart,
    sanic,
    six,
    sqlmodel,
    starlette,
    streamlit,
    taskiq,
    trio,
    typer,
    uvicorn,
    uwsgi,
    waitress,
    werkzeug,
    wrapt,
)
from cucurbit.simulate.packages.alembic import package as alembic
from cucurbit.simulate.packages.sqlalchemy import package as sqlalchemy
from cucurbit.simulate.packages.stdlib import package as stdlib
from cucurbit.workspace.starts.launchers import Launchers

PACKAGES: tuple[Package, ...] = (
    stdlib.PACKAGE,
    advanced_alchemy.PACKAGE,
    aiohttp.PACKAGE,
    anyio.PACKAGE,
    trio.PACKAGE,
    asgiref.PACKAGE,
    starlette.PACKAGE,
    fastapi.PACKAGE,
    flask.PACKAGE,
    quart.PACKAGE,
    werkzeug.PACKAGE,
    cached_property.PACKAGE,
    six.PACKAGE,
    oslo_config.PACKAGE,
    wrapt.PACKAGE,
    uvicorn.PACKAGE,
    hypercorn.PACKAGE,
    granian.PACKAGE,
    click.PACKAGE,
    typer.PACKAGE,
    celery.PACKAGE,
    dramatiq.PACKAGE,
    huey.PACKAGE,
    invoke.PACKAGE,
    nox.PACKAGE,
    apiflask.PACKAGE,
    arq.PACKAGE,
    blacksheep.PACKAGE,
    connexion.PACKAGE,
    daphne.PACKAGE,
    faststream.PACKAGE,
    flask_openapi3.PACKAGE,
    gunicorn.PACKAGE,
    litestar.PACKAGE,
    sanic.PACKAGE,
    streamlit.PACKAGE,
    taskiq.PACKAGE,
    uwsgi.PACKAGE,
    waitress.PACKAGE,
    pydantic.PACKAGE,
    pyramid.PACKAGE,
    flask_alembic.PACKAGE,
    flask_migrate.PACKAGE,
    alembic.PACKAGE,
    sqlmodel.PACKAGE,
    flask_sqlalchemy.PACKAGE,
    # Last, since it handles every class that no other library handles.
    sqlalchemy.PACKAGE,
)
"""The libraries, each asked before those that follow it."""


def _beginnings(dotted: str) -> Iterator[str]:
    """``a``, ``a.b`` and ``a.b()`` for ``a.b().c``."""
    for index, sign in enumerate(dotted):
        if sign == "(" or (sign == "." and dotted[index - 1] != ")"):
            yield dotted[:index]
        elif sign == ".":
            yield from (dotted[:index], dotted[: index - 2])


class _Tables:
    """All hooks, by kind; the same in every simulation."""

    def __init__(self, packages: tuple[Package, ...]) -> None:
        self.calls: dict[str, Handler] = {}
        self.methods: dict[str, list[MethodOfUnknown]] = defaultdict(list)
        self.decorators: dict[str, FunctionRole] = {}
        self.exceptions: dict[str, str] = {}
        self.startup: dict[str, Startup] = {}
        self.console_scripts: dict[str, ConsoleScript] = {}
        for package in packages:
            self.calls.update(package.calls)
            self.decorators.update(package.decorators)
            self.exceptions.update(package.exceptions)
            self.startup.update(package.startup)
            self.console_scripts.update(package.console_scripts)
            for name, method in package.methods.items():
                self.methods[name].append(method)
        self.beginnings = frozenset(start for name in (*self.calls, *self.decorators) for start in _beginnings(name))
        self.assumed = frozenset[str]().union(*(package.assumed for package in packages))
        self.of_command = frozenset[str]().union(*(package.of_command for package in packages))
        self.may_not_run = tuple(start for package in packages for start in package.may_not_run)
        self.keeps_no_results = tuple(start for package in packages for start in package.keeps_no_results)
        self.never_awaited = tuple(start for package in packages for start in package.never_awaited)
        self.leaves_arguments = tuple(start for package in packages for start in package.leaves_arguments)
        self.column_makers = tuple(start for package in packages for start in package.column_makers)
        self.constants = [each.constant for each in packages if each.constant is not None]
        self.lacks = [each.lacks for each in packages if each.lacks is not None]
        self.attributes = [each.attribute for each in packages if each.attribute is not None]
        self.members = [each.member for each in packages if each.member is not None]
        self.instantiate = [each.instantiate for each in packages if each.instantiate is not None]
        self.on_class = [each.on_class for each in packages if each.on_class is not None]
        self.on_bind = [each.on_bind for each in packages if each.on_bind is not None]
        self.has_attribute = [each.has_attribute for each in packages if each.has_attribute is not None]
        self.on_set = [each.on_set for each in packages if each.on_set is not None]
        self.on_call = [each.on_call for each in packages if each.on_call is not None]
        self.on_not_followed = [each.on_not_followed for each in packages if each.on_not_followed is not None]
        self.on_unfollowed_call = [each.on_unfollowed_call for each in packages if each.on_unfollowed_call is not None]
        self.base_kinds = [each.base_kind for each in packages if each.base_kind is not None]


@cache
def _tables() -> _Tables:
    return _Tables(PACKAGES)


@cache
def launchers() -> Launchers:
    """How libraries start programs, for :class:`cucurbit.workspace.index.FolderWorkspace`."""
    return Launchers(
        {name: served for package in PACKAGES for name, served in package.applications.items()},
        {name: read for package in PACKAGES for name, read in package.command_lines.items()},
        [each.loads_application for each in PACKAGES if each.loads_application is not None],
    )


class Registry:
    """All hooks, for one simulation; implements :class:`cucurbit.simulate.core.machine.PackageKnowledge`."""

    def __init__(self) -> None:
        self._tables = _tables()

    def find(self, dotted: str) -> Handler | None:
        found = self._tables.calls.get(dotted)
        if found is not None:
            return found
        head, dot, last = dotted.rpartition(".")
        if not dot:
            return None
        return next((each.handler for each in self._tables.methods.get(last, ()) if each.applies(head)), None)

    def knows(self, dotted: str) -> bool:
        return dotted in self._tables.beginnings

    def handler_of(self, function: External) -> Handler | None:
        return function.handler if isinstance(function, ExternalCallable) else self.find(function.dotted)

    def constant(self, machine: Machine, dotted: str) -> Value | None:
        for ask in self._tables.constants:
            found = ask(machine, dotted)
            if found is not None:
                return found
        return None

    def lacks(self, machine: Machine, dotted: str) -> bool:
        return any(ask(machine, dotted) for ask in self._tables.lacks)

    def attribute(self, machine: Machine, value: ExternalObject, dotted: str) -> Value | None:
        for ask in self._tables.attributes:
            found = ask(machine, value, dotted)
            if found is not None:
                return found
        return None

    def member(self, machine: Machine, receiver: Value, name: str) -> Handler | Value | None:
        for ask in self._tables.members:
            found = ask(machine, receiver, name)
            if found is not None:
                return found
        return None

    def has_attribute(self, machine: Machine, cls: ClassValue, name: str) -> bool | None:
        answers = [ask(machine, cls, name) for ask in self._tables.has_attribute]
        return None if None in answers else True in answers

    def instantiate(self, machine: Machine, cls: ClassValue) -> Handler | None:
        for ask in self._tables.instantiate:
            found = ask(machine, cls)
            if found is not None:
                return found
        return None

    def on_class(self, machine: Machine, cls: ClassValue) -> None:
        any(told(machine, cls) for told in self._tables.on_class)

    def on_bind(self, value: Value, name: str, module: str) -> None:
        for told in self._tables.on_bind:
            told(value, name, module)

    def on_set(self, machine: Machine, cls: ClassValue, name: str, value: Value) -> None:
        for told in self._tables.on_set:
            told(machine, cls, name, value)

    def on_call(self, machine: Machine, call: CallSite) -> None:
        for told in self._tables.on_call:
            told(machine, call)

    def on_not_followed(self, machine: Machine, function: FunctionValue) -> None:
        for told in self._tables.on_not_followed:
            told(machine, function)

    def on_unfollowed_call(self, machine: Machine, function: FunctionValue, call: CallSite) -> bool:
        answers = [told(machine, function, call) for told in self._tables.on_unfollowed_call]
        return any(answers)

    def base_kind(self, dotted: str) -> BaseKind | None:
        return next((kind for ask in self._tables.base_kinds if (kind := ask(dotted)) is not None), None)

    def makes_columns(self, dotted: str) -> bool:
        return dotted.startswith(self._tables.column_makers)

    def role(self, dotted: str) -> FunctionRole | None:
        return self._tables.decorators.get(dotted)

    def may_not_run(self, dotted: str) -> bool:
        return dotted.startswith(self._tables.may_not_run)

    def keeps_no_results(self, dotted: str) -> bool:
        return dotted.startswith(self._tables.keeps_no_results)

    def leaves_arguments(self, dotted: str) -> bool:
        return dotted.startswith(self._tables.leaves_arguments)

    def never_awaited(self, dotted: str) -> bool:
        return dotted.startswith(self._tables.never_awaited)

    def base_of(self, error: str) -> str | None:
        return self._tables.exceptions.get(error)

    def is_assumed(self, top: str) -> bool:
        return top in self._tables.assumed

    def is_of_command(self, top: str) -> bool:
        return top in self._tables.of_command

    def startup(self, dotted: str) -> Startup | None:
        return self._tables.startup.get(dotted)

    def console_script(self, name: str) -> ConsoleScript | None:
        return self._tables.console_scripts.get(name)
