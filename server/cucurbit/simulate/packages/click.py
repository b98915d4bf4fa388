"""Click, and rich-click over it: commands and groups of them.

Facts from click/core.py: to call a command is to call its ``main``, which reads the arguments (``args``, else those of
the process), runs the function and, with ``standalone_mode``, raises SystemExit at the end. A group runs its own
function first and then that of the command that the first argument names; without arguments it shows what commands
there are, unless it has ``invoke_without_command``. ``callback`` is the function itself.

A command is an object made by ``click.Command`` or ``click.Group``; the commands of a group are hooks of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cucurbit.simulate.core.machine import Handler, Machine, Raised
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    Constant,
    ExternalObject,
    FunctionValue,
    Partial,
    Unknown,
    Value,
    options_of,
    text_of,
)
from cucurbit.simulate.packages.applications import add_hook, awaited, hooks_of

_MODULES = ("click", "rich_click")
_COMMAND, _GROUP = "click.Command", "click.Group"
_COMMANDS = "command"
_FUNCTIONS = (FunctionValue, Bound, Partial)


@dataclass(frozen=True)
class Words:
    """The arguments of a command line, where they are known: a call of a group consumes the first one."""

    texts: tuple[str, ...] | None

    def rest(self) -> Words:
        return Words(None if self.texts is None else self.texts[1:])


# ------------------------------------------------------------------- decorators


def _decorates(made_by: str) -> Handler:
    """``@click.command`` and ``@click.command("name")``."""

    def decorate(machine: Machine, call: CallSite) -> Value:
        function = call.argument(0, "name")
        if isinstance(function, _FUNCTIONS):
            return _made(machine, call, made_by, function, None)
        return ExternalObject(call.name, call, machine.state.cells())

    return decorate


def _decorated(made_by: str) -> Handler:
    """What ``click.command("name")`` does to a function; a command of a group becomes one of its commands."""

    def decorate(machine: Machine, call: CallSite) -> Value:
        decorator = call.receiver
        function = call.args[0] if call.args else Unknown("the function of a command")
        if not isinstance(decorator, ExternalObject):
            return Unknown("a command")
        made = _made(machine, decorator.call, made_by, function, decorator.call.argument(0, "name"))
        add_hook(machine, decorator.call.receiver, made, _COMMANDS)
        return made

    return decorate


def _of_group(made_by: str) -> Handler:
    """``@group.command`` and ``@group.command("name")``."""

    def decorate(machine: Machine, call: CallSite) -> Value:
        function = call.argument(0, "name")
        if not isinstance(function, _FUNCTIONS):
            return ExternalObject(call.name, call, machine.state.cells())
        made = _made(machine, call, made_by, function, None)
        add_hook(machine, call.receiver, made, _COMMANDS)
        return made

    return decorate


def _made(machine: Machine, call: CallSite, made_by: str, function: Value, name: Value | None) -> Value:
    command = ExternalObject(made_by, call, machine.state.cells())
    command.attributes.data["callback"] = function
    if name is not None:
        command.attributes.data["name"] = name
    elif isinstance(function, FunctionValue):
        command.attributes.data["name"] = Constant(command_name(function.name))
    return command


def command_name(function: str) -> str:
    """The name of the command that is made of a function, as Click 8.2 and newer make it."""
    name = function.lower().replace("_", "-")
    stem, _, suffix = name.rpartition("-")
    return stem if stem and suffix in {"command", "cmd", "group", "grp"} else name


def _add_command(machine: Machine, call: CallSite) -> Value:
    command = call.argument(0, "cmd")
    if command is None or isinstance(command, Unknown):
        machine.cut(call.place, "add_command of a command that is not known")
    else:
        add_hook(machine, call.receiver, command, _COMMANDS)
    return Constant(None)


# ------------------------------------------------------------------------ calls


def _main(machine: Machine, call: CallSite) -> Value:
    """``command()`` and ``command.main()``."""
    command = call.receiver
    return run_standing_alone(machine, call, lambda words: _run(machine, command, words, call))


def run_standing_alone(machine: Machine, call: CallSite, body: Callable[[Words], None]) -> Value:
    """Run ``body`` with the arguments of a command line, and end the program unless ``standalone_mode`` is off."""
    given = call.argument(0, "args") or Constant(None)
    items = () if given == Constant(None) else machine.iterate(given)
    texts = tuple(text for item in items or () if (text := text_of(item)) is not None)
    known = given != Constant(None) and items is not None and len(texts) == len(items)
    alone = machine.truth(call.kwargs.get("standalone_mode") or Constant(True)) if call.complete else None
    try:
        body(Words(texts if known else None))
    except Raised as raised:
        if alone is not False and raised.failure.error in {"Abort", "ClickException", "UsageError", "Exit"}:
            machine.fail("SystemExit", "", call.place)
        raise
    if alone is True:
        machine.fail("SystemExit", "", call.place)
    return Unknown("what a command returns")


def _run(machine: Machine, command: Value | None, words: Words, call: CallSite) -> None:
    if not isinstance(command, ExternalObject) or command.made_by not in {_COMMAND, _GROUP}:
        if command is None or isinstance(command, Unknown):
            machine.cut(call.place, "a command that is not known")
        return
    function = command.attributes.get("callback")
    if command.made_by == _COMMAND:
        run_callback(machine, function, call, sure=words.texts == ())
        return
    commands = hooks_of(command.attributes, _COMMANDS)
    named = [each for each in commands if words.texts and words.texts[0] == _name_of(each)]
    run_callback(machine, function, call, sure=len(named) == 1)
    run_one_of(machine, named or commands, lambda each: _run(machine, each, words.rest(), call), sure=len(named) == 1)


def run_callback(machine: Machine, function: Value | None, call: CallSite, *, sure: bool) -> None:
    """Run the function of a command, whose parameters are options and arguments; ``sure``: it surely runs."""
    if function is None or function == Constant(None):
        return
    site = CallSite(call.place, "", None, (), {}, complete=False)

    def body() -> Value:
        return awaited(machine, machine.call(function, site))

    if sure:
        body()
    else:
        machine.undecided(body, lambda: Constant(None))


def run_one_of(
    machine: Machine, commands: tuple[Value, ...] | list[Value], run: Callable[[Value], None], *, sure: bool
) -> None:
    """Run one of several commands, or none where it is not ``sure``."""

    def each(command: Value) -> Value:
        run(command)
        return Constant(None)

    found = [option for command in commands for option in options_of(command)]
    if sure and len(found) == 1:
        each(found[0])
    elif found:
        machine.undecided(*[lambda one=one: each(one) for one in found], lambda: Constant(None))


def _name_of(command: Value) -> str | None:
    return text_of(command.attributes.get("name")) if isinstance(command, ExternalObject) else None


_MAKERS = {"command": _COMMAND, "group": _GROUP}

PACKAGE = Package(
    name="Click",
    leaves_arguments=("click.",),
    calls={
        **{f"{module}.{name}": _decorates(made) for module in _MODULES for name, made in _MAKERS.items()},
        **{f"{module}.{name}()": _decorated(made) for module in _MODULES for name, made in _MAKERS.items()},
        **{f"{_GROUP}().{name}": _of_group(made) for name, made in _MAKERS.items()},
        **{f"{_GROUP}().{name}()": _decorated(made) for name, made in _MAKERS.items()},
        f"{_GROUP}().add_command": _add_command,
        **{f"{made}(){method}": _main for made in (_COMMAND, _GROUP) for method in ("", ".main")},
    },
    may_not_run=tuple(f"{module}." for module in _MODULES),
)
