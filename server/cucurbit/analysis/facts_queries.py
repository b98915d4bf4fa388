"""Queries on the facts of one file: the imports at module level, the statements that catch a failure at a place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from cucurbit.source.facts import (
    Alias,
    Assign,
    At,
    Attr,
    Call,
    ClassDef,
    Const,
    Do,
    Expr,
    For,
    FunctionDef,
    Handler,
    If,
    Import,
    ImportFrom,
    Lambda,
    ModuleFacts,
    Name,
    Raise,
    Return,
    Step,
    Try,
    While,
    With,
)
from cucurbit.source.scan import assigned_values, blocks_of, fields_with_nodes, inside, walk

_ENDS = frozenset({"exit", "_exit", "quit", "abort", "fail", "kill"})
"""Functions and methods that end the process or the test, by their last name."""


def children(node: msgspec.Struct) -> Iterator[msgspec.Struct]:
    """The nodes directly inside a node."""
    for name in fields_with_nodes(type(node)):
        value: object = getattr(node, name)
        if isinstance(value, msgspec.Struct):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, msgspec.Struct))


def inside_all(facts: ModuleFacts, node: msgspec.Struct) -> Iterator[msgspec.Struct]:
    """A node and all nodes below it, those in the bodies of functions too."""
    for each in inside(node):
        yield each
        if isinstance(each, FunctionDef):
            for step in facts.bodies[each.number]:
                yield from inside_all(facts, step)


def body_at(facts: ModuleFacts, at: At) -> tuple[Step, ...]:
    """The body that has ``at`` as a place: that of a function, or the module's own."""
    number = facts.body_of(at)
    return facts.bodies[number] if number >= 0 else ()


def values_of(body: Sequence[Step], name: str) -> Iterator[Expr]:
    """What the statements of a scope, those of inner blocks included, assign to a name."""
    for step in walk(body):
        yield from (value for bound, value in assigned_values(step) if bound == name)


@dataclass(frozen=True)
class ImportAlias:
    """One name of an import statement. ``optional``: it is in a ``try`` that has handlers."""

    step: Import | ImportFrom
    alias: Alias
    optional: bool = False

    @property
    def bound(self) -> str:
        """The name that the alias binds; ``*`` for a star import."""
        if self.alias.asname is not None:
            return self.alias.asname
        return self.alias.name.partition(".")[0] if isinstance(self.step, Import) else self.alias.name


def module_imports(facts: ModuleFacts) -> tuple[ImportAlias, ...]:
    """Every name that is imported at a module's top level, blocks included; not under ``if TYPE_CHECKING``."""
    return tuple(_imports(facts.body, optional=False))


def _imports(steps: Sequence[Step], *, optional: bool) -> Iterator[ImportAlias]:
    for step in steps:
        if isinstance(step, Import | ImportFrom):
            yield from (ImportAlias(step, alias, optional) for alias in step.names)
        elif isinstance(step, Try):
            yield from _imports(step.body, optional=optional or bool(step.handlers))
            for block in blocks_of(step)[1:]:
                yield from _imports(block, optional=optional)
        elif isinstance(step, If) and is_type_checking(step.test):
            yield from _imports(step.orelse, optional=optional)
        else:
            for block in blocks_of(step):
                yield from _imports(block, optional=optional)


def is_type_checking(test: Expr) -> bool:
    """``TYPE_CHECKING`` or ``typing.TYPE_CHECKING``."""
    return (isinstance(test, Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, Attr) and test.name == "TYPE_CHECKING"
    )


# --------------------------------------------------------------------- guards


@dataclass(frozen=True)
class EnclosingGuard:
    """A ``try`` or a ``with suppress(...)`` around a place, in the same function.

    ``loops`` are the loops around it, outermost first; ``after``: the statements that run once those have ended.
    """

    step: Try | With
    loops: tuple[For | While, ...]
    after: tuple[Step, ...]


def guards(facts: ModuleFacts, at: At) -> Sequence[EnclosingGuard]:
    """The statements that may catch an exception raised at ``at``, the outermost first."""
    return GuardsByPlace(facts).around(at)


class GuardsByPlace:
    """The guards of a file, for many places: each body is read once."""

    def __init__(self, facts: ModuleFacts) -> None:
        self._facts = facts
        self._bodies: dict[int, dict[At, tuple[EnclosingGuard, ...]]] = {}

    def around(self, at: At) -> Sequence[EnclosingGuard]:
        """As :func:`guards`."""
        number = self._facts.body_of(at)
        if number not in self._bodies:
            self._bodies[number] = {}
            _note_guards(body_at(self._facts, at), _Around((), ()), (), self._bodies[number])
        return self._bodies[number].get(at, ())


@dataclass(frozen=True)
class _Around:
    loops: tuple[For | While, ...]
    after: tuple[Step, ...]


_Guards: TypeAlias = tuple[EnclosingGuard, ...]


