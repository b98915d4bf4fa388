"""Methods of strings, lists and dicts."""

from __future__ import annotations

import re
from string import Formatter

from cucurbit.simulate.core.cells import PERHAPS
from cucurbit.simulate.core.flow import either
from cucurbit.simulate.core.havoc import empty, overwrite
from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.values import (
    CallSite,
    Constant,
    DictValue,
    SequenceValue,
    Unknown,
    Value,
    may_be_missing,
    options_of,
    text_of,
)
from cucurbit.simulate.core.work import ITEMS_A_STEP, MOST_ITEMS
from cucurbit.simulate.language import operators
from cucurbit.simulate.language.operators import key_of, key_value

_UNKNOWN = object()

_WIDE = re.compile(r"[0-9]{4}")
"""A width or a precision that makes a long string."""


def _literal(value: Value) -> object:
    """What an argument is: a constant, or the tuple of strings that ``startswith`` and ``endswith`` take."""
    if isinstance(value, SequenceValue) and value.kind == "tuple" and not value.open:
        texts = tuple(text_of(item) for item in value.items)
        return _UNKNOWN if None in texts else texts
    return value.value if isinstance(value, Constant) else _UNKNOWN


def _text_method(name: str) -> Handler:
    def run(machine: Machine, call: CallSite) -> Value:
        text = text_of(call.receiver)
        args = [_literal(arg) for arg in call.args]
        if text is None or _UNKNOWN in args or call.kwargs:
            return Unknown("a string")
        if sum(len(arg) for arg in (text, *args) if isinstance(arg, str)) > operators.TEXT_LIMIT:
            return Unknown("a long string")
        try:
            result: object = getattr(text, name)(*args)
        except (TypeError, ValueError, OverflowError):
            return Unknown("a string")
        if isinstance(result, str):
            return operators.made_text(result)
        return Constant(result) if isinstance(result, int) else Unknown("a string")

    return run


def _split(machine: Machine, call: CallSite) -> Value:
    text = text_of(call.receiver)
    separator = call.argument(0, "sep")
    known = None if separator is None else text_of(separator)
    if text is None or (separator is not None and not known) or len(call.args) > 1 or "maxsplit" in call.kwargs:
        return Unknown("a list of strings")
    return machine.sequence("list", tuple(Constant(part) for part in text.split(known)))


def _partition(machine: Machine, call: CallSite) -> Value:
    text, separator = text_of(call.receiver), text_of(call.argument(0, "sep"))
    if text is None or not separator:
        return Unknown("a partition")
    parts = text.rpartition(separator) if call.name.endswith("rpartition") else text.partition(separator)
    return machine.sequence("tuple", tuple(Constant(part) for part in parts))


def _join(machine: Machine, call: CallSite) -> Value:
    text = text_of(call.receiver)
    items = machine.iterate(call.args[0]) if call.args else None
    parts = [text_of(item) for item in items or ()]
    if text is None or items is None or None in parts:
        return Unknown("a string")
    known = [part or "" for part in parts]
    if len(text) * len(known) + sum(map(len, known)) > operators.TEXT_LIMIT:
        return Unknown("a long string")
    return Constant(text.join(known))


def _format(machine: Machine, call: CallSite) -> Value:
    text = text_of(call.receiver)
    args = [operators.shown(arg) for arg in call.args]
    kwargs = {name: operators.shown(value) for name, value in call.kwargs.items()}
    if text is None or None in args or None in kwargs.values():
        return Unknown("a formatted string")
    try:
        # The width and the conversion of a field depend on more than the text of its value.
        formats = [each for _, _, spec, conversion in Formatter().parse(text) for each in (spec, conversion) if each]
        if not formats:
            return operators.made_text(text.format(*args, **kwargs))
        plain = all(isinstance(each, Constant) for each in (*call.args, *call.kwargs.values()))
        if not plain or any(_WIDE.search(each) for each in formats):
            return Unknown("a formatted string")
        given = [each.value for each in call.args if isinstance(each, Constant)]
        named = {name: each.value for name, each in call.kwargs.items() if isinstance(each, Constant)}
        return operators.made_text(text.format(*given, **named))
    except (IndexError, KeyError, ValueError, AttributeError, TypeError):
        return Unknown("a formatted string")


def _append(machine: Machine, call: CallSite) -> Value:
    _grow(machine, call.receiver, call.args[:1])
    return Constant(None)


