"""``argparse``: the functions of subcommands, which a program calls as ``args.func(args)``.

Facts from Lib/argparse.py: the defaults of the chosen subparser replace those of the parser. Which one a command line
chooses is not known, so each may be.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.timeline import Failure
from cucurbit.simulate.core.values import (
    MISSING,
    CallSite,
    Choice,
    Constant,
    ExternalObject,
    Unknown,
    Value,
    options_of,
)

_PARSER = "argparse.ArgumentParser()"
_SUBPARSER = ".add_subparsers().add_parser()"
_DEEPEST = 3
"""How deep subparsers may be nested."""

_DEFAULT = "@default "
_PARSERS = tuple(_PARSER + _SUBPARSER * depth for depth in range(_DEEPEST + 1))


def _set_defaults(machine: Machine, call: CallSite) -> Value:
    root = _root(call.receiver)
    if root is None or not call.complete or call.args:
        machine.cut(call.place, "unknown defaults of arguments")
        return Constant(None)
    for name, value in call.kwargs.items():
        key = f"{_DEFAULT}{name}"
        if root is call.receiver:
            machine.state.write(root.attributes, key, value)
        else:
            other = root.attributes.get(key)
            others = (MISSING,) if other is None else options_of(other)
            machine.state.write(root.attributes, key, Choice(tuple(dict.fromkeys((*others, *options_of(value))))))
    return Constant(None)


def _root(parser: Value | None) -> ExternalObject | None:
    """The parser that has a parser among its subparsers, at whatever depth."""
    if not isinstance(parser, ExternalObject):
        return None
    above = parser.call.receiver
    return _root(above) if isinstance(above, ExternalObject) else parser


def _namespace(machine: Machine, call: CallSite) -> Value:
    if not isinstance(call.receiver, ExternalObject):
        return Unknown("parsed arguments")
    # Arguments that do not fit, and --help, end the program.
    machine.doubt(Failure("SystemExit", "", call.place))
    namespace = ExternalObject(call.name, call, machine.state.cells())
    cells = call.receiver.attributes
    for key in cells:
        if key.startswith(_DEFAULT):
            namespace.attributes.data[key.removeprefix(_DEFAULT)] = cells[key]
    return namespace


def _namespace_and_rest(machine: Machine, call: CallSite) -> Value:
    return machine.sequence("tuple", (_namespace(machine, call), Unknown("further arguments")))


HANDLERS: dict[str, Handler] = {
    **{f"{parser}.set_defaults": _set_defaults for parser in _PARSERS},
    f"{_PARSER}.parse_args": _namespace,
    f"{_PARSER}.parse_known_args": _namespace_and_rest,
}
