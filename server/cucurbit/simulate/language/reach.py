"""The effects of a call that is not followed: it may change its arguments, and call functions among them."""

from __future__ import annotations

from cucurbit.simulate.core.havoc import DATA, empty, overwrite_object
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.values import (
    SEEN,
    Bound,
    ClassValue,
    Coroutine,
    DictValue,
    ExternalObject,
    FunctionValue,
    InstanceValue,
    Partial,
    SequenceValue,
    Unknown,
    Value,
)
from cucurbit.source import facts as f
from cucurbit.source.reaching import Reaching, reaching_of

_SHOWN = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "getLogger", "print"})
"""Last names of functions that only show their arguments."""

_WHILE_SEEN = ("@items", SEEN)
"""The attributes of an object of a library that are not known once other code has had the object."""

MOST = 40
"""The maximum number of values that are visited for one call."""


def only_shows(dotted: str) -> bool:
    """Whether a function writes its arguments to a log or to the terminal, which does not fail."""
    return dotted.startswith(("logging.", "builtins.print")) and dotted.rpartition(".")[2] in _SHOWN


def keeps_hands_off(program: Program, dotted: str) -> bool:
    """Whether an external function is assumed not to change its arguments."""
    return program.packages.leaves_arguments(dotted) or dotted.rpartition(".")[2] in _SHOWN


class Reach:
    """Makes everything unknown that one call may have changed."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._seen: set[int] = set()

    def spoil(self, value: Value) -> None:
        """Code with access to ``value`` may change it, and call every function that it can reach."""
        if id(value) in self._seen or len(self._seen) > MOST:
            return
        self._seen.add(id(value))
        if isinstance(value, FunctionValue):
            self._called(value)
            for accessor in value.accessors:
                self._called(accessor)
        elif isinstance(value, Bound):
            if isinstance(value.receiver, (SequenceValue, DictValue)):
                empty(self.program.state, value.receiver, known=False)
            else:
                self.spoil(value.receiver)
            self.spoil(value.function)
        elif isinstance(value, Partial):
            for each in (value.function, *value.args, *value.kwargs.values()):
                self.spoil(each)
        elif isinstance(value, Coroutine):
            self._called(value.function)
        elif isinstance(value, InstanceValue):
            overwrite_object(self.program, value)
            self._methods(value.cls)
        elif isinstance(value, ClassValue):
            self._methods(value)
        elif isinstance(value, ExternalObject):
            self._lose_sight(value)

    def _lose_sight(self, value: ExternalObject) -> None:
        for name in _WHILE_SEEN:
            if name in value.attributes:
                self.program.state.write(value.attributes, name, Unknown("what code that is not seen has changed"))

    def _methods(self, cls: ClassValue) -> None:
        owners = [owner for owner in self.program.mro(cls) if isinstance(owner, ClassValue)]
        for owner in owners:
            for name in owner.names:
                held = owner.names[name]
                if isinstance(held, FunctionValue):
                    self.spoil(held)
                    for each in (held, *held.accessors):
                        self._changed_by_method(each, owners)

    def _changed_by_method(self, method: FunctionValue, owners: list[ClassValue]) -> None:
        """A method may have changed a list or dict that is an attribute of the class (``self.log.append(1)``)."""
        for name in self._reaching(method).attributes:
            for owner in owners:
                held = owner.names.get(name)
                if isinstance(held, (SequenceValue, DictValue)):
                    empty(self.program.state, held, known=False)

    def _called(self, function: FunctionValue) -> None:
        """A function may have been called: names and attributes that its body writes outside may have other values."""
        self.program.packages.on_not_followed(self.program, function)
        reaching = self._reaching(function)
        for name in reaching.declared:
            self._rebound(function, name)
        for target in reaching.targets:
            self._written(function, target)
        for name in reaching.receivers:
            self._changed(function, name)

    def _reaching(self, function: FunctionValue) -> Reaching:
        code = self.program.body(function) if function.result is None else function.result
        known = self.program.reaching.get(id(code))
        if known is None:
            known = self.program.reaching[id(code)] = reaching_of(code)
        return known

    def _rebound(self, function: FunctionValue, name: str) -> None:
        state, scope = self.program.state, function.scope
        while scope is not None:
            if isinstance(scope.names.get(name), DATA):
                state.write(scope.names, name, Unknown(f"{name}, which a function may have set"))
            scope = scope.outer
        if isinstance(function.module.names.get(name), DATA):
            state.write(function.module.names, name, Unknown(f"{name}, which a function may have set"))

    def _written(self, function: FunctionValue, target: f.Expr) -> None:
        if isinstance(target, f.Subscript) and isinstance(target.value, f.Name):
            self._changed(function, target.value.id)
        if isinstance(target, f.Attr) and isinstance(target.value, f.Name):
            held = function.seen(target.value.id)
            cells = held.names if isinstance(held, ClassValue) else getattr(held, "attributes", None)
            if isinstance(held, (ClassValue, InstanceValue)) and cells is not None and target.name in cells:
                self.program.state.write(cells, target.name, Unknown(f"{target.name}, which a function may have set"))

    def _changed(self, function: FunctionValue, name: str) -> None:
        held = function.seen(name)
        if isinstance(held, (SequenceValue, DictValue)):
            self.program.state.open_up(held)
            if isinstance(held, SequenceValue):
                empty(self.program.state, held, known=False)
        elif isinstance(held, InstanceValue):
            self.spoil(held)
