"""Functions that SQLAlchemy calls while tables and mappers are made, and what they may register then.

Facts from sqlalchemy/event, orm/events.py and sql/events.py: a listener to an event of a mapper, a table or a MetaData
is called whenever the event happens from then on. It may create tables, as the listeners of libraries do that keep the
versions of rows. When mappers are configured is not followed, so a listener that may create a table makes every later
moment uncertain.
"""

from __future__ import annotations

from collections.abc import Iterable

from cucurbit.simulate.core.machine import Handlers, Machine
from cucurbit.simulate.core.timeline import CutKind
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    ClassValue,
    Constant,
    ExternalObject,
    FunctionValue,
    MetaDataValue,
    Partial,
    RegistryValue,
    Unknown,
    Value,
    options_of,
    text_of,
)
from cucurbit.simulate.packages.sqlalchemy.metadata import lose_sight
from cucurbit.simulate.packages.sqlalchemy.registering import Registering

_EVENTS = frozenset(
    {
        *("instrument_class", "class_instrument", "before_mapper_configured", "after_mapper_constructed"),
        *("mapper_configured", "before_configured", "after_configured"),
        *("before_parent_attach", "after_parent_attach", "column_reflect"),
        *("before_create", "after_create", "before_drop", "after_drop"),
    }
)
"""The events that happen while tables and mappers are made, or created in a database."""

_IN_DATABASE = frozenset({"before_create", "after_create", "before_drop", "after_drop"})
"""Those that happen when the tables have been registered: a listener imports what fills them, not models."""

_KNOWN = ("builtins.", "sqlalchemy.", "alembic.", "logging.", "re.", "os.", "sys.", "inspect.", "typing.", "functools.")

_STARTS = ("make_", "init", "setup", "register", "enable", "install", "activate", "configure", "attach")
"""How the names begin of functions by which an extension takes part in mapping."""

_MAKES_NONE = frozenset(
    {"sqlalchemy_utils", "sqlalchemy_filters", "sqlalchemy_json", "sqlalchemy_bigquery", "sqlalchemy_searchable"}
)
"""Extensions whose functions register no tables, now or later."""


def _listen(machine: Machine, call: CallSite) -> Value:
    """``event.listen(target, identifier, fn)``."""
    _keep(machine, call, call.argument(2, "fn"))
    return Constant(None)


def _listens_for(machine: Machine, call: CallSite) -> Value:
    """``event.listens_for(target, identifier)``: it returns a decorator that leaves the function as it is."""

    def decorate(inner: Machine, site: CallSite) -> Value:
        function = site.argument(0, "fn")
        _keep(inner, CallSite(site.place, call.name, call.receiver, call.args, call.kwargs), function)
        return function if function is not None else Unknown("a listener")

    return machine.handler_value(decorate)


def _keep(machine: Machine, call: CallSite, function: Value | None) -> None:
    event = text_of(call.argument(1, "identifier"))
    if event is not None and event not in _EVENTS:
        return
    search = Registering(machine, set(), strict=True, imports=event not in _IN_DATABASE)
    if function is None or any(search.may(each) for each in options_of(function)):
        on = "an event" if event is None else f"`{event}`"
        lose_sight(machine, call.place, f"which tables a listener to {on} registers")


def on_unfollowed_call(machine: Machine, function: FunctionValue, call: CallSite) -> bool:
    """A call of a function that is not followed may register tables, or import modules that do."""
    search = Registering(machine, set(), strict=False)
    functions = [each for each in map(_function_of, (function, *_given(call))) if each is not None]
    found = next((each for each in functions if _is_new(machine, each) and search.may(each)), None)
    if found is None:
        return False
    why = f"what `{found.name}` registers or imports, a call of which is not followed"
    lose_sight(machine, found.place, why, CutKind.EXECUTION)
    return True


def _function_of(value: Value) -> FunctionValue | None:
    while isinstance(value, Bound | Partial):
        value = value.function
    return value if isinstance(value, FunctionValue) else None


def _is_new(machine: Machine, function: FunctionValue) -> bool:
    """Whether this is asked for the first time: the answer for a function is given once."""
    asked = f"unfollowed {function.place}"
    if asked in machine.state.altered:
        return False
    machine.state.alter(asked)
    return True


def on_call(machine: Machine, call: CallSite) -> None:
    """A function of a library that is not followed may register tables, or listeners that do."""
    root, _, rest = call.name.partition(".")
    last = rest.rpartition(".")[2]
    if not last[:1].islower() or root in _MAKES_NONE or call.name.startswith((*_KNOWN, "?", "@")):
        return
    if machine.packages.knows(root) or machine.packages.find(call.name) is not None:
        return
    extends = "sqlalchemy" in root or root.startswith("sqla")
    if (extends and last.startswith(_STARTS)) or any(map(_is_shared, _given(call))):
        lose_sight(machine, call.place, f"which tables `{call.name}` registers, now or later")


def _given(call: CallSite) -> Iterable[Value]:
    return (*call.args, *call.kwargs.values())


def _is_shared(value: Value) -> bool:
    """Whether whoever is given a value can register tables in a MetaData of the program."""
    if isinstance(value, ExternalObject):
        return value.made_by.rpartition(".")[2] == "SQLAlchemy"
    if isinstance(value, ClassValue):
        return value.mapping is not None and value.mapping.kind == "base"
    return isinstance(value, MetaDataValue | RegistryValue)


HANDLERS: Handlers = {
    **{f"sqlalchemy.{module}.listen": _listen for module in ("event", "event.api")},
    **{f"sqlalchemy.{module}.listens_for": _listens_for for module in ("event", "event.api")},
}
