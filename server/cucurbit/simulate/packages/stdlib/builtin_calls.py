"""The built-in functions that matter to start-up code."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from cucurbit.simulate.core.cells import Cells
from cucurbit.simulate.core.exceptions import exit_message
from cucurbit.simulate.core.havoc import empty, overwrite, overwrite_object
from cucurbit.simulate.core.machine import Ended, Handler, Machine
from cucurbit.simulate.core.timeline import CutKind
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    ClassMapping,
    ClassValue,
    Constant,
    Coroutine,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    PathValue,
    SequenceValue,
    Unknown,
    Value,
    may_be_missing,
    text_of,
)
from cucurbit.simulate.language import operators
from cucurbit.simulate.packages.stdlib.method_calls import in_order

_RANGE_LIMIT = 1000
_SUPER = "builtins.super"


def _unknown(machine: Machine, call: CallSite) -> Value:
    return Unknown(call.name)


def _nothing(machine: Machine, call: CallSite) -> Value:
    return Constant(None)


def _str(machine: Machine, call: CallSite) -> Value:
    text = operators.shown(call.args[0]) if call.args else ""
    if call.kwargs or len(call.args) > 1:
        return Unknown("a string")
    return Unknown("a string") if text is None else Constant(text)


def _len(machine: Machine, call: CallSite) -> Value:
    value = call.args[0] if call.args else Unknown("")
    if isinstance(value, Constant) and isinstance(value.value, str):
        return Constant(len(value.value))
    items = machine.iterate(value)
    repeats = isinstance(value, SequenceValue) and value.kind == "set"
    if repeats and items is not None and all(isinstance(item, Constant) for item in items):
        return Constant(len({item.value for item in items if isinstance(item, Constant)}))
    return Unknown("a length") if items is None or repeats else Constant(len(items))


def _range(machine: Machine, call: CallSite) -> Value:
    numbers = [arg.value for arg in call.args if isinstance(arg, Constant) and isinstance(arg.value, int)]
    if len(numbers) != len(call.args) or not 1 <= len(numbers) <= 3 or (len(numbers) == 3 and numbers[2] == 0):
        return Unknown("a range")
    found = range(*numbers)
    if found[_RANGE_LIMIT:]:
        return Unknown("a long range")
    numbered = machine.sequence("list", tuple(Constant(number) for number in found))
    if isinstance(numbered, SequenceValue):
        numbered.shape = "view"
    return numbered


def _made(machine: Machine, call: CallSite) -> Value:
    kind = call.name.rpartition(".")[2]
    if not call.args:
        empty: Literal["list", "tuple", "set"] = (
            "list" if kind in ("list", "sorted") else "tuple" if kind == "tuple" else "set"
        )
        return machine.sequence(empty, (), not call.complete)
    items = machine.iterate(call.args[0])
    if items is None:
        return Unknown(f"a {kind}")
    if kind == "reversed":
        return machine.iterator(items[::-1])
    given = call.args[0]
    shuffled = isinstance(given, SequenceValue) and (given.kind == "set" or given.shape == "shuffled")
    if kind == "sorted":
        ordered = in_order(items, call)
        if ordered is None and not call.kwargs and all(isinstance(item, PathValue) for item in items):
            ordered = tuple(sorted(items, key=lambda item: operators.shown(item) or ""))
        shuffled = ordered is None
        items = items if ordered is None else ordered
    target = "tuple" if kind == "tuple" else "set" if kind in ("set", "frozenset") else "list"
    made = machine.sequence("list" if target == "list" else "tuple" if target == "tuple" else "set", items)
    if isinstance(made, SequenceValue) and shuffled and target != "set" and len(items) > 1:
        made.shape = "shuffled"
        if kind != "sorted" and not all(isinstance(item, Constant) for item in items):
            # Equal items of a set are one.
            machine.state.open_up(made)
    return made


def _dict(machine: Machine, call: CallSite) -> Value:
    result = DictValue(machine.state.cells(), open=not call.complete)
    for arg in call.args:
        if isinstance(arg, DictValue):
            result.cells.data.update({key: arg.cells[key] for key in arg.cells})
        if not isinstance(arg, DictValue) or arg.open:
            result.cells.open = True
    result.cells.data.update(call.kwargs)
    return result


def _enumerate(machine: Machine, call: CallSite) -> Value:
    items = machine.iterate(call.args[0]) if call.args else None
    if items is None:
        return Unknown("an enumeration")
    given = call.argument(1, "start") or Constant(0)
    if not isinstance(given, Constant) or not isinstance(given.value, int):
        return Unknown("an enumeration")
    pairs = (machine.sequence("tuple", (Constant(n), item)) for n, item in enumerate(items, given.value))
    return machine.iterator(tuple(pairs))


def _zip(machine: Machine, call: CallSite) -> Value:
    columns = [machine.iterate(arg) for arg in call.args]
    known = [column for column in columns if column is not None]
    if len(known) != len(columns) or (call.kwargs and len({len(column) for column in known}) > 1):
        return Unknown("a zip")
    return machine.iterator(tuple(machine.sequence("tuple", row) for row in zip(*known, strict=False)))


def _map(machine: Machine, call: CallSite) -> Value:
    items = machine.iterate(call.args[1]) if len(call.args) == 2 else None
    if items is None:
        return Unknown("a map")
    made = tuple(machine.call(call.args[0], CallSite(call.place, "", None, (item,), {})) for item in items)
    return machine.iterator(made)


def _filter(machine: Machine, call: CallSite) -> Value:
    items = machine.iterate(call.args[1]) if len(call.args) == 2 else None
    if items is None:
        return Unknown("a filter")
    kept: list[Value] = []
    for item in items:
        nothing = call.args[0] == Constant(None)
        tested = item if nothing else machine.call(call.args[0], CallSite(call.place, "", None, (item,), {}))
        decided = machine.truth(tested)
        if decided is None:
            return Unknown("a filter")
        if decided:
            kept.append(item)
    return machine.iterator(tuple(kept))


def _any(machine: Machine, call: CallSite) -> Value:
    wanted = call.name.endswith("any")
    given = call.args[0] if call.args else None
    if isinstance(given, Coroutine):
        items = machine.items_until(given, wanted)
    else:
        items = None if given is None else machine.iterate(given)
    if items is None:
        return Unknown("a condition")
    decided = [machine.truth(item) for item in items]
    if wanted in decided:
        return Constant(wanted)
    return Unknown("a condition") if None in decided else Constant(not wanted)


_FROZEN = ("frozen", "_MEIPASS")
"""Attributes that ``sys`` only has in a program packed into one file; here the program is started from source."""


def _attribute_name(value: Value | None) -> str | None:
    """A name that ``getattr`` and the like are given; those that handlers use for themselves count as unknown."""
    name = text_of(value)
    return None if name is not None and name.startswith("@") else name


def _getattr(machine: Machine, call: CallSite) -> Value:
    name = _attribute_name(call.argument(1, "name"))
    if name is None or not call.args:
        return Unknown("an attribute with an unknown name")
    if len(call.args) > 2:
        has = _has(machine, call.args[0], name)
        if has is False:
            return call.args[2]
        if has is None:
            return Unknown(f"the attribute {name}")
    return machine.get_attribute(call.args[0], name, call.place)


def _has(machine: Machine, value: Value, name: str) -> bool | None:
    if value == External("sys") and name in _FROZEN:
        return False
    cells: Cells[Value] | None = None
    if isinstance(value, ModuleValue):
        cells = value.names
        machine.state.clock.running.looks_at(cells)
        if name not in cells and (value.open or value.open_for):
            return None
    elif isinstance(value, ClassValue):
        if "_ignore_" in value.names:
            return None
        return machine.packages.has_attribute(machine, value, name)
    elif isinstance(value, InstanceValue):
        cells = value.attributes
        if name not in cells:
            held = machine.class_attribute(value.cls, name)
            computed = held is not None and isinstance(held[0], FunctionValue) and held[0].role == "property"
            return None if held is None or computed else True
    elif isinstance(value, ExternalObject):
        # What the library gives the object beside these is not known.
        found = value.attributes.get(name)
        return None if found is None or may_be_missing(found) else True
    if cells is None:
        return None
    found = cells.get(name)
    if found is not None and may_be_missing(found):
        return None
    return found is not None


def _hasattr(machine: Machine, call: CallSite) -> Value:
    name = _attribute_name(call.argument(1, "name"))
    has = None if name is None or not call.args else _has(machine, call.args[0], name)
    return Unknown("whether an attribute is there") if has is None else Constant(has)


def _setattr(machine: Machine, call: CallSite) -> Value:
    name = _attribute_name(call.argument(1, "name"))
    if name is not None and len(call.args) == 3:
        machine.set_attribute(call.args[0], name, call.args[2])
    elif call.args:
        overwrite_object(machine, call.args[0])
    return Constant(None)


def _issubclass(machine: Machine, call: CallSite) -> Value:
    if len(call.args) != 2 or not isinstance(call.args[0], ClassValue):
        return Unknown("a class check")
    order = machine.mro(call.args[0])
    if any(base is call.args[1] or base == call.args[1] for base in order):
        return Constant(True)
    sure = all(isinstance(base, ClassValue) for base in order) and _decides_nothing(machine, call.args[1])
    return Constant(False) if sure else Unknown("a class check")


def _delattr(machine: Machine, call: CallSite) -> Value:
    name = _attribute_name(call.args[1]) if len(call.args) == 2 else None
    if name is None:
        machine.cut(call.place, "delattr of a name that is not known")
        if call.args:
            overwrite_object(machine, call.args[0])
    else:
        machine.set_attribute(call.args[0], name, Unknown(f"the attribute {name}, which was removed"))
    return Constant(None)


def _isinstance(machine: Machine, call: CallSite) -> Value:
    if len(call.args) != 2:
        return Unknown("a type check")
    value, kind = call.args
    if isinstance(value, Constant) and isinstance(kind, External) and kind.dotted.startswith("builtins."):
        found = type(value.value).__mro__
        return Constant(kind.dotted.rpartition(".")[2] in {cls.__name__ for cls in found})
    if isinstance(value, InstanceValue) and isinstance(kind, ClassValue):
        order = machine.mro(value.cls)
        if kind in order:
            return Constant(True)
        sure = not any(isinstance(base, Unknown) for base in order) and "__class__" not in value.cls.names
        return Constant(False) if sure and _decides_nothing(machine, kind) else Unknown("a type check")
    if isinstance(value, ClassValue) and kind == External("builtins.type"):
        return Constant(True)
    return Unknown("a type check")


def _decides_nothing(machine: Machine, kind: Value) -> bool:
    """Whether ``isinstance`` only checks the bases: the class is no Protocol and has no metaclass (``abc.ABC``)."""
    if not isinstance(kind, ClassValue):
        return False
    return all(
        not base.keywords if isinstance(base, ClassValue) else isinstance(base, External) and base.dotted in _ORDINARY
        for base in machine.mro(kind)
    )


_ORDINARY = frozenset(
    {"builtins.object", "builtins.Exception", "builtins.dict", "builtins.list", "builtins.str", "builtins.int"}
)


def _type(machine: Machine, call: CallSite) -> Value:
    """``type(x)``; the form with three arguments makes a class."""
    if len(call.args) == 1 and isinstance(call.args[0], InstanceValue):
        return call.args[0].cls
    if len(call.args) == 3:
        return _make_class(machine, call)
    return Unknown("a type")


def _make_class(machine: Machine, call: CallSite) -> Value:
    """``type(name, bases, namespace)``: a class as a class statement makes it.

    Raises:
        Raised: the exception that a library certainly raises.
    """
    name, bases, namespace = call.args
    known = isinstance(bases, SequenceValue) and not bases.open and isinstance(namespace, DictValue)
    if not known or not isinstance(bases, SequenceValue) or not isinstance(namespace, DictValue):
        machine.cut(call.place, "a class made by type(name, bases, namespace)")
        return Unknown("a class made by type(name, bases, namespace)")
    cls = ClassValue(
        name=text_of(name) or "",
        bases=bases.items,
        keywords=dict(call.kwargs),
        names=machine.state.cells(),
        module=machine.module,
        place=call.place,
        statement=None,
    )
    cls.names.data.update({name: namespace.cells[name] for name in namespace.cells})
    if namespace.open:
        machine.cut(call.place, f"the attributes of the class {cls.name}")
        cls.mapping = ClassMapping("unknown", None)
    else:
        machine.packages.on_class(machine, cls)
    return cls


def _namespace(machine: Machine, call: CallSite) -> Value:
    """``globals()``, ``locals()``, ``vars()`` and ``vars(object)``."""
    if call.args:
        return machine.get_attribute(call.args[0], "__dict__", call.place)
    return machine.namespace(outermost=call.name.endswith("globals"))


def _execute(machine: Machine, call: CallSite) -> Value:
    """``exec`` and ``eval``: they may add and change names of the module that cannot be seen."""
    kind = call.name.rpartition(".")[2]
    machine.cut(call.place, f"{kind} runs code that is not read", CutKind.EXECUTION)
    if kind == "exec":
        given = call.argument(1, "globals")
        if isinstance(given, DictValue):
            machine.state.open_up(given)
            overwrite(machine, given.cells)
        else:
            overwrite_object(machine, machine.module)
            _change_locals(machine)
    return Unknown(call.name)


def _change_locals(machine: Machine) -> None:
    """Code that is not read may change what local variables hold, though not which objects they are."""
    names = machine.namespace(outermost=False)
    for name in names.cells if isinstance(names, DictValue) else ():
        held = names.cells[name] if isinstance(names, DictValue) else None
        if isinstance(held, (SequenceValue, DictValue)):
            machine.state.open_up(held)
            if isinstance(held, SequenceValue) and held.kind != "tuple":
                empty(machine.state, held, known=False)
            elif isinstance(held, DictValue):
                overwrite(machine, held.cells)


def _import(machine: Machine, call: CallSite) -> Value:
    name = text_of(call.argument(0, "name"))
    if name is None:
        machine.cut(call.place, "an import with an unknown name", CutKind.IMPORT)
        return Unknown("a module")
    found = machine.import_module(name, call.place, by_name=False)
    if call.argument(3, "fromlist") is None and isinstance(found, ModuleValue):
        top = name.partition(".")[0]
        entry = machine.state.modules.get(top)
        return machine.import_module(top, call.place) if entry is None else entry.module
    return found


def _super(machine: Machine, call: CallSite) -> Value:
    """``super()`` in a method, and ``super(Class, self)`` anywhere; those of a class are not followed."""
    given: tuple[Value, ...] = call.args
    if not given and machine.method is not None:
        function, receiver = machine.method
        order = machine.mro(receiver.cls) if isinstance(receiver, InstanceValue) else ()
        given = next(((cls, receiver) for cls in order if _defines(cls, function)), ())
    if len(given) != 2 or not isinstance(given[1], InstanceValue) or given[0] not in machine.mro(given[1].cls):
        return Unknown("super()")
    return ExternalObject(_SUPER, replace(call, args=given), machine.state.cells())


def _defines(cls: Value, function: FunctionValue) -> bool:
    """Whether a method is written in this class, under its own name."""
    held = cls.names.get(function.name) if isinstance(cls, ClassValue) else None
    return isinstance(held, FunctionValue) and held.place == function.place


def attribute(machine: Machine, value: ExternalObject, dotted: str) -> Value | None:
    """A method that ``super()`` finds in a class of the workspace; what libraries define there is not known."""
    head, _, name = dotted.rpartition(".")
    if head != f"{_SUPER}()":
        return None
    cls, receiver = value.call.args
    order = machine.mro(receiver.cls) if isinstance(receiver, InstanceValue) else ()
    for base in order[order.index(cls) + 1 :]:
        held = base.names.get(name) if isinstance(base, ClassValue) else None
        if isinstance(held, FunctionValue) and held.role == "plain":
            return Bound(held, receiver)
        if held is not None or not isinstance(base, ClassValue):
            break
    return Unknown(f"super().{name}")


def _next(machine: Machine, call: CallSite) -> Value:
    given = call.args[0] if call.args else None
    if isinstance(given, Coroutine) and given.function.result is None:
        # Up to the first yield; what a later call runs is not followed.
        return machine.first_of(given)
    if isinstance(given, ExternalObject) and given.made_by == "builtins.iter":
        left = given.attributes.get("@items")
        if isinstance(left, SequenceValue) and left.items and not left.open:
            machine.state.write(given.attributes, "@items", machine.sequence("tuple", left.items[1:]))
            return left.items[0]
    return Unknown("the next item")


def _exit(machine: Machine, call: CallSite) -> Value:
    machine.fail("SystemExit", exit_message(call.args[0] if call.args else None), call.place)


def _end(_: Machine, __: CallSite) -> Value:
    """``os._exit``: no handler and no ``finally`` runs."""
    raise Ended


def _iter(machine: Machine, call: CallSite) -> Value:
    given = call.args[0] if len(call.args) == 1 else None
    if isinstance(given, Coroutine) or (isinstance(given, ExternalObject) and given.made_by == "builtins.iter"):
        return given
    items = None if given is None else machine.iterate(given)
    return Unknown("an iterator") if items is None else machine.iterator(items)


def _annotated(machine: Machine, call: CallSite) -> Value:
    """``Annotated[type, ...]``, which keeps what it was given."""
    return ExternalObject(call.name, call, machine.state.cells())


HANDLERS: dict[str, Handler] = {
    **{f"builtins.{name}": _made for name in ("list", "tuple", "set", "frozenset", "sorted", "reversed")},
    **{f"builtins.{name}": _execute for name in ("exec", "eval")},
    **{f"builtins.{name}": _namespace for name in ("globals", "locals", "vars")},
    **{f"builtins.{name}": _nothing for name in ("print",)},
    **{f"builtins.{name}": _unknown for name in ("open", "input", "dir", "id", "hash", "int", "breakpoint")},
    **{f"builtins.{name}": _exit for name in ("exit", "quit")},
    "builtins.str": _str,
    "builtins.len": _len,
    "builtins.range": _range,
    "builtins.dict": _dict,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.map": _map,
    "builtins.filter": _filter,
    "builtins.any": _any,
    "builtins.all": _any,
    "builtins.getattr": _getattr,
    "builtins.hasattr": _hasattr,
    "builtins.setattr": _setattr,
    "builtins.delattr": _delattr,
    "builtins.isinstance": _isinstance,
    "builtins.issubclass": _issubclass,
    "builtins.type": _type,
    "builtins.__import__": _import,
    "builtins.super": _super,
    "builtins.next": _next,
    "builtins.iter": _iter,
    "typing.Annotated[]": _annotated,
    "typing.cast": lambda machine, call: call.args[1] if len(call.args) > 1 else Unknown("a cast"),
    "sys.exit": _exit,
    **{f"os.{name}": _end for name in ("_exit", "abort")},
}
