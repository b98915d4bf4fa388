"""Whether a function may register a table, or import a module that does, read from its text and what it names."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import (
    Bound,
    Choice,
    ClassValue,
    Coroutine,
    External,
    ExternalObject,
    FunctionValue,
    ModuleValue,
    Partial,
    Value,
    options_of,
)
from cucurbit.source import facts as f
from cucurbit.source.scan import inside

_MAKES_TABLES = frozenset(
    {
        *("Table", "to_metadata", "tometadata", "type", "reflect", "automap_base", "import_module", "exec"),
        *("map_imperatively", "map_declaratively", "mapped", "mapped_as_dataclass", "mapper", "as_declarative"),
    }
)
"""The last parts of the names of what may register a table, whatever it is called on."""

_OF_TYPE = 3
"""The number of arguments with which ``type`` makes a class."""

_KNOWN = ("builtins.", "sqlalchemy.", "alembic.", "logging.", "re.", "os.", "sys.", "inspect.", "typing.", "functools.")


@dataclass(frozen=True)
class Registering:
    """The search in some functions and those that they call; ``seen`` are those that were searched.

    ``strict``: what is not known may register tables too, and so may every import and every class statement.
    Otherwise it is judged as where it is followed: an unknown function registers none, nor does a module that is
    imported already. ``imports`` is false where the function runs so late that nobody imports models there.
    """

    machine: Machine
    seen: set[tuple[Place, int]]
    strict: bool
    imports: bool = True

    def may(self, value: Value) -> bool:
        """Whether a call of ``value`` may register a table."""
        if isinstance(value, Choice):
            return any(self.may(each) for each in options_of(value))
        if isinstance(value, Bound | Partial | Coroutine):
            return self.may(value.function)
        if isinstance(value, External | ExternalObject):
            # ``DDL("CREATE ...")`` sends a statement.
            dotted = value.dotted if isinstance(value, External) else value.made_by
            return dotted.rpartition(".")[2] in _MAKES_TABLES or (self.strict and not dotted.startswith(_KNOWN))
        if isinstance(value, ClassValue):
            found = self.machine.class_attribute(value, "__init__")
            return found is not None and self.may(found[0])
        return self._body_may(value) if isinstance(value, FunctionValue) else self.strict

    def _body_may(self, function: FunctionValue) -> bool:
        if (function.place, function.number) in self.seen:
            return False
        self.seen.add((function.place, function.number))
        code = self.machine.body(function) if function.result is None else function.result
        nodes = tuple(inside(code))
        self.machine.spend(1 + len(nodes))
        return any(self._node_may(function, node) for node in nodes)

    def _node_may(self, function: FunctionValue, node: object) -> bool:
        if isinstance(node, f.ClassDef):
            return self.strict or bool(node.bases or node.keywords or node.decorators)
        if isinstance(node, f.Import | f.ImportFrom):
            return self.imports and (self.strict or not self._is_imported(function.module, node))
        if isinstance(node, f.FunctionDef):
            return not self.strict and self._body_may(replace(function, number=node.number, result=None))
        return isinstance(node, f.Call) and self._call_may(function, node)

    def _call_may(self, function: FunctionValue, node: f.Call) -> bool:
        called = node.func
        if isinstance(called, f.Attr):
            return called.name in _MAKES_TABLES or any(
                isinstance(each, FunctionValue) and self.may(each) for each in _methods(function, called)
            )
        if not isinstance(called, f.Name):
            return self.strict
        if called.id == "type" and not self.strict:
            return len(node.args) >= _OF_TYPE
        held = function.seen(called.id)
        return called.id in _MAKES_TABLES if held is None else self.may(held)

    def _is_imported(self, module: ModuleValue, node: f.Import | f.ImportFrom) -> bool:
        """Whether an import executes no module, or only modules of the standard library."""
        modules = self.machine.state.modules
        if isinstance(node, f.Import):
            return all(_is_standard(each.name) or each.name in modules for each in node.names)
        name = _absolute(module, node)
        if _is_standard(name):
            return True
        entry = modules.get(name)
        if entry is None or not isinstance(entry.module, ModuleValue):
            return entry is not None
        return all(each.name in entry.module.names or f"{name}.{each.name}" in modules for each in node.names)


def _is_standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def _absolute(module: ModuleValue, node: f.ImportFrom) -> str:
    """The name of the module from which a statement imports."""
    if not node.level:
        return node.module
    is_package = module.spec is not None and module.spec.is_package
    parts = module.name.split(".")
    kept = parts[: len(parts) - node.level + is_package]
    return ".".join((*kept, node.module) if node.module else kept)


def _methods(function: FunctionValue, called: f.Attr) -> tuple[Value | None, ...]:
    """The functions that a call of an attribute may run: any method of this name where its object is not known."""
    owner = function.seen(called.value.id) if isinstance(called.value, f.Name) else None
    if isinstance(owner, ModuleValue | ClassValue):
        return (owner.names.get(called.name),)
    if owner is not None:
        return ()
    names = function.module.names
    classes = (names[name] for name in names)
    return tuple(each.names.get(called.name) for each in classes if isinstance(each, ClassValue))
