"""Whether the arguments of a call fit a function's parameters, and what Python says where they do not.

The rules and the words are those of ``initialize_locals`` in CPython's Python/ceval.c.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cucurbit.simulate.core.values import CallSite, FunctionValue, ScopeValue
from cucurbit.source.facts import ClassDef, Params

WITHOUT_ARGUMENTS = frozenset({"builtins.object", "typing.Generic", "abc.ABC"})
"""Base classes that take no arguments."""


def misfit(params: Params, optional: Collection[str], call: CallSite) -> str | None:
    """What Python says about the arguments of a call, after the name of the function; None if they fit.

    All arguments are known. ``optional`` are the parameters that have a default value.
    """
    given = [param.name for param in params.positional[: len(call.args)]]
    if not call.kwargs and not params.keyword_only and len(call.args) == len(params.positional):
        return None
    return _wrong_keyword(params, given, call) or _too_many(params, optional, call) or _missing(params, optional, call)


def named(params: Params) -> set[str]:
    """The parameters that may be given by name."""
    return {param.name for param in (*params.positional[params.positional_only :], *params.keyword_only)}


def _wrong_keyword(params: Params, given: Collection[str], call: CallSite) -> str | None:
    known = named(params) if call.kwargs else ()
    for name in call.kwargs:
        if name in known:
            if name in given:
                return f"got multiple values for argument '{name}'"
        elif params.kwarg is None:
            only = [param.name for param in params.positional[: params.positional_only]]
            wrong = ", ".join(each for each in only if each in call.kwargs)
            if wrong:
                return f"got some positional-only arguments passed as keyword arguments: '{wrong}'"
            return f"got an unexpected keyword argument '{name}'"
    return None


def _too_many(params: Params, optional: Collection[str], call: CallSite) -> str | None:
    given, most = len(call.args), len(params.positional)
    if params.vararg is not None or given <= most:
        return None
    least = sum(param.name not in optional for param in params.positional)
    takes = f"{most} positional argument{_s(most)}" if least == most else f"from {least} to {most} positional arguments"
    by_name = sum(param.name in call.kwargs for param in params.keyword_only)
    also = f" positional argument{_s(given)} (and {by_name} keyword-only argument{_s(by_name)})" if by_name else ""
    return f"takes {takes} but {given}{also} {'was' if given == 1 and not by_name else 'were'} given"


def _missing(params: Params, optional: Collection[str], call: CallSite) -> str | None:
    for kind, group, by_place, only_by_place in (
        ("positional", params.positional, len(call.args), params.positional_only),
        ("keyword-only", params.keyword_only, 0, 0),
    ):
        missing = [
            f"'{param.name}'"
            for index, param in enumerate(group)
            if index >= by_place
            and param.name not in optional
            and (index < only_by_place or param.name not in call.kwargs)
        ]
        if missing:
            return f"missing {len(missing)} required {kind} argument{_s(len(missing))}: {_listed(missing)}"
    return None


def qualified_name(function: FunctionValue) -> str:
    """The ``__qualname__`` of a function."""
    return function.qualname or qualified(function.name, function.scope)


def qualified(name: str, scope: ScopeValue | None) -> str:
    """The ``__qualname__`` of what is defined as ``name`` in ``scope``."""
    parts = [name]
    while scope is not None:
        if isinstance(scope.owner, ClassDef):
            parts.append(scope.owner.name)
        elif scope.owner is not None:
            parts += ["<locals>", scope.owner.name]
        scope = scope.outer
    return ".".join(reversed(parts))


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def _listed(names: Sequence[str]) -> str:
    if len(names) < 3:
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"
