"""wrapt and decorator: decorators that are made of a function, which is called with each function that they wrap."""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.values import CallSite, Unknown, Value


def _make_decorator(machine: Machine, call: CallSite) -> Value:
    """``@decorator`` above ``def wrapper(wrapped, ...)``.

    What decorates with it does not run the wrapper; a call of what it decorates may run more, or less, than that.
    """
    return Unknown("a decorator made of a function")


PACKAGE = Package(name="wrapt", calls={"wrapt.decorator": _make_decorator, "decorator.decorator": _make_decorator})
