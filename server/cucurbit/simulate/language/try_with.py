"""The statements ``with`` and ``try``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace

from cucurbit.simulate.core.exceptions import Catches, matches
from cucurbit.simulate.core.flow import FALLS, NONE, Flow, merged
from cucurbit.simulate.core.guards import ExceptClause, Guard
from cucurbit.simulate.core.machine import Ended, Raised
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.state import Branch
from cucurbit.simulate.core.timeline import EventKind, Failure, Place
from cucurbit.simulate.core.values import (
    BY_HANDLER,
    Bound,
    CallSite,
    Constant,
    Coroutine,
    ExternalObject,
    FunctionValue,
    InstanceValue,
    SequenceValue,
    Unknown,
    Value,
)
from cucurbit.simulate.imports.unseen_names import MAY_FAIL
from cucurbit.simulate.language.guarded_blocks import leaves, may_catch_unknown, raises
from cucurbit.simulate.replay.effects import Guarded, Passed
from cucurbit.source import facts as f
from cucurbit.source.scan import bound_names, inside, walk

_MAY_SWALLOW = frozenset({"exitstack", "asyncexitstack", "raises", "suppress", "ignored", "ignore", "catch"})
"""Last names, in lower case, of external context managers that may swallow exceptions of their block."""


class Guards:
    """Runs the statements that guard a block."""

    def __init__(self, program: Program) -> None:
        self.program = program

    # --------------------------------------------------------------------- with

    def run_with(self, step: f.With) -> Flow:
        return self._with_items(step, step.items)

    def _with_items(self, step: f.With, items: Sequence[f.WithItem]) -> Flow:
        if not items:
            return self.program.statements.run(step.body)
        item, rest = items[0], items[1:]
        context = self.program.expressions.evaluate(item.context)
        if isinstance(context, Coroutine) and context.function.is_generator:
            return self._with_generator(step, item, rest, context)
        entered = self.program.calls.enter(context, self.program.place(step.at))
        if item.target is not None:
            self.program.statements.assign(item.target, entered)
        if isinstance(context, ExternalObject) and context.made_by == "contextlib.suppress":
            types = self.program.sequence("tuple", context.call.args)
            return self._guarded(lambda: self._with_items(step, rest), [ExceptClause(types, None, (), step.at)], (), ())
        return self._with_exit(step, rest, context)

    def _with_exit(self, step: f.With, rest: Sequence[f.WithItem], context: Value) -> Flow:
        """The rest of a ``with``, then ``__exit__``, which may swallow an exception."""
        program = self.program
        try:
            with program.guarding.swallowing() if self._may_swallow(context) else nullcontext():
                flow = self._with_items(step, rest)
        except Raised as raised:
            swallowed = self._exit(context, step, Unknown("what was raised"))
            if swallowed is False:
                raise
            program.emit(
                EventKind.FAILURE_SWALLOWED, program.place(step.at), failure=raised.failure, certain=bool(swallowed)
            )
            if swallowed is None:
                program.state.doubt_all()
            return FALLS
        self._exit(context, step, NONE)
        return flow

    def _may_swallow(self, context: Value) -> bool:
        """Whether a context manager may swallow a failure of its block."""
        if isinstance(context, ExternalObject):
            return context.made_by.rpartition(".")[2].lower() in _MAY_SWALLOW
        if not isinstance(context, InstanceValue):
            return False
        found = [self.program.class_attribute(context.cls, name) for name in ("__exit__", "__aexit__")]
        return any(
            not isinstance(method[0], FunctionValue)
            or any(isinstance(each, f.Return) and each.value is not None for each in walk(self.program.body(method[0])))
            for method in found
            if method is not None
        )

    def _exit(self, context: Value, step: f.With, error: Value) -> bool | None:
        """Run ``__exit__``: whether it swallows a failure; None where that is not known."""
        if isinstance(context, ExternalObject):
            return None if context.made_by.rpartition(".")[2].lower() in _MAY_SWALLOW else False
        if not isinstance(context, InstanceValue):
            return False
        for name in ("__exit__", "__aexit__"):
            method = self.program.class_attribute(context.cls, name)
            if method is not None:
                site = CallSite(self.program.place(step.at), "", None, (error, error, error), {})
                result = self.program.calls.call(Bound(method[0], context), site)
                if isinstance(result, Coroutine):
                    result = self.program.calls.run_coroutine(result)
                return self.program.truth(result)
        return False

    def _with_generator(self, step: f.With, item: f.WithItem, rest: Sequence[f.WithItem], context: Coroutine) -> Flow:
        """The body runs at the ``yield`` of the generator, as in ``contextlib``: its exceptions are raised there."""
        flows: list[Flow] = []

        def body(value: Value) -> None:
            if item.target is not None:
                self.program.statements.assign(item.target, value)
            flows.append(self._with_items(step, rest))

        self.program.calls.run_function(context.function, context.call, "body", body)
        return flows[0] if flows else FALLS

    # ---------------------------------------------------------------------- try

    def run_try(self, step: f.Try) -> Flow:
        handlers = [
            ExceptClause(
                None if handler.types is None else self.program.expressions.evaluate(handler.types),
                handler.name,
                handler.body,
                handler.at,
            )
            for handler in step.handlers
        ]
        return self._guarded(lambda: self._tried(step), handlers, step.orelse, step.final)

    def _tried(self, step: f.Try) -> Flow:
        """The guarded block. Even if it ends normally, it may have failed in a way that is not followed."""
        flow = self.program.statements.run(step.body)
        scope = self.program.frame.scope
        in_function = scope is not None and not scope.is_class
        if in_function and step.handlers and any(isinstance(each, MAY_FAIL) for each in inside(step.body)):
            names = self.program.expressions
            for name in bound_names([each for handler in step.handlers for each in handler.body]):
                if names.held(name) is None:
                    names.bind(name, BY_HANDLER)
        return flow

    def _guarded(
        self,
        body: Callable[[], Flow],
        handlers: Sequence[ExceptClause],
        orelse: Sequence[f.Step],
        final: Sequence[f.Step],
    ) -> Flow:
        try:
            flow = self._try_body(body, handlers, orelse)
        except Raised as raised:
            # A bare ``raise`` in the ``finally`` raises what left the block.
            self.program.handling.append(raised.failure)
            try:
                last = self.program.statements.run(final)
            except Raised as other:
                self._replaced(raised.failure, other.failure, other.failure.place)
                raise
            finally:
                self.program.handling.pop()
            if last.falls:
                raise
            return last
        if not final:
            return flow
        last = self.program.statements.run(final)
        if not last.falls:
            return last
        return merged([replace(last, falls=flow.falls, exceptional=flow.exceptional), replace(flow, falls=False)])

    def _try_body(
        self,
        body: Callable[[], Flow],
        handlers: Sequence[ExceptClause],
        orelse: Sequence[f.Step],
    ) -> Flow:
        program = self.program
        doubts, guesses = len(program.doubts), program.calls.guesses
        number = program.clock.tick()
        program.clock.running.note(Guarded(number))
        flow, failure = FALLS, None
        with program.guarding.guarded(handlers) as guard:
            try:
                flow = body()
            except Raised as raised:
                failure = raised.failure
        possible = program.doubts[doubts:]
        caught = [doubt for doubt in possible if self._catches(handlers, doubt)]
        if guard.rest is not None:
            kept = [doubt for doubt in possible if doubt not in caught]
            program.doubts[doubts:] = kept
            program.clock.running.note(Passed(number, possible, kept, program.calls.guesses > guesses))
            if guard.doubt is None:
                return self._taken_to_pass(guard, guard.rest, failure, flow, orelse)
            return self._with_rest(guard, guard.rest, failure, flow, orelse)
        if failure is not None:
            return self._handle(failure, handlers)
        kept = [doubt for doubt in possible if doubt not in caught]
        program.doubts[doubts:] = kept
        program.clock.running.note(Passed(number, possible, kept, program.calls.guesses > guesses))
        if flow.falls and orelse:
            after = self.program.statements.run(orelse)
            flow = merged([replace(flow, falls=False), after])
        if not caught:
            return flow
        return merged([flow, *program.fork(lambda: FALLS, lambda: self._handle(caught[0], handlers))])

    def _catches(self, handlers: Sequence[ExceptClause], doubt: Failure) -> bool:
        program = self.program
        return program.guarding.is_prepared(program.frame.path, doubt) and any(
            matches(program, doubt, handler.types) for handler in handlers
        )

    def _with_rest(
        self, guard: Guard, rest: Branch, failure: Failure | None, flow: Flow, orelse: Sequence[f.Step]
    ) -> Flow:
        """The end of a block that a failure may have left: it ended normally, or the handler of the failure ran."""
        state, handlers = guard.state, guard.handlers
        self.program.clock.running.undoes()
        try:
            if failure is not None:
                flow = self._handle(failure, handlers)
            elif flow.falls and orelse:
                flow = merged([replace(flow, falls=False), self.program.statements.run(orelse)])
        except Raised:
            state.end(rest)
            state.join([rest, state.branch(lambda: None)[1]])
            state.doubt_all()
            raise
        except BaseException:
            state.end(rest)
            raise
        state.end(rest)
        others = list(self._instead(guard)) if guard.guessed else []
        try:
            others.append(state.branch(lambda: self._handle_instead(guard)))
        except Raised as raised:
            state.join([rest, *(branch for _, branch in others)])
            self.program.doubt(raised.failure)
        else:
            state.join([rest, *(branch for _, branch in others)])
        self.program.guarding.joined()
        return merged([flow, *(other for other, _ in others)])

    def _taken_to_pass(
        self, guard: Guard, rest: Branch, failure: Failure | None, flow: Flow, orelse: Sequence[f.Step]
    ) -> Flow:
        """The end of a block with something that is not followed: it is assumed not to fail, but may have.

        The values that the handlers would leave are joined with those of the block, whose effects remain certain. If
        the block certainly fails, it does not fail if a handler ran before.
        """
        program, state = self.program, guard.state
        program.clock.running.undoes()
        ran = None if failure is None else self._handler_of(failure, guard.handlers)
        try:
            if failure is not None:
                flow = self._handle(failure, guard.handlers)
            elif flow.falls and orelse:
                flow = merged([replace(flow, falls=False), self.program.statements.run(orelse)])
        except Raised as raised:
            state.end(rest)
            others = list(self._instead(guard, ran))
            if not others:
                state.join([rest])
                raise
            state.join([branch for _, branch in others])
            program.guarding.joined()
            program.doubt(raised.failure)
            program.cut(raised.failure.place, f"a failure with {raised.failure.error}, unless a handler ran before it")
            state.doubt_all()
            return merged([other.as_exception(exceptional=False) for other, _ in others])
        except BaseException:
            state.forget(rest)
            raise
        condition = state.condition
        state.end(rest)
        others = list(self._instead(guard, ran))
        state.join([rest, *(branch for _, branch in others)])
        state.condition = condition
        program.guarding.joined()
        return merged([flow, *(other.as_exception() for other, _ in others)])

    def _handler_of(self, failure: Failure, handlers: Sequence[ExceptClause]) -> ExceptClause | None:
        """The handler that runs after a failure."""
        return next((each for each in handlers if matches(self.program, failure, each.types)), None)

    def _instead(self, guard: Guard, ran: ExceptClause | None = None) -> Iterator[tuple[Flow, Branch]]:
        """The effects of each handler on an unknown failure, except handlers that re-raise it, and ``ran``."""
        program = self.program
        for handler in guard.handlers:
            types, name, body, at = handler
            if handler is ran or not may_catch_unknown(types, importing=guard.importing):
                continue

            def run(name: str | None = name, body: Sequence[f.Step] = body, at: f.At = at) -> Flow:
                if name is not None:
                    program.expressions.bind(name, Unknown("a caught exception"))
                program.handling.append(Failure("Exception", "", program.place(at)))
                program.raising += raises(body)
                try:
                    return self.program.statements.run(body)
                finally:
                    program.handling.pop()
                    program.raising -= raises(body)
                    if name is not None:
                        program.expressions.forget(name)

            try:
                yield guard.state.branch(run)
            except Ended:
                continue
            except Raised as raised:
                # What the block did before it failed is not known: what a handler asserts of it may hold.
                if raised.failure.error == "AssertionError" and not leaves(body):
                    yield guard.state.branch(lambda: FALLS)

    def _handle_instead(self, guard: Guard) -> Flow:
        program, state, failure = self.program, self.program.state, guard.doubt
        assert failure is not None
        for module in reversed(guard.leaves):
            path = module.path or ""
            entry = state.modules.get(module.name)
            if entry is not None and entry.module is module:
                state.write(state.modules, module.name, None)
            program.emit(
                EventKind.MODULE_FAILED, Place(path, f.WHOLE_FILE), module=module.name, path=path, failure=failure
            )
        return self._handle(failure, guard.handlers)

    def _handle(
        self,
        failure: Failure,
        handlers: Sequence[ExceptClause],
    ) -> Flow:
        program = self.program
        for types, name, body, at in handlers:
            if _is_no_class(types):
                message = "catching classes that do not inherit from BaseException is not allowed"
                program.fail("TypeError", message, program.place(at))
            fit = matches(program, failure, types)
            if fit is Catches.NO:
                continue
            if name is not None:
                program.expressions.bind(name, Unknown(f"a caught {failure.error}"))
            program.handling.append(failure)
            try:
                flow = self.program.statements.run(body)
            except Raised as raised:
                self._replaced(failure, raised.failure, program.place(at), certain=fit is Catches.YES)
                raise
            finally:
                program.handling.pop()
                if name is not None:
                    program.expressions.forget(name)
            program.emit(EventKind.FAILURE_SWALLOWED, program.place(at), failure=failure, certain=fit is Catches.YES)
            return flow
        raise Raised(failure)

    def _replaced(self, failure: Failure, by: Failure, place: Place, *, certain: bool = True) -> None:
        """A failure was replaced by another one that was raised while it was handled."""
        if by != failure:
            self.program.emit(EventKind.FAILURE_REPLACED, place, failure=failure, certain=certain)


def _is_no_class(types: Value | None) -> bool:
    """Whether ``except types`` fails, as in ``except 42``."""
    if isinstance(types, SequenceValue):
        return any(_is_no_class(each) for each in types.items)
    return isinstance(types, Constant)
