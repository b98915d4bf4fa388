"""Python's scopes: where names are looked up and bound."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from typing import NoReturn, cast

from cucurbit.simulate.core.cells import Cells
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import (
    BY_HANDLER,
    MISSING,
    Choice,
    Constant,
    External,
    FunctionValue,
    LocalNames,
    Missing,
    ModuleValue,
    ScopeValue,
    Unknown,
    Value,
    choice,
    is_by_handler,
    options_of,
)
from cucurbit.source import facts as f
from cucurbit.source.scan import bound_names, inside, walk

_BUILTINS = frozenset(dir(builtins)).union(
    ("__file__", "__name__", "__doc__", "__package__", "__spec__", "__path__", "__annotations__", "__builtins__"),
    ("__module__", "__qualname__", "WindowsError"),
)
"""Names that exist without being bound, also those of modules, classes and other operating systems."""

_OF_CLASSES = frozenset({"__class__", "__module__", "__qualname__"})

_OF_MODULES = frozenset({"__annotations__", "__builtins__", "__cached__", "__loader__"})

_INLINED = sys.version_info >= (3, 12)
"""Whether a comprehension is inlined into the function around it (PEP 709)."""


class Scopes:
    """Looks names up in the program's current frame, and binds them."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._locals: dict[Place, LocalNames] = {}

    # --------------------------------------------------------------- looking up

    def lookup(self, name: str, at: f.At) -> Value:
        """The value of a name as Python's scopes find it.

        Raises:
            Raised: a certain NameError.
        """
        frame = self.program.frame
        first = scope = frame.scope
        if scope is not None and scope.declared.get(name) == "global":
            scope = None
        elif scope is not None and scope.declared.get(name) == "nonlocal":
            scope = scope.outer
        while scope is not None:
            found = scope.names.get(name)
            if found is not None and (scope is first or not scope.is_class):
                if is_by_handler(found):
                    self.doubt_handler(name, self.program.place(at))
                return self.present(found)
            local = self.local_names(scope)
            if name in local.unseen:
                return Unknown(f"the name {name}")
            if name in local.names:
                if not scope.is_class:
                    self._unbound(name, at, scope)
                if scope is first:
                    # After the class body itself, its names are looked up in the globals, even inside a function.
                    break
            scope = scope.outer
        if name in _OF_CLASSES and self._around(first):
            return self._of_class_body(first, name)
        return self.of_module(frame.module, name, at)

    def _around(self, scope: ScopeValue | None) -> bool:
        """Whether a scope is a class body, or inside one."""
        while scope is not None:
            if scope.is_class:
                return True
            scope = scope.outer
        return False

    def _of_class_body(self, scope: ScopeValue | None, name: str) -> Value:
        """The names that Python adds to every class body, and ``__class__``, which its functions see."""
        owner = scope.owner if scope is not None else None
        if isinstance(owner, f.ClassDef) and scope is not None and name != "__class__":
            if name == "__module__":
                return Constant(scope.module.name)
            if scope.outer is None:
                return Constant(owner.name)
        return Unknown(f"the name {name}")

    def _unbound(self, name: str, at: f.At, owner: ScopeValue) -> NoReturn:
        """A name of a function that has no value yet.

        Raises:
            Raised: UnboundLocalError in the function itself, NameError in a nested scope.
        """
        scope = self.program.frame.scope
        while _INLINED and scope is not None and scope.owner is None:
            scope = scope.outer
        place = self.program.place(at)
        if scope is owner:
            message = f"cannot access local variable '{name}' where it is not associated with a value"
            self.program.fail("UnboundLocalError", message, place)
        message = f"cannot access free variable '{name}' where it is not associated with a value in enclosing scope"
        self.program.fail("NameError", message, place)

    def local_names(self, scope: ScopeValue) -> LocalNames:
        """The names that are local to a scope; none for a comprehension or lambda, whose names are all bound."""
        if scope.local is None:
            scope.local = self._local_names(scope)
        return scope.local

    def _local_names(self, scope: ScopeValue) -> LocalNames:
        owner = scope.owner
        if isinstance(owner, f.ClassDef):
            # Around a class outside of functions there are only the globals.
            return LocalNames(bound_names(owner.body)) if scope.outer is not None else LocalNames()
        if owner is None or owner.result is not None:
            return LocalNames()
        known = self._locals.get(owner.place)
        if known is None:
            known = self._locals[owner.place] = names_of(owner.params, self.program.body(owner))
        return known

    def of_module(self, module: ModuleValue, name: str, at: f.At) -> Value:
        """The value of a global name."""
        found = module.names.get(name)
        if found is not None:
            if is_by_handler(found) and name not in _BUILTINS:
                self.doubt_handler(name, self.program.place(at))
            if isinstance(found, Choice) and MISSING in found.options and name in _BUILTINS:
                return self.present(cast("Value", choice(*options_of(found), External(f"builtins.{name}"))))
            return self.present(found)
        lazy = self.program.sources.name_in(module, name)
        if lazy is not None:
            return lazy
        if name in _BUILTINS:
            # Python is assumed to run without -O.
            return Constant(True) if name == "__debug__" else External(f"builtins.{name}")
        if name in _OF_MODULES or f"builtins.{name}" in self.program.state.altered:
            return Unknown(f"the name {name}")
        self.program.clock.running.looks_at(module.names)
        if module.open_for:
            return External(f"{module.open_for[-1]}.{name}")
        if module.open or self._set_by_function(module, name):
            return Unknown(f"the name {name}")
        if self.program.frame.function is not None and self.program.importing.absence.may_hold(module, name):
            return Unknown(f"the name {name}")
        self.program.fail("NameError", f"name '{name}' is not defined", self.program.place(at))

    def doubt_handler(self, name: str, place: Place) -> None:
        """A name is used that is only bound by a handler that is assumed not to run."""
        self.program.cut(place, f"the name {name}, which only a handler binds")
        self.program.state.doubt_all()

    def _set_by_function(self, module: ModuleValue, name: str) -> bool:
        """Whether a function declares the name ``global``: it may have run in a call that was not followed."""
        if name in module.deleted:
            return False
        names = self.program.importing.absence.declared_global(module)
        return names is None or name in names

    def present(self, value: Value) -> Value:
        """A name that may be unbound is assumed to be bound after its use: else the program would have failed."""
        if isinstance(value, Choice) and MISSING in value.options:
            self.program.calls.guess()
            known = [option for option in options_of(value) if option not in BY_HANDLER.options]
            left = choice(*(known or options_of(value)))
            return Unknown("a name that may be unbound") if isinstance(left, Missing) else left
        return value

    # ------------------------------------------------------------------ binding

    def bind(self, name: str, value: Value) -> None:
        """Assign to a name in the current scope."""
        self.program.state.write(self._cells_of(name), name, value)

    def bind_outside(self, name: str, value: Value) -> None:
        """Assign to a name inside an expression: the scope is the one around comprehensions."""
        frame = self.program.frame
        inner = frame.scope
        while frame.scope is not None and (frame.scope.owner is None or is_generator(frame.scope.owner)):
            frame.scope = frame.scope.outer
        try:
            self.bind(name, value)
        finally:
            frame.scope = inner

    def held(self, name: str) -> Value | None:
        """The value of a name of the current scope."""
        return self._cells_of(name).get(name)

    def forget(self, name: str) -> None:
        """Unbind a name of the current scope without an error, as the end of ``except ... as name`` does."""
        self.program.state.write(self._cells_of(name), name, None)

    def unbind(self, name: str, at: f.At) -> None:
        """``del name``.

        Raises:
            Raised: NameError, where the name is certainly not bound.
        """
        frame = self.program.frame
        if name not in self._cells_of(name):
            self.lookup(name, at)
        if frame.scope is None and self.program.certain:
            self.program.state.mark(frame.module.names, frame.module, "deleted")
            frame.module.deleted = frame.module.deleted | {name}
        self.forget(name)

    def _cells_of(self, name: str) -> Cells[Value]:
        frame = self.program.frame
        scope = frame.scope
        if scope is None or scope.declared.get(name) == "global":
            return frame.module.names
        if scope.declared.get(name) == "nonlocal":
            outer = scope.outer
            while outer is not None:
                if name in outer.names and not outer.is_class:
                    return outer.names
                outer = outer.outer
        return scope.names


def names_of(params: f.Params, body: Sequence[f.Step]) -> LocalNames:
    """The names that are local to a function with this body."""
    named = {param.name for param in (*params.positional, *params.keyword_only)} | {params.vararg, params.kwarg}
    nodes = list(inside(body))
    declared = {name for step in walk(body) if isinstance(step, f.Scope) for name in step.names}
    walrus = {node.name for node in nodes if isinstance(node, f.Walrus)}
    patterns = {name for step in nodes if isinstance(step, f.Match) for case in step.cases for name in case.bound}
    local = (bound_names(body) | walrus | {name for name in named if name is not None}) - declared
    return LocalNames(local, frozenset(walrus | patterns) - declared)


def is_generator(owner: FunctionValue | f.ClassDef | None) -> bool:
    """Whether a scope is that of a generator expression."""
    return isinstance(owner, FunctionValue) and isinstance(owner.result, f.Comprehension)
