"""Calls of functions, methods, classes and external names."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from cucurbit.simulate.core.arguments import key_of_arguments
from cucurbit.simulate.core.cells import PERHAPS, Cells
from cucurbit.simulate.core.exceptions import ancestors
from cucurbit.simulate.core.flow import NONE, returned
from cucurbit.simulate.core.flow import either as choice_of
from cucurbit.simulate.core.frames import Frame, OnYield, YieldReached
from cucurbit.simulate.core.havoc import overwrite_object
from cucurbit.simulate.core.lazy_attributes import REACHED
from cucurbit.simulate.core.machine import Raised
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import LinkKind, Place
from cucurbit.simulate.core.values import (
    USED,
    Bound,
    CallSite,
    Choice,
    ClassValue,
    Coroutine,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    InstanceValue,
    Partial,
    ScopeValue,
    SequenceValue,
    Unknown,
    Value,
    options_of,
)
from cucurbit.simulate.language.builtin_signatures import fits_builtin
from cucurbit.simulate.language.dataclass_init import MARKS, generated_init
from cucurbit.simulate.language.decorators import decorated_by_external
from cucurbit.simulate.language.limits import Limits
from cucurbit.simulate.language.reach import Reach, keeps_hands_off, only_shows
from cucurbit.simulate.language.signatures import WITHOUT_ARGUMENTS, misfit, named, qualified_name
from cucurbit.simulate.replay.effects import UnmodelledCall
from cucurbit.source import facts as f

_FRAMES = frozenset({"sys._getframe", "inspect.currentframe", "inspect.stack"})
"""Calls through which a function accesses the names of its callers."""


_GIVEN = "@given"
"""The attribute of an external object that holds the functions and objects that its methods were given."""

_CALLED_LATER = (FunctionValue, Bound, Partial, InstanceValue, Coroutine)

_ABSTRACT = frozenset({"abc.ABC", "typing.Protocol"})

_ONLY_STORE = frozenset({"relationship", "backref"})
"""Functions of SQLAlchemy that keep the lists they are given as they are."""

_SAFE = frozenset(
    {"os.getenv", "os.environ.get", "builtins.id", "contextlib.suppress", "runpy.run_module", "runpy.run_path"}
)
"""Calls that do not fail, although their results are unknown."""

_CHECKING = ("re.compile", "argparse.ArgumentParser")
"""The beginnings of calls that are known, but refuse arguments whose values are wrong."""

_PARTS = ("column", "relationship", "backref", "property", "deferred", "synonym", "composite")


def _makes_part_of_table(dotted: str) -> bool:
    """Whether a function creates a column, a type, a constraint or similar: these check little and rarely fail."""
    last = dotted.rpartition(".")[2]
    return "()" not in dotted and (last[:1].isupper() or last.endswith(_PARTS))


_ORDINARY = WITHOUT_ARGUMENTS | {"typing.Protocol"}

_KEEPS_INIT = MARKS | {"typing.final", "typing_extensions.final"}
"""Decorators of classes whose effect on ``__init__`` is known."""

_KEEPS_PARAMETERS = frozenset(
    {
        "abc.abstractmethod",
        "builtins.classmethod",
        "builtins.property",
        "builtins.staticmethod",
        "contextlib.asynccontextmanager",
        "contextlib.contextmanager",
        "functools.cached_property",
        "functools.wraps()",
        "typing.final",
        "typing.no_type_check",
        "typing.override",
        "typing_extensions.final",
        "typing_extensions.override",
    }
)
"""Decorators after which a function takes the arguments that it is defined with."""


def _is_ordinary_base(base: Value) -> bool:
    """Whether a class of Python leaves it to the classes derived from it which arguments they take."""
    if not isinstance(base, External):
        return False
    name = base.dotted.removeprefix("builtins.")
    found = getattr(builtins, name, None)
    is_exception = isinstance(found, type) and issubclass(found, Exception) and not name.endswith("Group")
    return is_exception or base.dotted in _ORDINARY


class Calls:
    """Calls in the program's current frame."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.limits = Limits(program)
        self.guesses = 0
        """The number of calls that were not followed, and so are assumed not to fail."""

    def defaults(self, params: f.Params) -> dict[str, Value]:
        """The default values of parameters, evaluated at the ``def``."""
        return {
            param.name: self.program.expressions.evaluate(param.default)
            for param in (*params.positional, *params.keyword_only)
            if param.default is not None
        }

    # ----------------------------------------------------------------- dispatch

    def call(self, function: Value, call: CallSite) -> Value:
        """Call ``function``; the result is Unknown if the function is.

        Raises:
            Raised: where the call certainly raises.
        """
        if isinstance(function, FunctionValue):
            return self._function(function, call)
        if isinstance(function, External):
            return self._external(function, call)
        if isinstance(function, Bound):
            return self._bound(function, call)
        if isinstance(function, ClassValue):
            return self._class(function, call)
        if isinstance(function, Partial):
            args, kwargs = function.args + call.args, {**function.kwargs, **call.kwargs}
            complete = call.complete and function.complete
            return self.call(function.function, replace(call, args=args, kwargs=kwargs, complete=complete))
        if isinstance(function, InstanceValue):
            method = self.program.class_attribute(function.cls, "__call__")
            return self.call(Bound(method[0], function), call) if method else Unknown("a call of an object")
        if isinstance(function, ExternalObject):
            return self._external(External(f"{function.made_by}()"), replace(call, receiver=function))
        if isinstance(function, Choice):
            options = options_of(function)
            return self.program.undecided(*[lambda each=each: self.call(each, call) for each in options])
        return self._unknown(call)

    def _unknown(self, call: CallSite) -> Value:
        above = self.program.class_hooks.at_super(call)
        if above is not None:
            return above
        known = call if call.name.startswith("?") else replace(call, name="?")
        self.program.packages.on_call(self.program, known)
        self.guess()
        for arg in (*call.args, *call.kwargs.values()):
            self._spoil(arg)
        return Unknown("what a call of something unknown returns")

    def _spoil(self, value: Value) -> None:
        """Code with access to a container, an object or a function may change it, or call it."""
        if isinstance(value, DictValue) or (isinstance(value, SequenceValue) and value.kind != "tuple"):
            self.program.state.open_up(value)
            held = value.items if isinstance(value, SequenceValue) else [value.cells[key] for key in value.cells]
            for each in held:
                if isinstance(each, (FunctionValue, Bound, Partial, ClassValue)):
                    Reach(self.program).spoil(each)
        else:
            Reach(self.program).spoil(value)

    def _external(self, function: External, call: CallSite) -> Value:
        dotted = function.dotted
        call = replace(call, name=dotted)
        self.program.packages.on_call(self.program, call)
        handler = self.program.packages.handler_of(function)
        if handler is not None:
            result = handler(self.program, call)
            odd = (dotted.startswith("builtins.") and not call.args) or self._is_refused(dotted, call)
            odd = odd or (self.program.guarding.is_guarded and dotted.startswith(_CHECKING))
            if (isinstance(result, Unknown) or odd) and dotted not in _SAFE:
                self.guess()
            if dotted.startswith(("builtins.", "@")):
                for arg in call.kwargs.values():
                    if isinstance(arg, (FunctionValue, Bound)):
                        self._spoil(arg)
            return result
        if not self._surely_returns(dotted, call):
            self.guess()
        if not (dotted.rpartition(".")[2] in _ONLY_STORE and self.program.packages.makes_columns(dotted)):
            self._suffer(dotted, call)
        return ExternalObject(dotted, call, self.program.state.cells())

    def _is_refused(self, dotted: str, call: CallSite) -> bool:
        """Whether Python may refuse the arguments of a call that is followed, which matters in a guarded block."""
        return self.program.guarding.is_guarded and call.complete and not fits_builtin(dotted, call)

    def _surely_returns(self, dotted: str, call: CallSite) -> bool:
        """Whether a call without a handler is known not to fail: it creates an exception, a column or a constraint."""
        if (only_shows(dotted) and self._is_refused(dotted, call)) or dotted.startswith(_CHECKING):
            return False
        if dotted in _SAFE or only_shows(dotted):
            return True
        if not dotted.startswith("builtins."):
            packages = self.program.packages
            return packages.knows(dotted) or (packages.makes_columns(dotted) and _makes_part_of_table(dotted))
        family = ancestors(self.program, dotted.rpartition(".")[2])
        # The handlers of a group run one after the other, which is not followed.
        return len(family) > 1 and "BaseExceptionGroup" not in family and not self._is_refused(dotted, call)

    def _suffer(self, dotted: str, call: CallSite) -> None:
        """Make everything unknown that a call of an external may have changed."""
        if dotted in _FRAMES:
            for frame in self.program.frames:
                self.program.state.mark(frame.module.names, frame.module, "open")
                frame.module.open = True
                spec = frame.module.spec
                if spec is not None and spec.is_package and "__getattr__" not in frame.module.names:
                    self.program.state.write(frame.module.names, "__getattr__", REACHED)
        if isinstance(call.receiver, (InstanceValue, FunctionValue, Coroutine)) and not keeps_hands_off(
            self.program, dotted
        ):
            self._spoil(call.receiver)
        if isinstance(call.receiver, ExternalObject) and not keeps_hands_off(self.program, dotted):
            self._use_given(call.receiver, call)
        if dotted.rpartition(".")[2][:1].islower() and keeps_hands_off(self.program, dotted):
            for arg in (*call.args, *call.kwargs.values()):
                if isinstance(arg, (SequenceValue, DictValue)):
                    self._spoil(arg)
        elif dotted.rpartition(".")[2][:1].islower():
            # A function may change its arguments; a class usually only stores them.
            for arg in (*call.args, *call.kwargs.values()):
                self._spoil(arg)
                if isinstance(arg, Coroutine) and arg.function.name == "<genexpr>":
                    self._consume(arg, certain=dotted.startswith("builtins."))

    def _use_given(self, receiver: ExternalObject, call: CallSite) -> None:
        """A method of an object may call every function that the object was given before; it keeps those of ``call``.

        A scheduler, an executor or a mock is given functions by one method and calls them in another.
        """
        state, kept = self.program.state, receiver.attributes.get(_GIVEN)
        earlier = kept.items if isinstance(kept, SequenceValue) else ()
        made = receiver.call
        for each in (made.receiver, *made.args, *made.kwargs.values(), *earlier):
            if isinstance(each, _CALLED_LATER):
                self._spoil(each)
        new = tuple(
            each
            for each in (*call.args, *call.kwargs.values())
            if isinstance(each, _CALLED_LATER) and not any(each is other for other in earlier)
        )
        if new:
            state.write(receiver.attributes, _GIVEN, self.program.sequence("tuple", (*earlier, *new)))

    def _consume(self, generator: Coroutine, *, certain: bool) -> None:
        if certain:
            self.collect(generator)
        else:
            self.program.fork(lambda: self.collect(generator), lambda: None)

    def _bound(self, function: Bound, call: CallSite) -> Value:
        inner = function.function
        if isinstance(inner, External):
            return self._external(inner, replace(call, receiver=function.receiver))
        return self.call(inner, replace(call, receiver=function.receiver, args=(function.receiver, *call.args)))

    # ---------------------------------------------------------------- functions

    def _function(self, function: FunctionValue, call: CallSite) -> Value:
        if function.is_async or function.is_generator:
            self._check_arguments(function, call)
            return Coroutine(function, call, Cells(self.program.clock))
        return self.run_function(function, call)

    def run_function(
        self,
        function: FunctionValue,
        call: CallSite,
        on_yield: OnYield = "unknown",
        body: Callable[[Value], None] | None = None,
    ) -> Value:
        """Run the body of a function now, whatever kind of function it is."""
        program = self.program
        if self.limits.too_much(function):
            return self._unfollowed(function, call)
        if not function.certain:
            self.guess()
            # What a decorator made of it may be called with other arguments.
            sure, site = replace(function, certain=True), replace(call, written=False)
            return program.undecided(
                lambda: self.run_function(sure, site, on_yield, body), lambda: Unknown("not called")
            )
        if function.memo is not None:
            run_bare = lambda bare: self.run_function(bare, call, on_yield, body)  # noqa: E731
            return self._remembered(function, function.memo, call, run_bare)
        if "typing.overload" in function.marks or str(function.place) in program.state.altered:
            # An overload raises NotImplementedError; the defaults of a function may have been replaced.
            self.guess()
        scope = ScopeValue(program.state.cells(), function.scope, function.module, function)
        self._bind(function, call, scope)
        link = program.frame.link if program.frames else None
        frame = Frame(
            function.module,
            scope,
            function.place.path,
            link,
            function,
            on_yield,
            body,
            condition=len(program.state.condition),
            began=len(program.events),
        )

        def run() -> Value:
            if function.result is not None:
                return program.expressions.evaluate(function.result)
            return returned(program.statements.run(program.body(function)))

        before, seen = program.spent, len(program.events)
        with program.running(frame):
            try:
                value = program.linked(LinkKind.CALL, call.place, function.name, run)
            except Raised as raised:
                if function.is_generator and on_yield != "body" and raised.failure.error == "StopIteration":
                    program.fail("RuntimeError", "generator raised StopIteration", raised.failure.place)
                raise
        if not self.limits.has_news(seen):
            self.limits.toil(function.place, program.spent - before)
        return self._items_of(frame) if on_yield == "collect" else value

    def _unfollowed(self, function: FunctionValue, call: CallSite) -> Value:
        """A call that is too deep to follow, or that has brought nothing new for long."""
        program = self.program
        self.guess()
        program.packages.on_not_followed(program, function)
        for each in (function, *call.args, *call.kwargs.values()):
            self._spoil(each)
        if program.packages.on_unfollowed_call(program, function, call):
            program.state.doubt_all()
            program.clock.running.spoil()
        return Unknown("a call too deep to follow")

    def _items_of(self, frame: Frame) -> Value:
        """What a generator has yielded: a list, some of whose items may be missing."""
        program = self.program
        items = program.sequence("list", tuple(item for item, sure in frame.yielded if sure), frame.yields_more)
        if not all(sure for _, sure in frame.yielded) and isinstance(items, SequenceValue):
            items.cells.data[PERHAPS] = tuple(item for item, _ in frame.yielded)
        return items

    def _remembered(
        self, function: FunctionValue, memo: Cells[Value], call: CallSite, run: Callable[[FunctionValue], Value]
    ) -> Value:
        """A call of a function whose decorator caches results, or may do so."""
        program = self.program
        bare = replace(function, memo=None)
        key = key_of_arguments(call)
        known = memo.get(key)
        if known is not None and key and function.keeps and not isinstance(known, Choice):
            return known
        # Unknown arguments may be equal to those of an earlier call.
        earlier = known or memo.get("") or (Unknown("what an earlier call returned") if any(memo) and not key else None)
        value = run(bare) if earlier is None else program.undecided(lambda: run(bare), lambda: earlier)
        program.state.write(memo, key, value)
        return value

    def guess(self, *, importing: bool = False) -> None:
        """Something is done that is not followed, and is assumed not to fail; ``importing``: an import by name."""
        self.guesses += 1
        if self.program.guarding.is_guarded:
            # Elsewhere nobody asks for it: what is recorded there is not repeated in a guarded block.
            self.program.clock.running.note(UnmodelledCall(importing))
        self.program.guarding.guessed(importing=importing)

    def _check_arguments(self, function: FunctionValue, call: CallSite) -> None:
        """Fail as Python does where the arguments of a call do not match the parameters of a function.

        Raises:
            Raised: TypeError, where both are known.
        """
        words = misfit(function.params, function.defaults, call)
        if words is not None and call.complete and call.written and self._takes_what_it_says(function):
            self.program.fail("TypeError", f"{qualified_name(function)}() {words}", call.place)
        if words is not None or not call.complete:
            self.guess()

    def _takes_what_it_says(self, function: FunctionValue) -> bool:
        """Whether a call passes its arguments to the function unchanged: no decorator adds or takes any."""
        return (
            function.certain
            and (function.memo is None or function.keeps)
            and _KEEPS_PARAMETERS.issuperset(function.marks)
            and str(function.place) not in self.program.state.altered
            and not any(param.name.startswith("__") for param in function.params.positional)
        )

    def _bind(self, function: FunctionValue, call: CallSite, scope: ScopeValue) -> None:
        params = function.params
        names = scope.names.data
        self._check_arguments(function, call)
        for param in (*params.positional, *params.keyword_only):
            default = function.defaults.get(param.name) if call.complete else None
            names[param.name] = default if default is not None else Unknown(f"the parameter {param.name}")
        rest = call.args[len(params.positional) :]
        for param, value in zip(params.positional, call.args, strict=False):
            names[param.name] = value
        extra = DictValue(self.program.state.cells(), open=not call.complete)
        known = named(params)
        for name, value in call.kwargs.items():
            if name in known:
                names[name] = value
            else:
                extra.cells.data[name] = value
        if params.vararg is not None:
            names[params.vararg] = self.program.sequence("tuple", rest, not call.complete)
        if params.kwarg is not None:
            names[params.kwarg] = extra

    # ------------------------------------------------- coroutines and generators

    def run_coroutine(self, coroutine: Coroutine, *, until_yield: bool = False) -> Value:
        """Await a coroutine to its end; or run a context manager's generator up to its ``yield``.

        Raises:
            Raised: where its body certainly raises.
        """
        if not until_yield:
            return self.run_function(coroutine.function, coroutine.call)
        try:
            self.run_function(coroutine.function, coroutine.call, "stop")
        except YieldReached as reached:
            return reached.value
        return Unknown("a context manager that never yields")

    def yielded(self, value: Value, delegate: bool) -> None:
        """A ``yield`` was reached.

        Raises:
            YieldReached: the frame runs only up to here.
        """
        frame = self.program.frame
        if frame.on_yield == "stop":
            raise YieldReached(value)
        if frame.on_yield == "body" and frame.body is not None:
            self._run_below(frame, frame.body, value)
        if frame.on_yield == "collect":
            items = self.program.expressions.iterate(value) if delegate else (value,)
            sure = len(self.program.state.condition) == frame.condition
            frame.yielded.extend((item, sure) for item in items or ())
            frame.yields_more = frame.yields_more or items is None or frame.rounds > 0

    def _run_below(self, frame: Frame, body: Callable[[Value], None], value: Value) -> None:
        """Run the body of a ``with`` in its own frame, below the generator's frame."""
        frames = self.program.frames
        index = frames.index(frame)
        above = frames[index:]
        del frames[index:]
        frame.body = None
        try:
            body(value)
        finally:
            frames.extend(above)

    def collect(self, coroutine: Coroutine) -> tuple[Value, ...] | None:
        """All items that a generator yields, none the second time; None if they are not all known."""
        if coroutine.function.result is not None:
            if coroutine.used.get(USED):
                return ()
            if self.program.certain:
                self.program.state.put(coroutine.used, USED, True)
            return self.program.iterate(self.run_function(coroutine.function, coroutine.call))
        items = self.drawn(coroutine)
        return items.items if isinstance(items, SequenceValue) and not items.open else None

    def drawn(self, coroutine: Coroutine) -> Value:
        """All items of a generator that yields any, in a list of which some may be missing."""
        if coroutine.used.get(USED):
            return self.program.sequence("list", ())
        if self.program.certain:
            self.program.state.put(coroutine.used, USED, True)
        return self.run_function(coroutine.function, coroutine.call, "collect")

    def items_until(self, generator: Coroutine, wanted: bool) -> tuple[Value, ...] | None:
        """The items of a generator expression up to the first whose truth is ``wanted``; None if it is not known."""
        if generator.function.result is None or generator.used.get(USED):
            return self.collect(generator)
        if self.program.certain:
            self.program.state.put(generator.used, USED, True)
        searching: Literal["any", "all"] = "any" if wanted else "all"
        return self.program.iterate(self.run_function(generator.function, generator.call, searching))

    def first_of(self, generator: Coroutine) -> Value:
        """``next(generator)``; what a later one runs is not followed."""
        if generator.used.get(USED) or not generator.function.is_generator:
            return Unknown("the next item")
        self.program.state.put(generator.used, USED, True)
        return self.run_coroutine(generator, until_yield=True)

    def enter(self, context: Value, place: Place) -> Value:
        """What ``with context as x`` binds to ``x``."""
        if isinstance(context, Coroutine) and context.function.is_generator:
            return self.run_coroutine(context, until_yield=True)
        if isinstance(context, InstanceValue):
            if not any(self.program.class_attribute(context.cls, name) for name in ("__exit__", "__aexit__")):
                self.guess()
            for name in ("__enter__", "__aenter__"):
                method = self.program.class_attribute(context.cls, name)
                if method is not None:
                    result = self.call(Bound(method[0], context), CallSite(place, "", None, (), {}))
                    return self.run_coroutine(result) if isinstance(result, Coroutine) else result
        if isinstance(context, ExternalObject):
            return context
        if isinstance(context, Choice):
            options = options_of(context)
            if len({each.made_by if isinstance(each, ExternalObject) else id(each) for each in options}) == 1:
                return options[0]
            return self.program.undecided(*[lambda each=each: self.enter(each, place) for each in options])
        self.guess()
        return Unknown("a context manager")

    # ------------------------------------------------------------------ classes

    def _class(self, cls: ClassValue, call: CallSite) -> Value:
        handler = self.program.packages.instantiate(self.program, cls)
        if handler is not None:
            return handler(self.program, call)
        if len(call.args) == 1 and not call.kwargs:
            member = self.program.attributes.member_by_value(cls, call.args[0])
            if member is not None:
                return member
        if self._made_by_metaclass(cls):
            other, site = Unknown(f"what the metaclass of {cls.name} returns"), replace(call, written=False)
            return self.program.undecided(lambda: self._instance(cls, site), lambda: other)
        return self._instance(cls, call if self._is_ordinary(cls) else replace(call, written=False))

    def _is_ordinary(self, cls: ClassValue) -> bool:
        """Whether a call of a class passes its arguments to ``__new__`` and ``__init__`` as they are defined."""
        return all(
            base.facts is not None
            and len(base.marks) == len(base.facts.decorators)
            and _KEEPS_INIT.issuperset(base.marks)
            and all(each == External("abc.ABCMeta") for each in base.keywords.values())
            if isinstance(base, ClassValue)
            else _is_ordinary_base(base)
            for base in self.program.mro(cls)
        )

    def _made_by_metaclass(self, cls: ClassValue) -> bool:
        """Whether a metaclass of the workspace defines what a call of the class does (such as a singleton's)."""
        metaclasses = (each.keywords.get("metaclass") for each in self.program.mro(cls) if isinstance(each, ClassValue))
        return any(
            isinstance(each, ClassValue) and self.program.class_attribute(each, "__call__") is not None
            for each in metaclasses
        )

    def made_by_metaclass(self, metaclass: Value) -> None:
        """A metaclass that is not followed has created a class: everything that it writes may have changed."""
        self._spoil(metaclass)

    def _instance(self, cls: ClassValue, call: CallSite) -> Value:
        """What ``type.__call__`` does."""
        if self.program.guarding.is_guarded and any(
            base.keywords if isinstance(base, ClassValue) else isinstance(base, External) and base.dotted in _ABSTRACT
            for base in self.program.mro(cls)
        ):
            self.guess()
        instance = InstanceValue(cls, self.program.state.cells())
        new = self.program.class_attribute(cls, "__new__")
        if new is not None and isinstance(new[0], FunctionValue):
            made = self.run_function(new[0], replace(call, receiver=cls, args=(cls, *call.args)))
            if not isinstance(made, (InstanceValue, Unknown, ExternalObject, Choice)):
                return made
            if not isinstance(made, InstanceValue):
                self.guess()
                # It may be an earlier instance, with the attributes that an earlier __init__ set.
                either = self.program.undecided(lambda: self._initialised(instance, call), lambda: instance)
                return choice_of(either, Unknown("an instance that was made before"))
            instance = made
        return self._initialised(instance, call)

    def _initialised(self, instance: InstanceValue, call: CallSite) -> InstanceValue:
        generating = self._generating(instance.cls)
        if generating is not None:
            return self._initialised_by(generating, instance, call)
        init = self.program.class_attribute(instance.cls, "__init__")
        if init is not None and isinstance(init[0], FunctionValue) and init[0].role == "plain":
            result = self.run_function(init[0], replace(call, receiver=instance, args=(instance, *call.args)))
            if result != NONE:
                # __init__() should return None.
                self.guess()
        elif init is not None or (
            self.program.guarding.is_guarded and not self.program.attributes.is_plain(instance.cls)
        ):
            # What __init__ does is not followed: of an external class, or one that was made otherwise.
            self.guess()
            self._fill(instance, call)
        elif call.args or call.kwargs or not call.complete:
            made = self.program.class_attribute(instance.cls, "__new__")
            if call.complete and call.written and made is None and self._takes_none(instance.cls):
                self.program.fail("TypeError", f"{instance.cls.name}() takes no arguments", call.place)
            self.guess()
            self._fill(instance, call)
        return instance

    def _takes_none(self, cls: ClassValue) -> bool:
        """Whether ``object.__new__`` refuses all arguments for a class without ``__new__`` and ``__init__``."""
        return all(
            not base.names.is_open()
            if isinstance(base, ClassValue)
            else isinstance(base, External) and base.dotted in WITHOUT_ARGUMENTS
            for base in self.program.mro(cls)
        )

    def _generating(self, cls: ClassValue) -> ClassValue | None:
        """The class that ``@dataclass`` has given the ``__init__`` of ``cls``; None if it has another or none."""
        for base in self.program.mro(cls):
            if isinstance(base, ClassValue):
                if "__init__" in base.names:
                    return None
                if MARKS.intersection(base.marks):
                    return base
        return None

    def _initialised_by(self, owner: ClassValue, instance: InstanceValue, call: CallSite) -> InstanceValue:
        """Run the ``__init__`` that ``@dataclass`` has generated for ``owner``."""
        generated = generated_init(self.program, owner) if call.complete else None
        after = self.program.class_attribute(instance.cls, "__post_init__")
        self.guess()
        if generated is None:
            self._fill(instance, call)
            if after is not None:
                overwrite_object(self.program, instance)
            return instance
        words = misfit(generated.params, generated.optional, replace(call, args=(instance, *call.args)))
        if words is not None and call.written:
            self.program.fail("TypeError", f"{owner.name}.__init__() {words}", call.place)
        names = (param.name for param in generated.params.positional[1:])
        given = {**dict(zip(names, call.args, strict=False)), **call.kwargs}
        fields = {name: value for name, value in given.items() if name not in generated.passed_on}
        self._fill(instance, replace(call, args=(), kwargs=fields))
        if after is not None:
            passed = tuple(given.get(name) or Unknown(f"the default of {name}") for name in generated.passed_on)
            self.call(Bound(after[0], instance), CallSite(call.place, "", None, passed, {}))
        return instance

    def _fill(self, instance: InstanceValue, call: CallSite) -> None:
        """An ``__init__`` that is not followed: it is unknown which attribute a positional argument sets."""
        state = self.program.state
        plain = self.program.attributes.is_plain(instance.cls)
        if call.args or not call.complete:
            overwrite_object(self.program, instance)
        for name, value in call.kwargs.items():
            state.write(instance.attributes, name, value if plain else Unknown(f"the field {name}"))

    # --------------------------------------------------------------- decorators

    def decorate(self, decorator: Value, target: Value, at: f.At) -> Value:
        """What ``@decorator`` makes of a function or class."""
        place = self.program.place(at)
        if isinstance(decorator, (FunctionValue, Partial, InstanceValue)) or (
            isinstance(decorator, Bound) and not isinstance(decorator.function, External)
        ):
            result = self.call(decorator, CallSite(place, "", None, (target,), {}, written=True))
            if isinstance(result, (Unknown, ExternalObject)) and isinstance(target, FunctionValue):
                return replace(target, certain=False)
            return target if isinstance(result, Unknown) else result
        if isinstance(decorator, ClassValue) and isinstance(target, FunctionValue):
            return self.call(decorator, CallSite(place, "", None, (target,), {}, written=True))
        return decorated_by_external(self.program, decorator, target, place)
