"""Annotations of class bodies: what type they name, as SQLAlchemy reads it.

SQLAlchemy evaluates an annotation in the namespace of the module (``sqlalchemy.util.typing.de_stringify_annotation``).
Here only names, attributes, subscripts, ``|`` and strings are looked up, without running anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    ClassValue,
    Constant,
    External,
    ExternalObject,
    ModuleValue,
    Unknown,
    Value,
)
from cucurbit.source import facts as f
from cucurbit.source.reader import read

_BUILT_IN = frozenset(
    {"int", "str", "bool", "float", "bytes", "dict", "list", "set", "tuple", "frozenset", "object", "type", "complex"}
)
_NOTHING = Constant(None)
_UNIONS = frozenset({"typing.Union", "typing.Optional", "typing_extensions.Union", "typing_extensions.Optional"})
_ANNOTATED = frozenset({"typing.Annotated", "typing_extensions.Annotated"})


@dataclass(frozen=True)
class TypeHint:
    """A type in an annotation.

    ``value``: the class or the name, None for what is ``None``; Unknown if it is not found. ``args`` are those of a
    subscript. ``text`` is set where a string names it. ``extras`` are the other arguments of ``Annotated``.
    ``optional``: None is allowed. ``certain`` is False if a part of it was not understood.
    """

    value: Value
    args: tuple[TypeHint, ...] = ()
    text: Constant | None = None
    extras: tuple[Value, ...] = ()
    optional: bool = False
    certain: bool = True
    union: tuple[TypeHint, ...] = ()
    """The types of a union of several, None left out."""
    forward: str = ""
    """The name, if it is certainly not defined yet: SQLAlchemy then looks the class of a relationship up by it."""

    @property
    def name(self) -> str:
        """The last part of its name; empty if that is not known."""
        if isinstance(self.value, ClassValue):
            return self.value.name
        return self.value.dotted.rpartition(".")[2] if isinstance(self.value, External) else ""


UNKNOWN_HINT = TypeHint(Unknown("an annotation"), certain=False)


@dataclass(frozen=True)
class Annotations:
    """Reads annotations of one class body."""

    machine: Machine
    cls: ClassValue
    in_text: bool = False
    """It reads the contents of a string, whose places are those of another text."""

    def hint(self, expr: f.Expr) -> TypeHint:
        """The type that an expression names."""
        if isinstance(expr, f.Const):
            return self._constant(expr)
        if isinstance(expr, (f.Name, f.Attr)):
            value = self.lookup(expr)
            missing = isinstance(expr, f.Name) and isinstance(value, Unknown) and self.is_missing(expr.id)
            return replace(self.of_value(value), forward=expr.id if missing and isinstance(expr, f.Name) else "")
        if isinstance(expr, f.Binary) and expr.op == "|":
            return self._union((self.hint(expr.left), self.hint(expr.right)))
        if isinstance(expr, f.Subscript):
            return self._subscript(expr)
        return UNKNOWN_HINT

    def _constant(self, expr: f.Const) -> TypeHint:
        if expr.value is None:
            return TypeHint(_NOTHING, optional=True)
        if not isinstance(expr.value, str):
            return UNKNOWN_HINT
        parsed = parsed_text(expr.value)
        if parsed is None:
            return UNKNOWN_HINT
        literal = self.literal(expr.at)
        found = replace(self, in_text=True).hint(parsed)
        return replace(found, text=found.text or Constant(expr.value, literal=literal))

    def literal(self, at: f.At) -> Place | None:
        return None if at == f.WHOLE_FILE or self.in_text else Place(self.cls.place.path, at)

    def _subscript(self, expr: f.Subscript) -> TypeHint:
        head = self.lookup(expr.value)
        parts = expr.index.items if isinstance(expr.index, f.Sequence) else (expr.index,)
        dotted = head.dotted if isinstance(head, External) else ""
        if dotted in _ANNOTATED:
            inner = self.hint(parts[0])
            return replace(inner, extras=(*inner.extras, *(self.evaluate(each) for each in parts[1:])))
        if dotted.rpartition(".")[2] == "Literal":
            return TypeHint(head, tuple(TypeHint(self.evaluate(each)) for each in parts))
        args = tuple(self.hint(each) for each in parts)
        if dotted in _UNIONS:
            return self._union(args, optional=dotted.endswith("Optional"))
        return TypeHint(head, args, certain=not isinstance(head, Unknown))

    def _union(self, parts: tuple[TypeHint, ...], *, optional: bool = False) -> TypeHint:
        real = tuple(each for each in parts if each.value != _NOTHING)
        optional = optional or len(real) < len(parts) or any(each.optional for each in real)
        certain = all(each.certain for each in real)
        if len(real) == 1:
            return replace(real[0], optional=optional)
        return TypeHint(Unknown("a union"), optional=optional, certain=certain, union=real)

    def of_value(self, value: Value) -> TypeHint:
        """The type that a value is: a class, a name, or what ``Annotated[...]`` made."""
        if isinstance(value, ExternalObject) and value.made_by in _ANNOTATED and value.call.args:
            first, *extras = value.call.args
            inner = self.of_value(first)
            return replace(inner, extras=(*inner.extras, *extras))
        if value == _NOTHING:
            return TypeHint(_NOTHING, optional=True)
        bare = isinstance(value, External) and value.dotted in _UNIONS | _ANNOTATED
        return TypeHint(value, certain=not bare and isinstance(value, (External, ClassValue, ExternalObject)))

    # ------------------------------------------------------------------- look-up

    def lookup(self, expr: f.Expr) -> Value:
        """The value of a name or of an attribute of one, without side effects; Unknown where it is not found."""
        if isinstance(expr, f.Name):
            return self._name(expr.id)
        if isinstance(expr, f.Attr):
            owner = self.lookup(expr.value)
            if isinstance(owner, External):
                return External(f"{owner.dotted}.{expr.name}")
            if isinstance(owner, (ModuleValue, ClassValue)):
                return owner.names.get(expr.name) or Unknown(expr.name)
            if isinstance(owner, ExternalObject):
                return owner.attributes.get(expr.name) or Bound(External(f"{owner.made_by}().{expr.name}"), owner)
        if isinstance(expr, f.Subscript):
            return self.lookup(expr.value)
        return Unknown("an expression")

    def _name(self, name: str) -> Value:
        found = self.cls.module.names.get(name)
        if found is None or name == self.cls.name:
            own = self.cls.names.get(name)
            found = found or (own if isinstance(own, (ClassValue, External, ExternalObject)) else None)
        if found is not None:
            return found
        if name == self.cls.name:
            return self.cls
        return External(f"builtins.{name}") if name in _BUILT_IN else Unknown(name)

    def is_missing(self, name: str) -> bool:
        """Whether the module certainly has no such name yet."""
        module = self.cls.module
        known = name in module.names or name in self.cls.names or name == self.cls.name or name in _BUILT_IN
        return not module.open and not known

    def evaluate(self, expr: f.Expr) -> Value:
        """The value of an argument: a constant, a name, a call of a library with such arguments."""
        if isinstance(expr, f.Const):
            literal = self.literal(expr.at)
            return Constant(expr.value, literal, literal=literal)
        if isinstance(expr, (f.Name, f.Attr)):
            return self.lookup(expr)
        if isinstance(expr, f.Sequence):
            return self.machine.sequence(expr.kind, tuple(self.evaluate(each) for each in expr.items))
        if isinstance(expr, f.Unary) and isinstance(expr.operand, f.Const) and expr.op == "-":
            value = expr.operand.value
            return Constant(-value) if isinstance(value, (int, float)) else Unknown("an expression")
        if isinstance(expr, f.Call):
            return self._call(expr)
        if isinstance(expr, f.Subscript):
            hint = self.hint(expr)
            return hint.value if not hint.args and not hint.extras else Unknown("a generic type")
        return Unknown("an expression")

    def _call(self, expr: f.Call) -> Value:
        function = self.lookup(expr.func)
        dotted = function.dotted if isinstance(function, External) else ""
        receiver: Value | None = None
        if isinstance(function, Bound) and isinstance(function.function, External):
            dotted, receiver = function.function.dotted, function.receiver
        if isinstance(function, ClassValue):
            return function
        if not dotted:
            return Unknown("a call")
        starred = any(isinstance(each, f.Star) for each in expr.args) or any(k.name is None for k in expr.keywords)
        args = tuple(self.evaluate(each) for each in expr.args)
        kwargs = {each.name: self.evaluate(each.value) for each in expr.keywords if each.name is not None}
        place = self.literal(expr.at) or self.cls.place
        call = CallSite(place, dotted, receiver, args, kwargs, not starred)
        return ExternalObject(dotted, call, self.machine.state.cells())


def parsed_text(text: str) -> f.Expr | None:
    """The expression in a string annotation."""
    if text.isidentifier():
        return f.Name(text, f.WHOLE_FILE)
    body = read(f"({text})").body
    step = body[0] if len(body) == 1 else None
    return step.value if isinstance(step, f.Do) else None
