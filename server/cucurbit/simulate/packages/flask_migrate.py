"""Flask-Migrate: its commands, and the configuration that it stores in the application for its env.py.

Facts from flask_migrate/__init__.py: ``init_app`` stores ``_MigrateConfig(self, db, **alembic_context_kwargs)``,
Its ``db`` is the Flask-SQLAlchemy object, its ``configure_args`` are those keywords.
"""

from __future__ import annotations

import posixpath

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.values import (
    CallSite,
    Constant,
    DictValue,
    ExternalObject,
    InstanceValue,
    Unknown,
    Value,
    text_of,
)
from cucurbit.simulate.packages.alembic.migrations import default_environment, environments
from cucurbit.source.facts import ImportFrom, ModuleFacts

_EXTENSIONS = "flask.current_app.extensions"

_OWN_KEYWORDS = frozenset({"app", "db", "directory", "command"})
_BATCHES_SINCE = (4, 0)
"""The version of Flask-Migrate since which ``render_as_batch`` is given unless told otherwise."""


def _migrate(machine: Machine, call: CallSite) -> Value:
    """``Migrate(app, db, ...)``; without an application, ``init_app`` is called later."""
    made = ExternalObject(call.name, call, machine.state.cells())
    if call.argument(0, "app") is not None:
        _install(machine, call.argument(1, "db"), call, call)
    return made


def _init_app(machine: Machine, call: CallSite) -> Value:
    """``migrate.init_app(app, db, ...)``: missing arguments are those of the constructor."""
    made = call.receiver.call if isinstance(call.receiver, ExternalObject) else call
    _install(machine, call.argument(1, "db") or made.argument(1, "db"), made, call)
    return Constant(None)


def _install(machine: Machine, database: Value | None, *calls: CallSite) -> None:
    state = machine.state
    arguments = DictValue(state.cells())
    version = machine.workspace.version("flask-migrate", calls[0].place.path)
    if version is None or version >= _BATCHES_SINCE:
        arguments.cells.data["compare_type"] = Constant(True)
        arguments.cells.data["render_as_batch"] = Constant(True)
    for call in calls:
        for name, value in call.kwargs.items():
            if name not in _OWN_KEYWORDS:
                arguments.cells.data[name] = value
        if not call.complete:
            arguments.cells.open_up()
    known = database if database is not None else Unknown("the db of Flask-Migrate")
    state.write(state.libraries, "flask_migrate.db", known)
    state.write(state.libraries, "flask_migrate.configure_args", arguments)


def _constant(machine: Machine, dotted: str) -> Value | None:
    """An attribute of ``current_app.extensions["migrate"]``; subscripts are left out of dotted names.

    Its ``metadata`` is that of ``db``, for an env.py from the time when ``db`` itself stood there.
    """
    head, _, name = dotted.rpartition(".")
    if head != _EXTENSIONS:
        return None
    libraries = machine.state.libraries
    if name == "metadata":
        db = libraries.get("flask_migrate.db")
        return db.attributes.get(name) if isinstance(db, (ExternalObject, InstanceValue)) else None
    return libraries.get(f"flask_migrate.{name}")


def _command(machine: Machine, call: CallSite) -> Value:
    directory = call.argument(0, "directory")
    folder = "migrations" if directory is None else text_of(directory)
    base = machine.paths.relative(Constant(folder)) if folder is not None else None
    found = [e for e in machine.workspace.environments if base is not None and e.script_location == base]
    if not found:
        found = [e for e in machine.workspace.environments if posixpath.basename(e.script_location) == folder]
    environment = found[0] if len(found) == 1 or (found and base is not None) else default_environment(machine)
    given = call.argument(1, "revision")
    revision = text_of(given) if given is not None else "head" if call.complete else None
    return environments(machine).run(environment, call, call.name.rpartition(".")[2], revision)


def _loads_application(facts: ModuleFacts) -> bool:
    """Whether it is Flask-Migrate's env.py: it uses ``current_app``, which the command loads first."""
    taken = (step.names for step in facts.body if isinstance(step, ImportFrom) and step.module == "flask")
    return any(alias.name == "current_app" for names in taken for alias in names)


PACKAGE = Package(
    name="Flask-Migrate",
    calls={
        "flask_migrate.Migrate": _migrate,
        "flask_migrate.Migrate().init_app": _init_app,
        **{f"flask_migrate.{name}": _command for name in ("upgrade", "downgrade", "stamp", "current", "check")},
    },
    constant=_constant,
    loads_application=_loads_application,
    assumed=frozenset({"flask_migrate"}),
)