def _extend(machine: Machine, call: CallSite) -> Value:
    _grow(machine, call.receiver, machine.iterate(call.args[0]) if call.args else None)
    return Constant(None)


def _grow(machine: Machine, receiver: Value | None, items: tuple[Value, ...] | None) -> None:
    if isinstance(receiver, SequenceValue):
        machine.extend(receiver, items)


def _insert(machine: Machine, call: CallSite) -> Value:
    receiver = call.receiver
    if isinstance(receiver, SequenceValue) and len(call.args) == 2:
        position = call.args[0].value if isinstance(call.args[0], Constant) else None
        if len(receiver.items) >= MOST_ITEMS:
            machine.state.open_up(receiver)
            return Constant(None)
        machine.spend(1 + len(receiver.items) // ITEMS_A_STEP)
        items = list(receiver.items)
        at = position if isinstance(position, int) else len(items)
        items[at:at] = [call.args[1]]
        if not isinstance(position, int):
            machine.state.open_up(receiver)
        machine.state.write(receiver.cells, "items", tuple(items))
    return Constant(None)


def _remove(machine: Machine, call: CallSite) -> Value:
    receiver = call.receiver
    if isinstance(receiver, SequenceValue) and call.args:
        if call.args[0] in receiver.items and isinstance(call.args[0], Constant):
            machine.spend(len(receiver.items) // ITEMS_A_STEP)
            items = list(receiver.items)
            items.remove(call.args[0])
            machine.state.write(receiver.cells, "items", tuple(items))
        else:
            machine.state.open_up(receiver)
    return Constant(None)


def _pop(machine: Machine, call: CallSite) -> Value:
    """``list.pop(index)`` and ``dict.pop(key, default)`` of known values."""
    receiver = call.receiver
    if isinstance(receiver, SequenceValue) and receiver.kind == "list" and not receiver.open:
        given = call.args[0] if call.args else Constant(-1)
        index = given.value if isinstance(given, Constant) else None
        machine.spend(len(receiver.items) // ITEMS_A_STEP)
        items = list(receiver.items)
        if isinstance(index, int) and -len(items) <= index < len(items):
            found = items.pop(index)
            machine.state.write(receiver.cells, "items", tuple(items))
            return found
    if isinstance(receiver, DictValue) and call.args:
        key = key_of(call.args[0])
        held = None if key is None else receiver.cells.get(key)
        if key is not None and held is not None and not may_be_missing(held):
            machine.state.write(receiver.cells, key, None)
            return held
        if key is not None and held is None and not receiver.open and len(call.args) > 1:
            return call.args[1]
    return _spoil(machine, call)


def _reverse(machine: Machine, call: CallSite) -> Value:
    receiver = call.receiver
    if not isinstance(receiver, SequenceValue) or receiver.open:
        return _spoil(machine, call)
    machine.spend(len(receiver.items) // ITEMS_A_STEP)
    machine.state.write(receiver.cells, "items", receiver.items[::-1])
    return Constant(None)


def _sort(machine: Machine, call: CallSite) -> Value:
    receiver = call.receiver
    ordered = in_order(receiver.items, call) if isinstance(receiver, SequenceValue) and not receiver.open else None
    if ordered is None or not isinstance(receiver, SequenceValue):
        return _spoil(machine, call)
    machine.state.write(receiver.cells, "items", ordered)
    return Constant(None)


def in_order(items: tuple[Value, ...], call: CallSite) -> tuple[Value, ...] | None:
    """Sorted items, if all are numbers or all are strings; None if their order is unknown."""
    backwards = call.kwargs.get("reverse", Constant(False))
    if not isinstance(backwards, Constant) or call.kwargs.keys() - {"reverse"} or not call.complete:
        return None
    texts = [item for item in items if isinstance(item, Constant) and isinstance(item.value, str)]
    numbers = [item for item in items if isinstance(item, Constant) and isinstance(item.value, (int, float))]
    if len(texts) == len(items):
        return tuple(sorted(texts, key=lambda item: str(item.value), reverse=bool(backwards.value)))
    if len(numbers) == len(items):
        return tuple(sorted(numbers, key=lambda item: float(item.value or 0), reverse=bool(backwards.value)))
    return None


def _add(machine: Machine, call: CallSite) -> Value:
    """``set.add``: what is there is not added again."""
    receiver = call.receiver
    known = isinstance(receiver, SequenceValue) and bool(call.args) and call.args[0] in receiver.items
    if not known or not isinstance(call.args[0], Constant):
        _grow(machine, receiver, call.args[:1])
    return Constant(None)


def _spoil(machine: Machine, call: CallSite) -> Value:
    if call.receiver is not None:
        empty(machine.state, call.receiver, known=False)
    return Unknown(call.name)


def _clear(machine: Machine, call: CallSite) -> Value:
    if call.receiver is not None:
        # Only a list that is certainly cleared is known to be empty.
        empty(machine.state, call.receiver, known=machine.certain)
    return Constant(None)


def _setdefault(machine: Machine, call: CallSite) -> Value:
    found = _get(machine, call)
    key = key_of(call.args[0]) if call.args else None
    if isinstance(call.receiver, DictValue) and key is not None and call.receiver.cells.get(key) is None:
        machine.state.write(call.receiver.cells, key, found)
        return found
    return found if isinstance(call.receiver, DictValue) and key is not None else _spoil(machine, call)


def _get(machine: Machine, call: CallSite) -> Value:
    receiver = call.receiver
    key = key_of(call.args[0]) if call.args else None
    if not isinstance(receiver, DictValue) or key is None:
        return Unknown("an item of a dict")
    found = receiver.cells.get(key)
    default = call.argument(1, "default") or Constant(None)
    if found is not None:
        return either(*options_of(found), default) if may_be_missing(found) else found
    if receiver.open:
        return Unknown("an item of a dict")
    return default


def _view(machine: Machine, call: CallSite) -> Value:
    receiver = call.receiver
    if not isinstance(receiver, DictValue) or receiver.open:
        return Unknown("a view of a dict")
    cells = receiver.cells
    kind = call.name.rpartition(".")[2]
    shown: list[Value] = []
    sure: list[Value] = []
    for key in cells:
        value = either(*options_of(cells[key]))
        pair = (key_value(key), value)
        item = pair[0] if kind == "keys" else value if kind == "values" else machine.sequence("tuple", pair)
        shown.append(item)
        if not may_be_missing(cells[key]):
            sure.append(item)
    view = machine.sequence("list", tuple(sure))
    if isinstance(view, SequenceValue):
        view.shape = "view"
        if len(sure) < len(shown):
            view.cells.data[PERHAPS] = tuple(shown)
    return view


def _overwritten(machine: Machine, receiver: DictValue) -> None:
    machine.state.open_up(receiver)
    overwrite(machine, receiver.cells)


def _update(machine: Machine, call: CallSite) -> Value:
    receiver = call.receiver
    if isinstance(receiver, DictValue):
        for arg in call.args:
            if isinstance(arg, DictValue):
                for key in arg.cells:
                    machine.state.write(receiver.cells, key, arg.cells[key])
                if arg.open:
                    _overwritten(machine, receiver)
            else:
                _overwritten(machine, receiver)
        for key, value in call.kwargs.items():
            machine.state.write(receiver.cells, key, value)
    return Constant(None)


_TEXT = (
    *("lower", "upper", "title", "capitalize", "casefold", "swapcase", "strip"),
    *("lstrip", "rstrip", "replace", "removeprefix", "removesuffix", "startswith", "endswith"),
    *("isupper", "islower", "isidentifier", "isdigit", "isalpha", "count", "find"),
)

HANDLERS: dict[str, Handler] = {
    **{f"@str.{name}": _text_method(name) for name in _TEXT},
    "@str.split": _split,
    "@str.partition": _partition,
    "@str.rpartition": _partition,
    "@str.join": _join,
    "@str.format": _format,
    "@list.append": _append,
    "@set.add": _add,
    "@list.extend": _extend,
    "@set.update": _extend,
    "@list.insert": _insert,
    "@list.remove": _remove,
    "@set.discard": _remove,
    "@list.pop": _pop,
    "@list.sort": _sort,
    "@list.reverse": _reverse,
    **{f"@set.{name}": _spoil for name in ("pop", "remove", "difference_update", "intersection_update")},
    "@dict.pop": _pop,
    "@dict.popitem": _spoil,
    **{f"@{kind}.clear": _clear for kind in ("list", "set", "dict")},
    "@dict.setdefault": _setdefault,
    "@dict.get": _get,
    "@dict.keys": _view,
    "@dict.values": _view,
    "@dict.items": _view,
    "@dict.update": _update,
}
