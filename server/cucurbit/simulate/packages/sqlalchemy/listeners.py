"""Functions that SQLAlchemy calls while tables and mappers are made, and what they may register then.

Facts from sqlalchemy/event, orm/events.py and sql/events.py: a listener to an event of a mapper, a table or a MetaData
is called whenever the event happens from then on. It may create tables, as the listeners of libraries do that keep the
versions of rows. When mappers are configured is not followed, so a listener that may create a table makes every later
moment uncertain.
"""

from __future__ import annotations

from collections.abc import Iterable

from cucurbit.simulate.core.machine import Handlers, Machine
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    ClassValue,
    Constant,
    External,
    ExternalObject,
    FunctionValue,
    MetaDataValue,
    ModuleValue,
    Partial,
    RegistryValue,
    Unknown,
    Value,
    options_of,
    text_of,
)
from cucurbit.simulate.packages.sqlalchemy.metadata import lose_sight
from cucurbit.source import facts as f
from cucurbit.source.scan import inside

_EVENTS = frozenset(
    {
        *("instrument_class", "class_instrument", "before_mapper_configured", "after_mapper_constructed"),
        *("mapper_configured", "before_configured", "after_configured"),
        *("before_parent_attach", "after_parent_attach", "column_reflect"),
        *("before_create", "after_create", "before_drop", "after_drop"),
    }
)
"""The events that happen while tables and mappers are made, or created in a database."""

_MAKES_TABLES = frozenset(
    {
        *("Table", "to_metadata", "tometadata", "type", "reflect", "automap_base", "import_module", "exec"),
        *("map_imperatively", "map_declaratively", "mapped", "mapped_as_dataclass", "mapper", "as_declarative"),
    }
)
"""The last parts of the names of what may register a table, whatever it is called on."""

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
    if function is None or any(_may_register(machine, each, set()) for each in options_of(function)):
        on = "an event" if event is None else f"`{event}`"
        lose_sight(machine, call.place, f"which tables a listener to {on} registers")


def _may_register(machine: Machine, function: Value, seen: set[Place]) -> bool:
    """Whether a call may register a table: of code that is not known, or that does what may do so."""
    if isinstance(function, Bound | Partial):
        return _may_register(machine, function.function, seen)
    if isinstance(function, External | ExternalObject):
        # ``DDL("CREATE ...")`` sends a statement.
        dotted = function.dotted if isinstance(function, External) else function.made_by
        return dotted.rpartition(".")[2] in _MAKES_TABLES or not dotted.startswith(_KNOWN)
    if isinstance(function, ClassValue):
        found = machine.class_attribute(function, "__init__")
        return found is not None and _may_register(machine, found[0], seen)
    if not isinstance(function, FunctionValue):
        return True
    if function.place in seen:
        return False
    seen.add(function.place)
    code = machine.body(function) if function.result is None else function.result
    nodes = tuple(inside(code))
    machine.spend(1 + len(nodes))
    return any(_node_may_register(machine, function, node, seen) for node in nodes)


def _node_may_register(machine: Machine, function: FunctionValue, node: object, seen: set[Place]) -> bool:
    if isinstance(node, f.ClassDef | f.Import | f.ImportFrom):
        return True
    if not isinstance(node, f.Call):
        return False
    called = node.func
    if isinstance(called, f.Attr):
        if called.name in _MAKES_TABLES:
            return True
        owner = _held(function, called.value.id) if isinstance(called.value, f.Name) else None
        held = owner.names.get(called.name) if isinstance(owner, ModuleValue | ClassValue) else None
        return isinstance(held, FunctionValue) and _may_register(machine, held, seen)
    if not isinstance(called, f.Name):
        return True
    held = _held(function, called.id)
    if held is None:
        return called.id in _MAKES_TABLES
    return _may_register(machine, held, seen)


def _held(function: FunctionValue, name: str) -> Value | None:
    scope = function.scope
    while scope is not None:
        found = scope.names.get(name)
        if found is not None:
            return found
        scope = scope.outer
    return function.module.names.get(name)


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
