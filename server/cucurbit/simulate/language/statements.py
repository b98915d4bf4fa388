"""The execution of statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Literal, cast

from cucurbit.simulate.core.exceptions import raised_by
from cucurbit.simulate.core.flow import FALLS, NONE, Exit, Flow, Round, merged
from cucurbit.simulate.core.havoc import DATA, overwrite_object
from cucurbit.simulate.core.linearisation import merged as merged_order
from cucurbit.simulate.core.machine import Raised
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.state import in_doubt
from cucurbit.simulate.core.timeline import EventKind, Failure
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    ClassValue,
    Constant,
    Coroutine,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    InstanceValue,
    ScopeValue,
    SequenceValue,
    Unknown,
    Value,
)
from cucurbit.simulate.language.attributes import PLAIN_BASES
from cucurbit.simulate.language.reach import Reach
from cucurbit.simulate.language.try_with import Guards
from cucurbit.source import facts as f
from cucurbit.source.scan import bound_names, carried, steers, walk

BASES_A_STEP = 2
"""The number of comparisons between bases that count as one step."""

LOOP_LIMIT = 2000
"""The maximum number of rounds of a loop over known values."""

WORK_LIMIT = 100_000
"""Work in all rounds of a ``while`` after which no further round is followed."""

STANDING_LIMIT = 20_000
"""The same, where nothing that the body writes is read by the test, and for a ``for`` whose rounds have no event."""

ROUND_LIMIT = 10_000
"""Work in one round of a ``while`` after which no further round is followed."""


def _is_plain(program: Program, base: Value) -> bool:
    """Whether any class may derive from an external base."""
    return isinstance(base, External) and (
        base.dotted in PLAIN_BASES or program.packages.base_kind(base.dotted) is not None
    )


def _cost(program: Program, bases: Sequence[Value]) -> int:
    """The steps that it takes to order the bases of a class, which is done more than once."""
    ordered = sum(len(program.mro(base)) if isinstance(base, ClassValue) else 1 for base in bases)
    return len(bases) * ordered // BASES_A_STEP


def _may_be_refused(program: Program, bases: Sequence[Value]) -> bool:
    """Whether Python may reject a class with these bases: a base is unknown, or their orders or layouts conflict."""
    if not all(isinstance(base, ClassValue) or _is_plain(program, base) for base in bases):
        return True
    orders = [program.mro(base) if isinstance(base, ClassValue) else (base,) for base in bases]
    ordered = len(bases) < 2 or merged_order([*orders, bases])[1]
    built_in = {base.dotted for order in orders for base in order if isinstance(base, External)}
    return not ordered or sum(dotted.startswith("builtins.") for dotted in built_in - {"builtins.object"}) > 1


def _held(value: Value) -> tuple[object, ...]:
    """A value that changes when a container changes, to detect changes during iteration."""
    if isinstance(value, SequenceValue) and value.shape == "plain":
        return tuple(map(id, value.cells.data.get("items") or ()))
    return tuple(value.cells.data) if isinstance(value, DictValue) else ()


class Statements:
    """Runs steps in the program's current frame."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.guards = Guards(program)
        # Each runner takes one kind of step, by which the table is indexed.
        self._runners: dict[type, Callable[[f.Step], Flow]] = {
            kind: cast("Callable[[f.Step], Flow]", runner)
            for kind, runner in {
                f.Import: self._import,
                f.ImportFrom: self._import_from,
                f.Assign: self._assign,
                f.Annotated: self._annotated,
                f.AugAssign: self._aug_assign,
                f.Do: self._do,
                f.If: self._if,
                f.For: self._for,
                f.While: self._while,
                f.With: self.guards.run_with,
                f.Try: self.guards.run_try,
                f.Match: self._match,
                f.FunctionDef: self._function_def,
                f.ClassDef: self._class_def,
                f.Return: self._return,
                f.Raise: self._raise,
                f.Delete: self._delete,
                f.Assert: self._assert,
                f.Break: self._break,
                f.Continue: self._continue,
                f.Scope: self._scope,
            }.items()
        }

    def run(self, steps: Sequence[f.Step]) -> Flow:
        """Run steps in order.

        Raises:
            Raised: where a step certainly raises.
        """
        for index, step in enumerate(steps):
            self.program.spend()
            flow = self._runners[type(step)](step)
            if not flow.falls:
                return flow
            if flow.exits or flow.exceptional:
                rest = steps[index + 1 :]
                return self._go_on(flow, rest) if rest else flow
        return FALLS

    def _go_on(self, flow: Flow, rest: Sequence[f.Step]) -> Flow:
        """The flow of a step that may have left the block with ``flow``, and of the steps after it."""
        ways = Flow(False, flow.exits)
        if flow.is_exceptional and not flow.exceptional:
            return self.taken(lambda: self.run(rest), ways)
        instead = tuple(condition for exit_ in flow.exits for condition in exit_.under)
        flows = self.program.fork(lambda: self.run(rest), lambda: Flow(False), instead=instead)
        return merged([ways, *(each.as_exception() if flow.exceptional else each for each in flows)])

    def taken(self, run: Callable[[], Flow], instead: Flow) -> Flow:
        """Run code that is assumed to be reached; ``instead`` is the flow if it is not reached.

        Its effects keep their certainty, its values are joined with those before it, and if it certainly fails, the
        program is assumed to continue with ``instead``.
        """
        program, state = self.program, self.program.state
        program.clock.running.undoes()
        branch = state.begin(soft=True)
        try:
            flow = run()
        except Raised as raised:
            state.end(branch)
            program.guarding.joined()
            program.doubt(raised.failure)
            state.doubt_all()
            return instead.as_exception(exceptional=False)
        except BaseException:
            state.forget(branch)
            raise
        condition = state.condition
        state.end(branch)
        state.join([branch, state.branch(lambda: None)[1]])
        state.condition = condition
        program.guarding.joined()
        return merged([flow, instead])

    def _either(self, *blocks: Sequence[f.Step]) -> Flow:
        """One of ``blocks`` runs, it is unknown which."""
        return merged(self.program.fork(*[lambda block=block: self.run(block) for block in blocks]))

    def _eval(self, expr: f.Expr) -> Value:
        return self.program.expressions.evaluate(expr)

    # -------------------------------------------------------- import statements

    def _import(self, step: f.Import) -> Flow:
        self.program.importing.run_import(step)
        return FALLS

    def _import_from(self, step: f.ImportFrom) -> Flow:
        self.program.importing.run_import_from(step)
        return FALLS

    # -------------------------------------------------------------- assignments

    def _assign(self, step: f.Assign) -> Flow:
        value = self.program.expressions.literal_at(step.value, step.at)
        for target in step.targets:
            self.assign(target, value)
        return FALLS

    def _annotated(self, step: f.Annotated) -> Flow:
        if step.value is not None:
            self.assign(step.target, self.program.expressions.literal_at(step.value, step.at))
        return FALLS

    def _aug_assign(self, step: f.AugAssign) -> Flow:
        before = self._eval(step.target)
        value = self._eval(step.value)
        result = self._by_library(step, before, value) or self.program.expressions.augmented(step.op, before, value)
        if not (isinstance(before, SequenceValue) and result is before):
            self.assign(step.target, result)
        return FALLS

    def _by_library(self, step: f.AugAssign, before: Value, value: Value) -> Value | None:
        """What an object of a library does with ``+=``, by its handler of ``__iadd__``; None where it has none."""
        if step.op != "+" or not isinstance(before, (Bound, ExternalObject)):
            return None
        place = self.program.place(step.at)
        method = self.program.get_attribute(before, "__iadd__", place)
        if not isinstance(method, Bound) or not isinstance(method.function, External):
            return None
        if self.program.packages.handler_of(method.function) is None:
            return None
        return self.program.call(method, CallSite(place, "", None, (value,), {}))

    def assign(self, target: f.Expr, value: Value) -> None:
        """Bind ``target`` to ``value``, in the current scope."""
        program = self.program
        if isinstance(target, f.Name):
            program.packages.on_bind(value, target.id, program.module.name)
            program.expressions.bind(target.id, value)
        elif isinstance(target, f.Attr):
            program.attributes.set(self._eval(target.value), target.name, value)
        elif isinstance(target, f.Subscript):
            program.expressions.set_item(self._eval(target.value), self._eval(target.index), value)
        elif isinstance(target, f.Sequence):
            self._unpack(target, value)
        elif isinstance(target, f.Star):
            self.assign(target.value, Unknown("the remaining items of an unpacking"))

    def _unpack(self, target: f.Sequence, value: Value) -> None:
        items = self.program.expressions.iterate(value)
        starred = any(isinstance(item, f.Star) for item in target.items)
        exact = items is not None and len(items) == len(target.items) and not starred
        if not exact:
            self.program.calls.guess()
        for index, item in enumerate(target.items):
            self.assign(item, items[index] if exact and items is not None else Unknown("an unpacking"))

    def _delete(self, step: f.Delete) -> Flow:
        for target in step.targets:
            if isinstance(target, f.Attr):
                self.program.calls.guess()
                held = self._eval(target.value)
                if isinstance(held, FunctionValue):
                    self.program.state.alter(str(held.place))
                overwrite_object(self.program, held)
                if isinstance(held, InstanceValue) and self.program.attributes.runs_code(held, target.name):
                    # A deleter, or __delattr__.
                    Reach(self.program).spoil(held)
                    continue
                if isinstance(held, InstanceValue) and target.name in held.attributes:
                    self.program.state.write(held.attributes, target.name, None)
            elif isinstance(target, f.Name):
                gone = self.program.expressions.held(target.id)
                self.program.expressions.unbind(target.id, target.at)
                if isinstance(gone, InstanceValue) and self.program.class_attribute(gone.cls, "__del__") is not None:
                    # Python calls it where no other reference is left.
                    Reach(self.program).spoil(gone)
            elif isinstance(target, f.Subscript):
                container = self._eval(target.value)
                self.program.expressions.delete_item(container, self._eval(target.index))
            elif isinstance(target, f.Sequence):
                self._delete(f.Delete(target.items, step.at))
        return FALLS

    def _do(self, step: f.Do) -> Flow:
        self._eval(step.value)
        return FALLS

    def _scope(self, step: f.Scope) -> Flow:
        scope = self.program.frame.scope
        if scope is not None:
            for name in step.names:
                scope.declared[name] = step.kind
        return FALLS

    # ----------------------------------------------------------------- branches

    def _if(self, step: f.If) -> Flow:
        decided = self.program.expressions.truth(self._eval(step.test))
        if decided is None:
            return self._either(step.body, step.orelse)
        return self.run(step.body if decided else step.orelse)

    def _match(self, step: f.Match) -> Flow:
        subject = self._eval(step.subject)
        blocks: list[f.Case] = []
        for case in step.cases:
            fits = self._fits(case, subject)
            if fits is False:
                continue
            if fits and not blocks:
                self._bind_captured(case)
                return self._run_case(case)
            blocks.append(case)
            if fits:
                return self._either_case(blocks)
        return merged([self._either_case(blocks, none=True)]) if blocks else FALLS

    def _bind_captured(self, case: f.Case) -> None:
        for name in case.bound:
            self.program.expressions.bind(name, Unknown("a name bound by a pattern"))

    def _run_case(self, case: f.Case) -> Flow:
        if case.guard is not None:
            self._eval(case.guard)
        return self.run(case.body)

    def _either_case(self, cases: Sequence[f.Case], *, none: bool = False) -> Flow:
        """One of ``cases`` runs or, if ``none``, perhaps none of them; a pattern that does not match may bind names."""

        def run(case: f.Case) -> Flow:
            self._bind_captured(case)
            return self._run_case(case)

        runs: list[Callable[[], Flow]] = [partial(run, case) for case in cases]
        for case in cases:
            self.program.fork(partial(self._bind_captured, case), lambda: None)
        return merged(self.program.fork(*runs, *([lambda: FALLS] if none else [])))

    def _fits(self, case: f.Case, subject: Value) -> bool | None:
        if case.default:
            return True if case.guard is None else None
        if case.pattern is None:
            # A class may define how it matches, or raise.
            self.program.calls.guess()
            return None
        pattern = self._eval(case.pattern)
        if isinstance(pattern, Constant) and isinstance(subject, Constant):
            alike = pattern.value == subject.value
            if alike and (case.guard is not None or type(pattern.value) is not type(subject.value)):
                return None
            return alike
        return None

    def _for(self, step: f.For) -> Flow:
        value = self._eval(step.iter)
        items: Iterable[Value] | None
        if isinstance(value, ExternalObject) and value.rounds is not None:
            items = value.rounds()
        else:
            try:
                if isinstance(value, Coroutine) and value.function.is_generator and value.function.result is None:
                    value = self.program.calls.drawn(value)
                doubtful = in_doubt(value)
                items = None if doubtful else self.program.expressions.iterate(value)
            except Raised:
                # A generator, which may have yielded before it failed.
                self._unknown_loop(step)
                raise
            if doubtful:
                return self._rounds_perhaps(step, doubtful)
            if items is None or len(items) > LOOP_LIMIT:
                return self._unknown_loop(step)
        return self._rounds(step, iter(items), value)

    def _rounds(self, step: f.For, items: Iterator[Value], value: Value, *, taken: bool = False) -> Flow:
        """The rounds over known items; ``taken``: an earlier round may have left the loop, but is assumed not to."""
        flows: list[Flow] = []
        held = _held(value)
        spent, seen = self.program.spent, len(self.program.events)
        for item in items:
            self.program.spend()
            self.assign(step.target, item)
            round_ = Round(self.run(step.body))
            flows.append(round_.leaves)
            if round_.may_break_exceptionally and not taken:
                return merged([*flows, self.taken(lambda: self._rounds(step, items, value, taken=True), FALLS)])
            end = self._end_of(step, round_)
            if end is not None:
                return merged([*flows, end])
            if _held(value) != held:
                # The iterated container has changed: there may be more or fewer rounds, or Python raises.
                self.program.calls.guess()
                return merged([*flows, *self.program.fork(lambda: self._unknown_loop(step), lambda: FALLS)])
            if self.program.spent - spent > STANDING_LIMIT and len(self.program.events) == seen:
                self.program.calls.guess()
                return merged([*flows, self._unknown_loop(step)])
        return merged([*flows, self._orelse(step, perhaps=_may_return(flows))])

    def _end_of(self, step: f.For | f.While, round_: Round) -> Flow | None:
        """How a loop ends with a round; None if the next round follows."""
        if round_.goes_on:
            if not round_.breaks:
                return None
            return merged(self.program.fork(lambda: FALLS, lambda: self._unknown_loop(step)))
        end = FALLS if round_.breaks else Flow(round_.may_break, exceptional=round_.may_break)
        if not round_.may_go_on:
            return end
        flows = self.program.fork(lambda: end, lambda: self._unknown_loop(step))
        return merged([flows[0], *(flow.as_exception() for flow in flows[1:])])

    def _rounds_perhaps(self, step: f.For, items: Sequence[tuple[Value, bool]]) -> Flow:
        """The rounds over a list with items that may be missing."""

        def run(item: Value) -> Flow:
            self.assign(step.target, item)
            return self.run(step.body)

        flows: list[Flow] = []
        doubt = False
        for item, sure in items[:LOOP_LIMIT]:
            certain = sure and not doubt
            flow = run(item) if certain else merged(self.program.fork(partial(run, item), lambda: FALLS))
            flows.append(Flow(False, flow.without("break", "continue")))
            # If a round may leave the loop, the rounds after it are uncertain.
            doubt = doubt or bool(flow.only("break", "return"))
        return merged([*flows, self._orelse(step, perhaps=doubt)])

    def _orelse(self, step: f.For | f.While, *, perhaps: bool) -> Flow:
        """The ``else`` of a loop; ``perhaps``: a ``break`` or a ``return`` may have left the loop."""
        if not step.orelse or not perhaps:
            return self.run(step.orelse)
        return merged(self.program.fork(lambda: self.run(step.orelse), lambda: FALLS))

    def _unknown_loop(self, step: f.For | f.While) -> Flow:
        """No round, one, or more: a second round is run if its events may differ from those of the first."""

        def rounds() -> Flow:
            seen = len(self.program.events)
            frame = self.program.frame
            frame.rounds += 1
            try:
                if isinstance(step, f.For):
                    self.assign(step.target, Unknown("an item of a loop over something unknown"))
                first = self.run(step.body)
            finally:
                frame.rounds -= 1
            self._forget_rounds(step)
            shows = any(e.kind is EventKind.TABLE_REGISTERED for e in self.program.events[seen:])
            if shows and first.falls:
                return merged([first, *self.program.fork(lambda: self.run(step.body), lambda: FALLS)])
            return first

        flow = merged(self.program.fork(rounds, lambda: FALLS))
        after = self._orelse(step, perhaps=bool(flow.only("break", "return")))
        return Flow(after.falls or bool(flow.only("break")), flow.without("break", "continue") + after.exits)

    def _forget_rounds(self, step: f.For | f.While) -> None:
        """Values that depend on the number of rounds are unknown."""
        for name in carried(step.body):
            if isinstance(self.program.expressions.held(name), DATA):
                self.program.expressions.bind(name, Unknown(f"{name} after a loop"))
        for step_ in walk(step.body):
            if isinstance(step_, f.AugAssign) and isinstance(step_.target, f.Attr):
                self.assign(step_.target, Unknown(f"{step_.target.name} after a loop"))

    def _while(self, step: f.While) -> Flow:
        return self._repeat(step, LOOP_LIMIT)

    def _repeat(self, step: f.While, rounds: int, *, taken: bool = False) -> Flow:
        """At most so many rounds; ``taken``: an earlier round may have left the loop, but is assumed not to."""
        program = self.program
        flows: list[Flow] = []
        most = program.spent + (WORK_LIMIT if steers(step) else STANDING_LIMIT)
        for number in range(rounds):
            decided = program.expressions.truth(self._eval(step.test))
            if decided is None:
                return merged([*flows, self._unknown_loop(step)])
            if not decided:
                return merged([*flows, self._orelse(step, perhaps=_may_return(flows))])
            seen = program.spent
            program.spend()
            round_, moves_on = self._watched(step)
            flows.append(round_.leaves)
            if round_.may_break_exceptionally and not taken:
                left = rounds - number
                return merged([*flows, self.taken(lambda left=left: self._repeat(step, left, taken=True), FALLS)])  # type: ignore[misc]
            end = self._end_of(step, round_)
            if end is not None:
                return merged([*flows, end])
            if not moves_on or program.spent > most or program.spent - seen > ROUND_LIMIT:
                break
        # No end of the loop can be seen: the code after it is assumed to be reached.
        self._forget_rounds(step)
        return merged([*flows, FALLS])

    def _watched(self, step: f.While) -> tuple[Round, bool]:
        """One round, and whether another one may do anything else."""
        state = self.program.state
        watch = state.begin(soft=True)
        try:
            return Round(self.run(step.body)), watch.moves_on
        finally:
            state.forget(watch)

    def _raise(self, step: f.Raise) -> Flow:
        program = self.program
        if step.error is None:
            program.clock.running.raises_again(len(program.handling))
            if program.handling:
                raise Raised(program.handling[-1])
            program.fail("RuntimeError", "No active exception to reraise", program.place(step.at))
        value = self._eval(step.error)
        if isinstance(value, ClassValue) and any(program.class_attribute(value, n) for n in ("__new__", "__init__")):
            value = program.call(value, CallSite(program.place(step.at), "", None, (), {}, written=True))
        if step.cause is not None:
            self._check_cause(self._eval(step.cause), step)
        error, message, ancestors = raised_by(program, value)
        raise Raised(Failure(error, message, program.place(step.at), ancestors))

    def _check_cause(self, cause: Value, step: f.Raise) -> None:
        """``raise error from cause``: a class is called; what is neither an exception nor None is refused.

        Raises:
            Raised: the failure that replaces the exception.
        """
        place = self.program.place(step.at)
        if isinstance(cause, Constant) and cause.value is not None:
            self.program.fail("TypeError", "exception causes must derive from BaseException", place)
        if isinstance(cause, ClassValue):
            self.program.call(cause, CallSite(place, "", None, (), {}, written=True))

    def _assert(self, step: f.Assert) -> Flow:
        holds = self.program.expressions.truth(self._eval(step.test))
        if holds is False:
            self.program.fail("AssertionError", "", self.program.place(step.at))
        if holds is None:
            self.program.calls.guess()
        return FALLS

    # -------------------------------------------------------------- definitions

    def _function_def(self, step: f.FunctionDef) -> Flow:
        program = self.program
        decorators = [self._eval(decorator) for decorator in step.decorators]
        frame = program.frame
        function: Value = FunctionValue(
            name=step.name,
            params=step.params,
            number=step.number,
            result=None,
            place=program.place(step.at),
            module=frame.module,
            scope=frame.scope,
            defaults=program.calls.defaults(step.params),
            is_async=step.is_async,
            is_generator=step.is_generator,
        )
        for decorator in reversed(decorators):
            function = program.calls.decorate(decorator, function, step.at)
        program.expressions.bind(step.name, function)
        return FALLS

    def _class_def(self, step: f.ClassDef) -> Flow:
        program = self.program
        decorators = [self._eval(decorator) for decorator in step.decorators]
        frame = program.frame
        bases: list[Value] = []
        for base in step.bases:
            if isinstance(base, f.Star):
                bases.extend(program.expressions.iterate(self._eval(base.value)) or (Unknown("unpacked bases"),))
            else:
                bases.append(self._eval(base))
        keywords = {k.name or "**": self._eval(k.value) for k in step.keywords}
        scope = ScopeValue(program.state.cells(), frame.scope, frame.module, step)
        cls = ClassValue(
            step.name,
            tuple(bases),
            keywords,
            scope.names,
            frame.module,
            program.place(step.at),
            statement=step,
            nested=scope.outer is not None,
        )
        program.spend(_cost(program, bases))
        if keywords or _may_be_refused(program, bases) or (program.guarding.is_guarded and _is_checked(step, bases)):
            # So may a metaclass.
            program.calls.guess()
        frame.scope = scope
        try:
            self.run(step.body)
        finally:
            frame.scope = scope.outer
        program.class_hooks.make(cls)
        value: Value = cls
        if decorators and program.guarding.is_guarded:
            # A decorator may refuse the class.
            program.calls.guess()
        if not decorators and isinstance(keywords.get("metaclass"), (ClassValue, FunctionValue)):
            program.calls.made_by_metaclass(keywords["metaclass"])
        for decorator in reversed(decorators):
            value = program.calls.decorate(decorator, value, step.at)
        program.packages.on_bind(value, step.name, frame.module.name)
        program.expressions.bind(step.name, value)
        return FALLS

    # -------------------------------------------------------------------- exits

    def _return(self, step: f.Return) -> Flow:
        value: Value = NONE if step.value is None else self._eval(step.value)
        return self._leaves("return", value)

    def _break(self, _: f.Break) -> Flow:
        return self._leaves("break")

    def _continue(self, _: f.Continue) -> Flow:
        return self._leaves("continue")

    def _leaves(self, kind: Literal["return", "break", "continue"], value: Value = NONE) -> Flow:
        condition = self.program.state.condition
        return Flow(False, (Exit(kind, value, under=(condition,) if condition else ()),))


def _is_checked(step: f.ClassDef, bases: Sequence[Value]) -> bool:
    """Whether Python or the metaclass of a base checks the body or the bases of a class, and may refuse them.

    An Enum with members has no subclasses, a Protocol only bases that are protocols, and a name in ``__slots__`` is no
    attribute of the class.
    """
    return (
        "__slots__" in bound_names(step.body)
        or any(
            isinstance(base, External) and base.dotted.startswith(("typing.", "typing_extensions.")) for base in bases
        )
        or any(isinstance(base, ClassValue) and _is_special(base) for base in bases)
    )


def _is_special(cls: ClassValue) -> bool:
    """Whether a class derives from an Enum, a Protocol or a TypedDict."""
    return any(
        _is_special(base)
        if isinstance(base, ClassValue)
        else isinstance(base, External) and base.dotted.startswith(("enum.", "typing.", "typing_extensions."))
        for base in cls.bases
    )


def _may_return(flows: Sequence[Flow]) -> bool:
    """Whether one of these rounds of a loop may have left the function."""
    return any(exit_.kind == "return" and not exit_.exceptional for flow in flows for exit_ in flow.exits)
