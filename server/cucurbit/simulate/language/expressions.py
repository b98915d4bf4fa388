"""The evaluation of expressions, and the look-up and binding of names."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from cucurbit.simulate.core.flow import NONE
from cucurbit.simulate.core.havoc import empty
from cucurbit.simulate.core.machine import Raised
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.values import (
    MISSING,
    Bound,
    CallSite,
    Choice,
    ClassValue,
    Constant,
    Coroutine,
    DictValue,
    External,
    FunctionValue,
    InstanceValue,
    MetaDataValue,
    ModuleValue,
    PathValue,
    RegistryValue,
    SequenceValue,
    TableValue,
    Unknown,
    Value,
    choice,
    may_be_missing,
    options_of,
    text_of,
)
from cucurbit.simulate.language import operators
from cucurbit.simulate.language.containers import Containers
from cucurbit.simulate.language.operators import key_of, key_value
from cucurbit.simulate.language.reach import Reach
from cucurbit.simulate.language.scopes import Scopes
from cucurbit.simulate.language.signatures import qualified_name
from cucurbit.source import facts as f


def _name_of_unknown(function: f.Expr) -> str:
    """The name of a call of what is not known (:attr:`cucurbit.simulate.core.package.Package.on_call`)."""
    name = function.name if isinstance(function, f.Attr) else function.id if isinstance(function, f.Name) else ""
    return f"?.{name}" if name else "?"


def _has_certain_length(value: Value) -> bool:
    """Whether as many items are known of a container as it has: unknown items of a set may be equal."""
    return isinstance(value, DictValue) or (
        isinstance(value, SequenceValue)
        and (value.kind != "set" or all(isinstance(item, Constant) for item in value.items))
    )


class Expressions(Scopes, Containers):
    """Evaluates in the program's current frame."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        # Each evaluator takes one kind of expression, by which the table is indexed.
        self._evaluators: dict[type, Callable[[f.Expr], Value]] = {
            kind: cast("Callable[[f.Expr], Value]", evaluator)
            for kind, evaluator in {
                f.Const: self._const,
                f.Name: self._name,
                f.Attr: self._attr,
                f.Call: self._call,
                f.Star: self._star,
                f.Subscript: self._subscript,
                f.Slice: self._slice,
                f.Sequence: self._sequence,
                f.Dict: self._dict,
                f.Binary: self._binary,
                f.Unary: self._unary,
                f.Boolean: self._boolean,
                f.Compare: self._compare,
                f.Formatted: self._formatted,
                f.Conditional: self._conditional,
                f.Lambda: self._lambda,
                f.Comprehension: self._comprehension,
                f.Await: self._await,
                f.Yield: self._yield,
                f.Walrus: self._walrus,
                f.Opaque: self._opaque,
            }.items()
        }

    def evaluate(self, expr: f.Expr) -> Value:
        """The value of an expression.

        Raises:
            Raised: where evaluating it certainly raises.
        """
        self.program.spend()
        return self._evaluators[type(expr)](expr)

    # ------------------------------------------------------------------- simple

    def _const(self, expr: f.Const) -> Value:
        if expr.at == f.WHOLE_FILE:
            return Constant(expr.value)
        return Constant(expr.value, literal=self.program.place(expr.at))

    def literal_at(self, expr: f.Expr, at: f.At) -> Value:
        """The value of ``expr``. A literal remembers that it is written at ``at``."""
        if isinstance(expr, f.Const):
            literal = None if expr.at == f.WHOLE_FILE else self.program.place(expr.at)
            return Constant(expr.value, self.program.place(at), literal=literal)
        return self.evaluate(expr)

    def _name(self, expr: f.Name) -> Value:
        return self.lookup(expr.id, expr.at)

    def _attr(self, expr: f.Attr) -> Value:
        return self.program.attributes.get(self.evaluate(expr.value), expr.name, self.program.place(expr.at))

    def _star(self, expr: f.Star) -> Value:
        self.evaluate(expr.value)
        return Unknown("unpacked items")

    def _subscript(self, expr: f.Subscript) -> Value:
        container, key = self.evaluate(expr.value), self.evaluate(expr.index)
        if isinstance(expr.value, f.Dict) and isinstance(container, DictValue) and not container.open:
            name = key_of(key)
            if name is not None and name not in container.cells:
                self.program.fail("KeyError", operators.shown(key) or "", self.program.place(expr.at))
        return self.item(container, key, expr.index)

    def _slice(self, expr: f.Slice) -> Value:
        for part in (expr.lower, expr.upper, expr.step):
            if part is not None:
                self.evaluate(part)
        return Unknown("a slice")

    def _await(self, expr: f.Await) -> Value:
        value = self.evaluate(expr.value)
        if isinstance(value, Coroutine):
            return self.program.calls.run_coroutine(value)
        if value == NONE and isinstance(expr.value, f.Call) and self._returns_none(expr.value.func):
            place = self.program.place(expr.value.at)
            self.program.fail("TypeError", "object NoneType can't be used in 'await' expression", place)
        self.program.calls.guess()
        return value

    def _returns_none(self, function: f.Expr) -> bool:
        """Whether a function that returned None is one by itself: not a stand-in for what is awaited elsewhere."""
        head = function
        while isinstance(head, f.Attr):
            head = head.value
        if not isinstance(head, f.Name):
            return False
        found = self.evaluate(function)
        if isinstance(found, External):
            return self.program.packages.never_awaited(found.dotted)
        return (
            isinstance(found, FunctionValue)
            and not (found.is_async or found.is_generator or found.marks)
            and found.role == "plain"
            and found.certain
        )

    def _yield(self, expr: f.Yield) -> Value:
        value = NONE if expr.value is None else self.evaluate(expr.value)
        self.program.calls.yielded(value, expr.delegate)
        # ``throw()`` may raise an exception here.
        self.program.calls.guess()
        return Unknown("what is sent to a generator")

    def _walrus(self, expr: f.Walrus) -> Value:
        value = self.evaluate(expr.value)
        self.bind_outside(expr.name, value)
        return value

    def _opaque(self, expr: f.Opaque) -> Value:
        for part in expr.parts:
            self.evaluate(part)
        if expr.parts:
            self.program.calls.guess()
        return Unknown("an expression that is not evaluated")

    def _lambda(self, expr: f.Lambda) -> Value:
        frame = self.program.frame
        return FunctionValue(
            name="<lambda>",
            params=expr.params,
            number=0,
            result=expr.body,
            place=self.program.place(expr.at),
            module=frame.module,
            scope=frame.scope,
            defaults=self.program.calls.defaults(expr.params),
        )

    # ---------------------------------------------------------------- operators

    def _binary(self, expr: f.Binary) -> Value:
        return self.augmented(expr.op, self.evaluate(expr.left), self.evaluate(expr.right), new=True)

    def augmented(self, op: str, left: Value, right: Value, *, new: bool = False) -> Value:
        """``left op= right``, or ``left op right`` if ``new``; a list is changed in place, as in Python."""
        if left == External("sys.path"):
            left = self.program.sequence("tuple", self.iterate(left) or ())
        for each in (left, right):
            if isinstance(each, InstanceValue):
                Reach(self.program).spoil(each)
        if operators.divides_by_zero(op, left, right):
            self.program.fail("ZeroDivisionError", "division by zero", self.program.place(f.WHOLE_FILE))
        if isinstance(left, SequenceValue):
            if left.shape == "view" or op not in "+|" or (op == "|") is not (left.kind == "set"):
                self.program.calls.guess()
                if not new:
                    empty(self.program.state, left, known=False)
                return Unknown("an operation on a sequence")
            items = self.iterate(right)
            if op == "+" and left.kind == "list" and not new:
                self.program.extend(left, items)
                return left
            if op in "+|" and items is not None:
                return self.program.sequence(left.kind, left.items + tuple(items), left.open)
            self.program.calls.guess()
            return Unknown("an operation on a sequence")
        result = operators.binary(op, left, right)
        if isinstance(result, Unknown):
            self.program.calls.guess()
        return result

    def _unary(self, expr: f.Unary) -> Value:
        value = self.evaluate(expr.operand)
        if expr.op == "not":
            decided = self.truth(value)
            return Unknown("a condition") if decided is None else Constant(not decided)
        result = operators.unary(expr.op, value)
        if isinstance(result, Unknown):
            self.program.calls.guess()
        return result

    def _boolean(self, expr: f.Boolean) -> Value:
        stops_at = expr.op == "or"
        options: list[Value] = []
        for index, part in enumerate(expr.values):
            value = self._maybe(part) if options else self.evaluate(part)
            decided = self.truth(value)
            if decided is stops_at or index == len(expr.values) - 1:
                options.append(value)
                break
            if decided is None:
                options.append(value)
        return cast("Value", choice(*options))

    def _maybe(self, expr: f.Expr) -> Value:
        """Evaluate an expression that may not be evaluated at all; its failures do not count."""
        try:
            return self.program.fork(lambda: self.evaluate(expr), lambda: NONE)[0]
        except Raised:
            return Unknown("an operand that fails")

    def _compare(self, expr: f.Compare) -> Value:
        left = self.evaluate(expr.left)
        result: bool | None = True
        for op, right_expr in zip(expr.ops, expr.rights, strict=False):
            right = self.evaluate(right_expr)
            if right == External("sys.path"):
                right = self.program.sequence("list", self.iterate(right) or ())
            decided = operators.compare(op, left, right)
            for each in (left, right) if decided is None and op not in ("is", "is not") else ():
                if isinstance(each, InstanceValue) and operators.may_compare(each):
                    Reach(self.program).spoil(each)
            if any(isinstance(each, f.Subscript) for each in (expr.left, right_expr)) and (
                isinstance(left, (ClassValue, External)) or isinstance(right, (ClassValue, External))
            ):
                # A generic alias, which is represented by the class.
                decided = None
            name = text_of(left)
            if op in ("in", "not in") and right == External("sys.modules") and name is not None:
                stands = self.program.importing.stands(name)
                decided = None if stands is None else stands == (op == "in")
            if decided is False:
                return Constant(False)
            if decided is None:
                result = None
                if op not in ("is", "is not"):
                    self.program.calls.guess()
            left = right
        return Unknown("a comparison") if result is None else Constant(True)

    def _formatted(self, expr: f.Formatted) -> Value:
        pieces = [operators.shown(self.evaluate(part)) for part in expr.parts]
        known = [piece for piece in pieces if piece is not None]
        if len(known) == len(pieces):
            return operators.made_text(*known)
        return Unknown("a formatted string", "".join(known[: pieces.index(None)]))

    def _conditional(self, expr: f.Conditional) -> Value:
        decided = self.truth(self.evaluate(expr.test))
        if decided is None:
            return self.program.undecided(lambda: self.evaluate(expr.then), lambda: self.evaluate(expr.orelse))
        return self.evaluate(expr.then if decided else expr.orelse)

    def truth(self, value: Value) -> bool | None:
        """``bool(value)``, None where it is not known."""
        if isinstance(value, Constant):
            return bool(value.value)
        if isinstance(value, (SequenceValue, DictValue)):
            filled = bool(value.items) if isinstance(value, SequenceValue) else bool(tuple(value.cells))
            return True if filled else (None if value.open else False)
        if isinstance(value, External):
            known = self.program.packages.constant(self.program, value.dotted)
            return None if known is None else self.truth(known)
        if isinstance(value, (FunctionValue, ModuleValue, PathValue, MetaDataValue, RegistryValue, TableValue)):
            return True
        if isinstance(value, Choice):
            found = {self.truth(option) for option in options_of(value)}
            return found.pop() if len(found) == 1 and MISSING not in value.options else None
        if isinstance(value, InstanceValue) and self.program.class_attribute(value.cls, "__bool__") is not None:
            self.program.calls.guess()
            Reach(self.program).spoil(value)
        return None

    # -------------------------------------------------------------------- calls

    def _check_names(self, function: Value, given: dict[str, Value], more: dict[str, Value], at: f.At) -> None:
        """Fail as Python does where ``**more`` holds a key that is no string, or names an argument again.

        Raises:
            Raised: TypeError.
        """
        inner = function.function if isinstance(function, Bound) else function
        if not isinstance(inner, FunctionValue):
            return
        for key in (key for key, value in more.items() if not may_be_missing(value)):
            name = key_value(key)
            if isinstance(name, Constant) and not isinstance(name.value, str):
                self.program.fail("TypeError", "keywords must be strings", self.program.place(at))
            if key in given:
                whole = f"{inner.module.name}.{qualified_name(inner)}"
                words = f"{whole}() got multiple values for keyword argument '{key}'"
                self.program.fail("TypeError", words, self.program.place(at))

    def _call(self, expr: f.Call) -> Value:
        function = self.evaluate(expr.func)
        args: list[Value] = []
        complete = exact = True
        for arg in expr.args:
            if isinstance(arg, f.Star):
                value = self.evaluate(arg.value)
                items = self.iterate(value)
                complete = complete and items is not None
                # Unknown items of a set may be equal.
                exact = exact and _has_certain_length(value)
                args.extend(items or ())
            else:
                args.append(self.literal_at(arg, expr.at))
        kwargs: dict[str, Value] = {}
        for keyword in expr.keywords:
            value = self.evaluate(keyword.value)
            if keyword.name is not None:
                kwargs[keyword.name] = value
            elif isinstance(value, DictValue) and not value.open:
                named = {key: value.cells[key] for key in value.cells}
                complete = complete and not any(map(may_be_missing, named.values()))
                self._check_names(function, kwargs, named, expr.at)
                kwargs.update(named)
            else:
                complete = False
        name = _name_of_unknown(expr.func) if isinstance(function, Unknown) else ""
        call = CallSite(self.program.place(expr.at), name, None, tuple(args), kwargs, complete, written=exact)
        return self.program.calls.call(function, call)
