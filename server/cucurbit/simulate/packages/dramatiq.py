"""Dramatiq: actors, whose messages run elsewhere; its command.

Facts from dramatiq/actor.py: ``Actor.__call__`` runs the function where it is called, and ``fn`` is the function. From
dramatiq/cli.py: the first word that belongs to no option is the broker's module, the others are modules that every
worker imports; ``--path`` and ``--queues`` take all words up to the next option.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.values import Bound, CallSite, ExternalObject, FunctionValue, Unknown, Value
from cucurbit.simulate.packages.applications import awaited
from cucurbit.workspace.starts.programs import TARGET, CommandContext, Start, StartKind

_ACTOR = "dramatiq.actor.Actor"
_FLAGS = frozenset({"--skip-logging", "--use-spawn", "--watch-use-polling", "--verbose", "-v", "--version"})
_MANY = frozenset({"--path", "-P", "--queues", "-Q"})


def _actor(machine: Machine, call: CallSite) -> Value:
    """``@dramatiq.actor``, and ``dramatiq.actor(...)``, which returns a decorator."""
    function = call.argument(0, "fn")
    return machine.handler_value(_decorated) if function is None else _made(machine, call, function)


def _decorated(machine: Machine, call: CallSite) -> Value:
    return _made(machine, call, call.args[0]) if call.args else Unknown("an actor")


def _made(machine: Machine, call: CallSite, function: Value) -> Value:
    if not isinstance(function, (FunctionValue, Bound)):
        return Unknown("an actor")
    made = ExternalObject(_ACTOR, call, machine.state.cells())
    made.attributes.data["fn"] = function
    return made


def _call(machine: Machine, call: CallSite) -> Value:
    function = call.receiver.attributes.get("fn") if isinstance(call.receiver, ExternalObject) else None
    if function is None:
        return Unknown("what an actor returns")
    plain = CallSite(call.place, "", None, call.args, call.kwargs, call.complete)
    return awaited(machine, machine.call(function, plain))


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    words = list(argv)
    while words:
        word = words.pop(0)
        if word in _MANY:
            while words and not words[0].startswith("-"):
                del words[0]
        elif word.startswith("-"):
            if word not in _FLAGS and "=" not in word and len(word.lstrip("-")) > word.startswith("--"):
                del words[:1]
        elif TARGET.match(word):
            return context.start(StartKind.IMPORTED, word, ".")
    return None


PACKAGE = Package(
    name="Dramatiq",
    calls={
        "dramatiq.actor": _actor,
        f"{_ACTOR}()": _call,
    },
    may_not_run=("dramatiq.",),
    command_lines={"dramatiq": _command_line},
)
