"""What runs while a class is made: ``__init_subclass__`` of its bases, and where in it a library handles the class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cucurbit.simulate.core.flow import NONE
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.values import CallSite, ClassValue, External, FunctionValue, Value
from cucurbit.source import facts as f
from cucurbit.source.scan import inside


@dataclass
class _Above:
    """What ``super().method(...)`` in ``function`` reaches, and whether it was called; None: it may have been."""

    function: FunctionValue
    method: str
    reached: Callable[[CallSite], None]
    called: bool | None = False


class ClassHooks:
    """Runs the hooks of class statements, in the order in which they call each other by ``super()``."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._above: list[_Above] = []

    def with_super(
        self, function: FunctionValue, method: str, reached: Callable[[CallSite], None], run: Callable[[], object]
    ) -> bool | None:
        """Run ``run``, in which ``super().method(...)`` of ``function`` calls ``reached``.

        Whether it was called; None where that is not known, as it may be called in a way that is not followed.
        """
        above = _Above(function, method, reached)
        self._above.append(above)
        try:
            run()
        finally:
            self._above.remove(above)
        body = self.program.body(function)
        if above.called is False and _calls_by_class(body, method):
            reached(CallSite(function.place, "", None, (), {}, complete=False))
            return True
        if above.called is False and (not function.certain or _may_call_otherwise(body, method)):
            return None
        return above.called

    def at_super(self, call: CallSite) -> Value | None:
        """``super().method(...)``, if it is known what that reaches; None otherwise."""
        frame = self.program.frame
        if not self._above or frame.function is None:
            return None
        above = self._above[-1]
        if above.called or call.name != f"?.{above.method}" or frame.function.place != above.function.place:
            return None
        if len(self.program.state.condition) != frame.condition:
            # It may not be reached: what follows the hook does it.
            above.called = None
            return None
        above.called = True
        self._above.pop()
        try:
            above.reached(call)
        finally:
            self._above.append(above)
        return NONE

    def make(self, cls: ClassValue) -> None:
        """Run ``__init_subclass__`` of the bases of a new class, and what libraries do to the class.

        A library's base class that maps in its own ``__init_subclass__`` is reached by ``super()``, or not at all;
        metaclasses map after all of these hooks.

        Raises:
            Raised: what Python or a library certainly raises.
        """
        hooks = self._hooks(cls)
        self._run(cls, hooks, CallSite(cls.place, "", None, (), dict(cls.keywords)))
        if None not in hooks:
            self.program.packages.on_class(self.program, cls)

    def _run(self, cls: ClassValue, hooks: list[FunctionValue | None], call: CallSite) -> None:
        """Run the first hook, which may call the others; None is that of the library, which maps the class first."""
        if not hooks:
            return
        first, *rest = hooks
        if first is None:
            self.program.packages.on_class(self.program, cls)
            self._run(cls, rest, call)
            return
        site = CallSite(cls.place, "", None, (cls, *call.args), call.kwargs, complete=call.complete)

        def reached(above: CallSite) -> None:
            self._run(cls, rest, above)

        def run() -> None:
            self.program.calls.run_function(first, site)

        if self.with_super(first, "__init_subclass__", reached, run) is None:
            self.program.undecided(lambda: self._next(cls, rest, call), lambda: NONE)

    def _next(self, cls: ClassValue, hooks: list[FunctionValue | None], call: CallSite) -> Value:
        self._run(cls, hooks, call)
        return NONE

    def _hooks(self, cls: ClassValue) -> list[FunctionValue | None]:
        """The hooks of a class, in the order in which they call each other."""
        hooks: list[FunctionValue | None] = []
        for base in self.program.mro(cls)[1:]:
            if isinstance(base, External) and self.program.packages.base_kind(base.dotted) == "base":
                hooks.append(None)
            hook = base.names.get("__init_subclass__") if isinstance(base, ClassValue) else None
            if isinstance(hook, FunctionValue):
                hooks.append(hook)
        return hooks


def _calls_by_class(body: Sequence[f.Step], method: str) -> bool:
    """Whether a hook certainly calls the next one as ``Base.method(cls)``."""
    for step in body:
        called = step.value.func if isinstance(step, f.Do) and isinstance(step.value, f.Call) else None
        if isinstance(called, f.Attr) and called.name == method and not _is_super(called.value):
            return True
        if any(isinstance(node, f.Return | f.Raise) for node in inside(step)):
            return False
    return False


def _may_call_otherwise(body: Sequence[f.Step], method: str) -> bool:
    """Whether a hook may call the next one not by ``super()``, or in a function of its own."""
    return any(
        isinstance(node, f.FunctionDef | f.Lambda)
        or (isinstance(node, f.Attr) and node.name == method and not _is_super(node.value))
        or (isinstance(node, f.Name) and node.id in ("getattr", "partial"))
        for node in inside(body)
    )


def _is_super(node: object) -> bool:
    return isinstance(node, f.Call) and isinstance(node.func, f.Name) and node.func.id == "super"
