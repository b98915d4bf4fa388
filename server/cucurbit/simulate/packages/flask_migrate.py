"""``current_app.extensions["migrate"]``: what Flask-Migrate leaves in the application for its env.py to find.

Facts from flask_migrate/__init__.py: ``init_app`` stores ``_MigrateConfig(self, db, **alembic_context_kwargs)``,
Its ``db`` is the Flask-SQLAlchemy object, its ``configure_args`` are those keywords.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.values import CallSite, Constant, DictValue, ExternalObject, Unknown, Value

if TYPE_CHECKING:
    from cucurbit.simulate.program import Program

_EXTENSIONS = "flask.current_app.extensions"

_OWN_KEYWORDS = frozenset({"app", "db", "directory", "command", "compare_type", "render_as_batch"})


def _migrate(machine: Machine, call: CallSite) -> Value:
    """``Migrate(app, db, ...)``; without an application, ``init_app`` comes later."""
    made = ExternalObject(call.name, call, machine.state.cells())
    if call.argument(0, "app") is not None:
        _install(machine, call.argument(1, "db"), call, call)
    return made


def _init_app(machine: Machine, call: CallSite) -> Value:
    """``migrate.init_app(app, db, ...)``: what it is not given was given to the constructor."""
    made = call.receiver.call if isinstance(call.receiver, ExternalObject) else call
    _install(machine, call.argument(1, "db") or made.argument(1, "db"), made, call)
    return Constant(None)


def _install(machine: Machine, database: Value | None, *calls: CallSite) -> None:
    state = machine.state
    arguments = DictValue(state.cells())
    for call in calls:
        for name, value in call.kwargs.items():
            if name not in _OWN_KEYWORDS:
                arguments.cells.data[name] = value
        arguments.open = arguments.open or not call.complete
    state.write(state.extensions, "db", database if database is not None else Unknown("the db of Flask-Migrate"))
    state.write(state.extensions, "configure_args", arguments)


def constant(program: Program, dotted: str) -> Value | None:
    """An attribute of ``current_app.extensions["migrate"]``; the subscript leaves no trace in the dotted name."""
    head, _, name = dotted.rpartition(".")
    if head != _EXTENSIONS:
        return None
    return program.state.extensions.get(name)


HANDLERS: dict[str, Handler] = {
    "flask_migrate.Migrate": _migrate,
    "flask_migrate.Migrate().init_app": _init_app,
}
