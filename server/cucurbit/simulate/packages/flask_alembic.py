"""Flask-Alembic: migrations without an env.py. They are not followed, which is said where the extension is made.

Facts from flask_alembic/extension.py: ``Alembic`` makes the environment itself, from the settings of the application;
``metadatas`` are those of Flask-SQLAlchemy, or those that it was given.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.timeline import CutKind, Place
from cucurbit.simulate.core.values import CallSite, ClassValue, External, ExternalObject, Value

_NAMES = ("flask_alembic.Alembic", "flask_alembic.extension.Alembic")


def _alembic(machine: Machine, call: CallSite) -> Value:
    _say(machine, call.place)
    return ExternalObject(call.name, call, machine.state.cells())


def _on_class(machine: Machine, cls: ClassValue) -> bool:
    if any(isinstance(base, External) and base.dotted in _NAMES for base in machine.mro(cls)):
        _say(machine, cls.place)
    return False


def _say(machine: Machine, place: Place) -> None:
    machine.cut(place, "migrations of Flask-Alembic, which have no env.py", CutKind.MIGRATIONS)


PACKAGE = Package(name="Flask-Alembic", calls=dict.fromkeys(_NAMES, _alembic), on_class=_on_class)
