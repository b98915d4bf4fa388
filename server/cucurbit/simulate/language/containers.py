"""Displays, comprehensions, items and iteration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, TypeVar

from cucurbit.simulate.core.cells import Cells
from cucurbit.simulate.core.havoc import empty, overwrite
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import Failure
from cucurbit.simulate.core.values import (
    CallSite,
    Choice,
    ClassValue,
    Constant,
    Coroutine,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    ScopeValue,
    SequenceValue,
    Unknown,
    Value,
    may_be_missing,
    options_of,
    text_of,
)
from cucurbit.simulate.language.operators import key_of, key_value
from cucurbit.source import facts as f

T = TypeVar("T")

Kind: TypeAlias = Literal["list", "tuple", "set"]

ITERATOR = "builtins.iter"
"""Functions whose result can be iterated only once."""

ITEM_LIMIT = 5000
"""The maximum number of items of one container."""


_FIRST = ".0"
"""Python's internal name for the first iterable of a comprehension."""


def _over_first(expr: f.Comprehension) -> tuple[f.Generator, ...]:
    """The clauses of a comprehension; the first iterates over the iterable that was evaluated before."""
    first, *rest = expr.generators
    return (f.Generator(first.target, f.Name(_FIRST, expr.at), first.conditions), *rest)


class Containers:
    """Evaluates displays, comprehensions and items, and iterates."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def evaluate(self, expr: f.Expr) -> Value:
        raise NotImplementedError

    def truth(self, value: Value) -> bool | None:
        raise NotImplementedError

    # ----------------------------------------------------------------- displays

    def _sequence(self, expr: f.Sequence) -> Value:
        items: list[Value] = []
        complete = True
        for item in expr.items:
            if isinstance(item, f.Star):
                more = self.iterate(self.evaluate(item.value))
                complete = complete and more is not None
                items.extend(more or ())
            else:
                items.append(self.evaluate(item))
        return self.program.sequence(expr.kind, tuple(items), not complete)

    def _dict(self, expr: f.Dict) -> Value:
        result = DictValue(self.program.state.cells())
        for key, value_expr in zip(expr.keys, expr.values, strict=False):
            value = self.evaluate(value_expr)
            if key is None:
                if isinstance(value, DictValue):
                    for name in value.cells:
                        result.cells.data[name] = value.cells[name]
                if not isinstance(value, DictValue) or value.open:
                    result.cells.open = True
            else:
                self.set_item(result, self.evaluate(key), value)
        return result

    def _comprehension(self, expr: f.Comprehension) -> Value:
        frame = self.program.frame
        if expr.kind == "generator":
            return self._generator(expr)
        # Only the first iterable is evaluated in the scope around the comprehension.
        first = self.evaluate(expr.generators[0].iter)
        scope = ScopeValue(self.program.state.cells(), frame.scope, frame.module)
        scope.names.data[_FIRST] = first
        frame.scope = scope
        found: list[tuple[Value | None, Value]] = []
        try:
            complete = self._generate(expr, _over_first(expr), found)
        finally:
            frame.scope = scope.outer
        if expr.kind == "dict":
            result = DictValue(self.program.state.cells(), open=not complete)
            for key, value in found:
                if key is not None:
                    self.set_item(result, key, value)
            return result
        kind: Kind = "set" if expr.kind == "set" else "list"
        return self.program.sequence(kind, tuple(value for _, value in found), not complete)

    def _generator(self, expr: f.Comprehension) -> Value:
        """A generator expression: only its first iterable is evaluated until it is iterated."""
        first = self.evaluate(expr.generators[0].iter)
        if not isinstance(first, (SequenceValue, DictValue, Coroutine)):
            self.program.calls.guess()
        frame, place = self.program.frame, self.program.place(expr.at)
        function = FunctionValue(
            name="<genexpr>",
            params=f.Params((f.Param(_FIRST, None),), None, (), None),
            number=0,
            result=f.Comprehension("list", None, expr.element, _over_first(expr), expr.at),
            place=place,
            module=frame.module,
            scope=frame.scope,
            defaults={},
            is_generator=True,
        )
        return Coroutine(function, CallSite(place, "", None, (first,), {}), Cells(self.program.clock))

    def _generate(
        self, expr: f.Comprehension, generators: Sequence[f.Generator], found: list[tuple[Value | None, Value]]
    ) -> bool:
        """Run the rounds of a comprehension; False if there may be more or fewer items than in ``found``."""
        if not generators:
            key = None if expr.key is None else self.evaluate(expr.key)
            found.append((key, self.evaluate(expr.element)))
            return True
        first, rest = generators[0], generators[1:]
        items = self.iterate(self.evaluate(first.iter))
        if items is None:
            return self._one_unknown_round(expr, first, rest)
        complete = True
        for item in items[:ITEM_LIMIT]:
            ended = self._is_decided(expr, found)
            if ended:
                break
            self.program.spend()
            self.program.statements.assign(first.target, item)
            decided = [self.truth(self.evaluate(condition)) for condition in first.conditions]
            if False in decided:
                continue
            if None in decided or ended is None:
                complete = self._one_unknown_round(expr, None, rest) and False
            else:
                complete = self._generate(expr, rest, found) and complete
        return complete

    def _is_decided(self, expr: f.Comprehension, found: list[tuple[Value | None, Value]]) -> bool | None:
        """Whether ``any`` or ``all`` stops before the next round of its generator expression; None if unknown."""
        frame = self.program.frame
        searching = frame.on_yield in ("any", "all") and frame.function is not None and frame.function.result is expr
        if not searching or not found:
            return False
        last = self.truth(found[-1][1])
        return None if last is None else last is (frame.on_yield == "any")

    def _one_unknown_round(self, expr: f.Comprehension, first: f.Generator | None, rest: Sequence[f.Generator]) -> bool:
        """Run the element for its effects (such as an import), although it is unknown whether it runs."""

        def run() -> bool:
            if first is not None:
                self.program.statements.assign(first.target, Unknown("an item of something unknown"))
            self._generate(expr, rest, [])
            return True

        self.program.fork(run, lambda: False)
        return False

    # -------------------------------------------------------------------- items

    def item(self, container: Value, key: Value, expr: f.Expr | None = None) -> Value:
        """``container[key]``, or Unknown. A generic alias is represented by the class itself."""
        found = self._item(container, key, expr)
        if isinstance(found, Unknown):
            self.program.calls.guess()
        return found

    def _item(self, container: Value, key: Value, expr: f.Expr | None) -> Value:
        if isinstance(container, DictValue):
            name = key_of(key)
            found = None if name is None else container.cells.get(name)
            if found is None and name is not None and not container.open:
                # A metaclass or decorator that is not followed may have filled it since.
                self.program.doubt(Failure("KeyError", name, self.program.place(f.WHOLE_FILE)))
            return found if found is not None else Unknown("an item of a dict")
        if isinstance(container, SequenceValue):
            return self._item_of_sequence(container, key, expr)
        if isinstance(container, ExternalObject):
            held = container.attributes.get("@items")
            return Unknown("an item") if held is None else self._item(held, key, expr)
        if isinstance(container, Constant) and isinstance(container.value, str):
            return self._item_of_text(container.value, key, expr)
        if isinstance(container, (ClassValue, External)):
            if isinstance(container, External) and container.dotted in {"os.environ", "sys.modules", "sys.argv"}:
                return self._item_of_sys(container, key)
            if isinstance(container, ClassValue) and self.program.class_attribute(container, "__class_getitem__"):
                return Unknown("what a class gives for a key")
            if self.program.guarding.is_guarded:
                self.program.calls.guess()
            return self._generic(container, key)
        return Unknown("an item")

    def _generic(self, container: ClassValue | External, key: Value) -> Value:
        """A generic alias: the class itself, unless a library knows more."""
        if not isinstance(container, External):
            return container
        dotted = f"{container.dotted.replace('typing_extensions.', 'typing.', 1)}[]"
        handler = self.program.packages.find(dotted)
        if handler is None:
            return container
        args = key.items if isinstance(key, SequenceValue) else (key,)
        return handler(self.program, CallSite(self.program.place(f.WHOLE_FILE), dotted[:-2], None, args, {}))

    def _item_of_sys(self, container: External, key: Value) -> Value:
        name = text_of(key)
        if container.dotted == "sys.modules" and name is not None:
            entry = self.program.state.modules.get(name)
            if entry is not None:
                if not self.program.state.holds(entry.condition):
                    self.program.cut(self.program.place(f.WHOLE_FILE), f"{name} may be missing in sys.modules")
                    self.program.state.doubt_all()
                return entry.module
            if self.program.importing.stands(name) is False:
                self.program.fail("KeyError", name, self.program.place(f.WHOLE_FILE))
        return Unknown(container.dotted)

    def _item_of_sequence(self, container: SequenceValue, key: Value, expr: f.Expr | None) -> Value:
        if isinstance(expr, f.Slice):
            kept = None if container.open or container.shape == "shuffled" else self._cut(container.items, expr)
            return Unknown("a slice") if kept is None else self.program.sequence(container.kind, tuple(kept))
        index = key.value if isinstance(key, Constant) and container.shape != "shuffled" else None
        if isinstance(index, int) and not container.open and -len(container.items) <= index < len(container.items):
            return container.items[index]
        return Unknown("an item of a sequence")

    def _item_of_text(self, text: str, key: Value, expr: f.Expr | None) -> Value:
        if isinstance(expr, f.Slice):
            piece = self._cut(text, expr)
            return Unknown("a slice") if piece is None else Constant("".join(piece))
        index = key.value if isinstance(key, Constant) else None
        if isinstance(index, int) and -len(text) <= index < len(text):
            return Constant(text[index])
        return Unknown("a character")

    def _cut(self, items: Sequence[T], expr: f.Slice) -> Sequence[T] | None:
        """``items[lower:upper:step]``; None if the bounds are unknown."""
        bounds: list[int | None] = []
        for part in (expr.lower, expr.upper, expr.step):
            value = None if part is None else self.evaluate(part)
            if value is None:
                bounds.append(None)
            elif isinstance(value, Constant) and (value.value is None or isinstance(value.value, int)):
                bounds.append(value.value)
            else:
                return None
        start, stop, step = bounds
        return None if step == 0 else items[start:stop:step]

    def set_item(self, container: Value, key: Value, value: Value) -> None:
        """``container[key] = value``."""
        if not isinstance(container, (DictValue, External)):
            self.program.calls.guess()
        if isinstance(container, DictValue):
            name = key_of(key)
            if name is None:
                self.program.state.open_up(container)
                overwrite(self.program, container.cells)
            else:
                self.program.state.write(container.cells, name, value)
        elif isinstance(container, SequenceValue):
            empty(self.program.state, container, known=False)
        elif container == External("sys.modules"):
            self.program.importing.put(text_of(key), value)
        elif container == External("sys.path"):
            for item in reversed(self.iterate(value) or ()):
                self.program.importing.search.insert(0, item)

    def delete_item(self, container: Value, key: Value) -> None:
        """``del container[key]``; of ``sys.modules`` it makes the next import run the module again."""
        name = text_of(key)
        self.program.calls.guess()
        if isinstance(container, External) and container.dotted == "sys.modules" and name is not None:
            self.program.state.write(self.program.state.modules, name, None)
        elif isinstance(container, DictValue) and key_of(key) is not None:
            self.program.state.write(container.cells, str(key_of(key)), None)
        elif isinstance(container, SequenceValue):
            empty(self.program.state, container, known=False)

    # ---------------------------------------------------------------- iteration

    def iterate(self, value: Value) -> tuple[Value, ...] | None:
        """The items of an iteration, in order; None where they are not all known."""
        items = self._iterate(value)
        if items is None:
            self.program.calls.guess()
        return items

    def _iterate(self, value: Value) -> tuple[Value, ...] | None:
        if isinstance(value, SequenceValue):
            return None if value.open else value.items
        if isinstance(value, DictValue):
            self.program.spend(len(value.cells.data) // 20)
            doubtful = value.open or any(may_be_missing(value.cells[key]) for key in value.cells)
            return None if doubtful else tuple(key_value(key) for key in value.cells)
        if isinstance(value, Constant) and isinstance(value.value, str):
            self.program.spend(len(value.value) // 20)
            return tuple(Constant(character) for character in value.value)
        if isinstance(value, ExternalObject):
            held = value.attributes.get("@items")
            if value.rounds is not None:
                return tuple(value.rounds())
            if value.made_by == ITERATOR:
                self.program.state.write(value.attributes, "@items", Unknown("the remaining items of an iterator"))
            return None if held is None else self._iterate(held)
        if value == External("sys.path"):
            return tuple(Constant(self.program.paths.absolute(path)) for path in self.program.state.search_path)
        if isinstance(value, Coroutine) and value.function.is_generator:
            return self.program.calls.collect(value)
        if isinstance(value, Choice):
            found = [self._iterate(option) for option in options_of(value)]
            return found[0] if len(found) == 1 else None
        return None