def _note_guards(steps: Sequence[Step], around: _Around, outer: _Guards, found: dict[At, _Guards]) -> None:
    """Note each place in ``steps`` that has guards, ``outer`` being those around all of them."""
    for index, step in enumerate(steps):
        if outer:
            found.update((at, outer) for expr in _own(step) for at in _places_in(expr))
        if isinstance(step, For | While):
            loop = _Around((*around.loops, step), (*step.orelse, *steps[index + 1 :]))
            _note_guards(step.body, loop, outer, found)
            _note_guards(step.orelse, around, outer, found)
        elif isinstance(step, Try | With):
            catches = bool(step.handlers) if isinstance(step, Try) else _suppresses(step)
            inner = (*outer, EnclosingGuard(step, around.loops, around.after)) if catches else outer
            _note_guards(step.body, around, inner, found)
            for block in blocks_of(step)[1:]:
                _note_guards(block, around, outer, found)
        else:
            for block in [step.body] if isinstance(step, ClassDef) else blocks_of(step):
                _note_guards(block, around, outer, found)


def _suppresses(step: With) -> bool:
    return any(is_suppress(item.context) for item in step.items)


def _own(step: Step) -> Iterator[msgspec.Struct]:
    """The nodes of a statement outside its blocks."""
    below = {id(inner) for block in blocks_of(step) for inner in block}
    if isinstance(step, ClassDef):
        below.update(id(inner) for inner in step.body)
    if isinstance(step, Try):
        below.update(id(handler) for handler in step.handlers)
    yield from (child for child in children(step) if id(child) not in below)
    if isinstance(step, Import | ImportFrom):
        yield step


def _places_in(node: msgspec.Struct) -> Iterator[At]:
    """The places of a node and of those below it; lambdas are not entered."""
    pending = [node]
    while pending:
        each = pending.pop()
        if (at := getattr(each, "at", None)) is not None:
            yield at
        if not isinstance(each, Lambda):
            pending.extend(children(each))


def stands_at(node: msgspec.Struct, at: At) -> bool:
    """Whether a node or one below it has the place ``at``; lambdas are not entered."""
    return at in _places_in(node)


def is_suppress(expr: Expr) -> bool:
    """``suppress(...)`` or ``contextlib.suppress(...)``."""
    return isinstance(expr, Call) and last_name(expr.func) == "suppress"


def last_name(expr: Expr) -> str:
    """``c`` of ``a.b.c`` and of ``c``; empty for anything else."""
    if isinstance(expr, Name):
        return expr.id
    return expr.name if isinstance(expr, Attr) else ""


def type_names(types: Expr | None) -> tuple[str, ...]:
    """The last names of the exception types of a handler; ``BaseException`` for a bare ``except``."""
    if types is None:
        return ("BaseException",)
    if isinstance(types, Name | Attr):
        return (last_name(types),)
    return tuple(name for item in children(types) if isinstance(item, Name | Attr) for name in (last_name(item),))


def always_ends(steps: Sequence[Step]) -> bool:
    """Whether a block certainly raises or ends the process on every path, judged by its own statements."""
    for step in steps:
        if isinstance(step, Raise) or _exits(step):
            return True
        if isinstance(step, If) and step.orelse and always_ends(step.body) and always_ends(step.orelse):
            return True
        if isinstance(step, With | Try) and always_ends(step.body):
            return True
        if isinstance(step, Try) and always_ends(step.final):
            return True
    return False


def may_end(steps: Sequence[Step]) -> bool:
    """Whether some statement of a block raises or ends the process."""
    return any(isinstance(step, Raise) or _exits(step) for step in walk(steps))


def _exits(step: Step) -> bool:
    return isinstance(step, Do) and isinstance(step.value, Call) and last_name(step.value.func) in _ENDS


def is_exit_argument(facts: ModuleFacts, at: At) -> bool:
    """Whether the call at ``at`` is an argument of an exit call or of a raised exception."""
    for step in body_at(facts, at):
        for node in inside(step):
            ends = isinstance(node, Call) and (last_name(node.func) in _ENDS or _is_system_exit(node))
            if isinstance(node, Call) and ends and any(stands_at(argument, at) for argument in node.args):
                return True
    return False


def _is_system_exit(call: Call) -> bool:
    return last_name(call.func) in ("SystemExit", "Exit")


def hands_back(handler: Handler) -> bool:
    """Whether a handler returns a value or assigns one, which a caller may check."""
    for step in walk(handler.body):
        if isinstance(step, Return) and step.value is not None and step.value != Const(None):
            return True
        if isinstance(step, Assign):
            return True
    return False


def find_class(facts: ModuleFacts, at: At) -> ClassDef | None:
    """The class whose header is at ``at``."""
    for node in body_at(facts, at):
        for each in inside(node):
            if isinstance(each, ClassDef) and each.at == at:
                return each
    return None
