"""``re.sub``, ``split`` and ``findall`` on strings that are known: how people make the name of a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from cucurbit.simulate.core.machine import Handler, Handlers, Machine
from cucurbit.simulate.core.values import CallSite, Constant, ExternalObject, FunctionValue, Unknown, Value, text_of

LONGEST = 200
"""Longer texts and patterns are not matched: matching must never take long."""

MOST_STEPS = 4_000_000
"""Steps of the regular expression engine for one text."""

STEPS_A_STEP = 1_000
"""Steps of the regular expression engine that count as one step of the program."""

_PARTS = re.compile(
    r"""
    (?P<escape>\\.)
    |(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])
    |(?P<group>\((?:\?(?::|=|!|<=|<!|P<\w+>))?)
    |(?P<end>\))
    |(?P<repeat>(?:[*+?]|\{\d*,?\d*\})\??)
    |(?P<either>\|)
    |(?P<other>[^\\\[\]()*+?|])
    """,
    re.VERBOSE | re.DOTALL,
)

UNKNOWN = Unknown("a regular expression")

_Search: TypeAlias = Callable[[Machine, CallSite, Value, tuple[Value, ...]], Value]
"""What a call does with a pattern and the arguments after it."""


def steps(pattern: str, length: int) -> int | None:
    """The most steps that ``pattern`` can take on a text of ``length`` characters; None if they are not counted.

    From each place in the text, each repetition may end at any later place, and each ``|`` has two alternatives. The
    steps of a repeated group and of a reference to a group are not counted: they have no bound.
    """
    ways = 1
    end = 0
    after_group = False
    while end < len(pattern):
        part = _PARTS.match(pattern, end)
        if part is None or (part["escape"] and part["escape"][1].isdigit()):
            return None
        if part["repeat"]:
            if after_group and part["repeat"][0] != "?":
                return None
            ways *= 2 if part["repeat"][0] == "?" else length + 1
        elif part["either"]:
            ways *= 2
        if ways > MOST_STEPS:
            return None
        after_group = bool(part["end"])
        end = part.end()
    return ways * (length + 1) * len(pattern)


def _compiled(machine: Machine, pattern: str | None, text: str | None) -> re.Pattern[str] | None:
    """The pattern, if it and the text are known and matching is certainly cheap."""
    if pattern is None or text is None or max(len(pattern), len(text)) > LONGEST:
        return None
    most = steps(pattern, len(text))
    if most is None or most > MOST_STEPS:
        return None
    machine.spend(1 + most // STEPS_A_STEP)
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


def _substitute(machine: Machine, call: CallSite, pattern: Value, rest: tuple[Value, ...]) -> Value:
    text = text_of(rest[1]) if len(rest) == 2 else None
    compiled = _compiled(machine, text_of(pattern), text)
    if compiled is None or text is None or call.kwargs or not call.complete:
        return UNKNOWN
    replacement = text_of(rest[0])
    try:
        if replacement is not None and len(replacement) <= LONGEST:
            return Constant(compiled.sub(replacement, text))
        if isinstance(rest[0], FunctionValue):
            return _with_function(machine, call, compiled, rest[0], text)
    except (re.error, IndexError):
        return UNKNOWN
    return UNKNOWN


def _with_function(
    machine: Machine, call: CallSite, pattern: re.Pattern[str], function: FunctionValue, text: str
) -> Value:
    pieces: list[str] = []
    end = 0
    for found in pattern.finditer(text):
        match = ExternalObject("re.Match", call, machine.state.cells())
        groups = (found.group(), *found.groups())
        match.attributes.data.update({str(index): Constant(group) for index, group in enumerate(groups)})
        piece = text_of(machine.call(function, CallSite(call.place, "", None, (match,), {})))
        if piece is None:
            return UNKNOWN
        pieces += [text[end : found.start()], piece]
        end = found.end()
    return Constant("".join([*pieces, text[end:]]))


def _group(_: Machine, call: CallSite) -> Value:
    index = call.args[0] if call.args else Constant(0)
    if len(call.args) > 1 or not isinstance(call.receiver, ExternalObject) or not isinstance(index, Constant):
        return UNKNOWN
    return call.receiver.attributes.get(str(index.value)) or UNKNOWN


def _pieces(machine: Machine, call: CallSite, pattern: Value, rest: tuple[Value, ...]) -> Value:
    """``split`` and ``findall``, each without a limit: a list of texts."""
    text = text_of(rest[0]) if len(rest) == 1 else None
    compiled = _compiled(machine, text_of(pattern), text)
    if compiled is None or text is None or call.kwargs or not call.complete:
        return UNKNOWN
    if call.name.endswith(".split"):
        found: list[str | None] = compiled.split(text)
    else:
        if compiled.groups > 1:
            return UNKNOWN
        found = list(compiled.findall(text))
    return machine.sequence("list", tuple(Constant(each) for each in found))


def _of_module(search: _Search) -> Handler:
    """``re.sub(pattern, ...)``."""

    def handle(machine: Machine, call: CallSite) -> Value:
        return search(machine, call, call.args[0], call.args[1:]) if call.args else UNKNOWN

    return handle


def _of_pattern(search: _Search) -> Handler:
    """``re.compile(pattern).sub(...)``."""

    def handle(machine: Machine, call: CallSite) -> Value:
        made = call.receiver.call if isinstance(call.receiver, ExternalObject) else None
        if made is None or len(made.args) != 1 or made.kwargs:
            return UNKNOWN
        return search(machine, call, made.args[0], call.args)

    return handle


_SEARCHES: dict[str, _Search] = {"sub": _substitute, "split": _pieces, "findall": _pieces}

HANDLERS: Handlers = {
    **{f"re.{name}": _of_module(search) for name, search in _SEARCHES.items()},
    **{f"re.compile().{name}": _of_pattern(search) for name, search in _SEARCHES.items()},
    "re.Match().group": _group,
}
