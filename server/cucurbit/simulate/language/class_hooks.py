"""What runs while a class is made: ``__init_subclass__`` of its bases, and where in it a library handles the class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cucurbit.simulate.core.flow import NONE
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.values import CallSite, ClassValue, External, FunctionValue, Value
from cucurbit.source import facts as f
from cucurbit.source.scan import inside


@dataclass
class _Above:
    """What ``super().method(...)`` in ``function`` reaches; ``done``: it was called."""

    function: FunctionValue
    method: str
    reached: Callable[[CallSite], None]
    done: bool = False


class ClassHooks:
    """Runs the hooks of class statements, in the order in which they call each other by ``super()``."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._above: list[_Above] = []

    def with_super(
        self, function: FunctionValue, method: str, reached: Callable[[CallSite], None], run: Callable[[], object]
    ) -> bool:
        """Run ``run``, in which ``super().method(...)`` of ``function`` calls ``reached``; whether it was called."""
        above = _Above(function, method, reached)
        self._above.append(above)
        try:
            run()
        finally:
            self._above.remove(above)
        return above.done

    def at_super(self, call: CallSite) -> Value | None:
        """``super().method(...)``, if it is known what that reaches; None otherwise."""
        frame = self.program.frame
        if not self._above or frame.function is None:
            return None
        above = self._above[-1]
        if above.done or call.name != f"?.{above.method}" or frame.function.place != above.function.place:
            return None
        if len(self.program.state.condition) != frame.condition:
            # It may not be reached: what follows the hook does it.
            return None
        above.done = True
        self._above.pop()
        try:
            above.reached(call)
        finally:
            self._above.append(above)
        return NONE

    def make(self, cls: ClassValue) -> None:
        """Run ``__init_subclass__`` of the bases of a new class, and what libraries do to the class.

        A library's base class that maps in its own ``__init_subclass__`` is reached by ``super()``; metaclasses map
        after all of these hooks.

        Raises:
            Raised: what Python or a library certainly raises.
        """
        hooks, mapped = self._hooks(cls), [False]

        def handle() -> None:
            if not mapped[0]:
                mapped[0] = True
                self.program.packages.on_class(self.program, cls)

        self._run(cls, hooks, CallSite(cls.place, "", None, (), dict(cls.keywords)), handle)
        handle()

    def _run(
        self, cls: ClassValue, hooks: list[FunctionValue | None], call: CallSite, handle: Callable[[], None]
    ) -> None:
        """Run the first hook; None is that of the library that maps the class."""
        if not hooks:
            return
        first, *rest = hooks
        if first is None:
            handle()
            return
        site = CallSite(cls.place, "", None, (cls, *call.args), call.kwargs, complete=call.complete)

        def reached(above: CallSite) -> None:
            self._run(cls, rest, above, handle)

        def run() -> None:
            self.program.calls.run_function(first, site)

        if not self.with_super(first, "__init_subclass__", reached, run) and self._may_go_on(first):
            self._run(cls, rest, call, handle)

    def _may_go_on(self, hook: FunctionValue) -> bool:
        """Whether a hook may call the next one in a way that is not followed."""
        return any(isinstance(node, f.Name) and node.id == "super" for node in inside(self.program.body(hook)))

    def _hooks(self, cls: ClassValue) -> list[FunctionValue | None]:
        hooks: list[FunctionValue | None] = []
        for base in self.program.mro(cls)[1:]:
            if isinstance(base, External) and self.program.packages.base_kind(base.dotted) == "base":
                hooks.append(None)
            hook = base.names.get("__init_subclass__") if isinstance(base, ClassValue) else None
            if isinstance(hook, FunctionValue):
                hooks.append(hook)
        return hooks
