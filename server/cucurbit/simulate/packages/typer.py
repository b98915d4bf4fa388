"""Typer: commands, which stay the functions that they were.

Facts from typer/main.py: ``app.command`` and ``app.callback`` return the function; an application with one command and
no callback is that command, else a group of its commands and of the applications that ``add_typer`` added. To call the
application is to run a command of Click. ``typer.run(function)`` makes an application of one command and calls it.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.values import CallSite, Constant, ExternalObject, FunctionValue, Unknown, Value, text_of
from cucurbit.simulate.packages.applications import add_hook, hooks_of
from cucurbit.simulate.packages.click import Words, command_name, run_callback, run_one_of, run_standing_alone

_NAMES = ("typer.Typer", "typer.main.Typer")
_COMMAND, _CALLBACK = "command", "callback"
_ENTRY = "typer.main.CommandInfo"
"""A command of an application, or another application that was added to it: ``what``, and its ``name``."""


def _registers(event: str) -> Handler:
    """``@app.command("name")``: a decorator, which returns the function."""

    def decorator(machine: Machine, call: CallSite) -> Value:
        app, name = call.receiver, call.argument(0, "name")

        def register(inner: Machine, site: CallSite) -> Value:
            if not site.args:
                return Unknown("the function of a command")
            _add(inner, app, event, site.args[0], name, call)
            return site.args[0]

        return machine.handler_value(register)

    return decorator


def _add(machine: Machine, app: Value | None, event: str, what: Value, name: Value | None, call: CallSite) -> None:
    entry = ExternalObject(_ENTRY, call, machine.state.cells())
    entry.attributes.data["what"] = what
    if name is not None and name != Constant(None):
        entry.attributes.data["name"] = name
    elif isinstance(what, FunctionValue):
        entry.attributes.data["name"] = Constant(command_name(what.name))
    add_hook(machine, app, entry, event)


def _add_typer(machine: Machine, call: CallSite) -> Value:
    inner = call.argument(0, "typer_instance")
    if inner is None or isinstance(inner, Unknown):
        machine.cut(call.place, "add_typer of an application that is not known")
    else:
        name = call.kwargs.get("name")
        if name is None and isinstance(inner, ExternalObject):
            name = inner.call.kwargs.get("name")
        _add(machine, call.receiver, _COMMAND, inner, name, call)
    return Constant(None)


def _call(machine: Machine, call: CallSite) -> Value:
    """``app()``."""
    app = call.receiver

    def body(words: Words) -> None:
        if isinstance(app, ExternalObject):
            _run(machine, app, words, call)
        else:
            machine.cut(call.place, "an application that is not known")

    return run_standing_alone(machine, call, body)


def _run(machine: Machine, app: ExternalObject, words: Words, call: CallSite) -> None:
    commands, callbacks = hooks_of(app.attributes, _COMMAND), hooks_of(app.attributes, _CALLBACK)
    if len(commands) == 1 and not callbacks and not _is_application(commands[0]):
        _run_entry(machine, commands[0], words, call)
        return
    named = [each for each in commands if words.texts and words.texts[0] == _name_of(each)]
    sure = len(named) == 1
    for callback in callbacks[-1:]:
        run_one_of(machine, (callback,), lambda each: _run_function(machine, each, call, sure=sure), sure=sure)
    rest = words.rest()
    run_one_of(machine, named or commands, lambda each: _run_entry(machine, each, rest, call), sure=sure)


def _run_entry(machine: Machine, entry: Value, words: Words, call: CallSite) -> None:
    what = _what(entry)
    if isinstance(what, ExternalObject) and what.made_by in _NAMES:
        _run(machine, what, words, call)
    else:
        _run_function(machine, entry, call, sure=words.texts == ())


def _run_function(machine: Machine, entry: Value, call: CallSite, *, sure: bool) -> None:
    run_callback(machine, _what(entry), call, sure=sure)


def _what(entry: Value) -> Value | None:
    return entry.attributes.get("what") if isinstance(entry, ExternalObject) else None


def _is_application(entry: Value) -> bool:
    return isinstance(_what(entry), ExternalObject)


def _name_of(entry: Value) -> str | None:
    return text_of(entry.attributes.get("name")) if isinstance(entry, ExternalObject) else None


def _run_alone(machine: Machine, call: CallSite) -> Value:
    """``typer.run(function)``."""
    function = call.argument(0, "function")
    if function is None:
        machine.cut(call.place, "typer.run of a function that is not known")
        return Constant(None)
    run_callback(machine, function, call, sure=False)
    machine.fail("SystemExit", "", call.place)


PACKAGE = Package(
    name="Typer",
    leaves_arguments=("typer.",),
    calls={
        **{f"{name}().{event}": _registers(event) for name in _NAMES for event in (_COMMAND, _CALLBACK)},
        **{f"{name}().add_typer": _add_typer for name in _NAMES},
        **{f"{name}()": _call for name in _NAMES},
        "typer.run": _run_alone,
    },
    may_not_run=("typer.",),
    applications={"Typer": False},
)
