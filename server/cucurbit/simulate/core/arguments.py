"""Equal arguments of calls."""

from __future__ import annotations

from cucurbit.simulate.core.values import CallSite, Choice, Constant, External, Unknown, Value


def key_of_arguments(call: CallSite) -> str:
    """Equal for calls with equal arguments; empty if an argument is unknown."""
    given = [("", arg) for arg in call.args] + sorted(call.kwargs.items(), key=lambda item: item[0])
    if not call.complete or any(isinstance(value, (Unknown, Choice)) for _, value in given):
        return ""
    return f"({', '.join(f'{name}={_shown(value)}' for name, value in given)})"


def _shown(value: Value) -> str:
    if isinstance(value, Constant):
        return repr(value.value)
    return value.dotted if isinstance(value, External) else str(id(value))
