"""Granian: a server, as a command and as an object.

Facts from granian/__init__.py (``Granian`` is the server) and granian/server/common.py: ``serve`` starts processes,
which import ``target`` (granian/_internal.py: ``module:attribute``, else ``app``) and call it if ``factory`` is set.
"""

from __future__ import annotations

from dataclasses import replace

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.values import CallSite, Constant, ExternalObject, Value
from cucurbit.simulate.packages.applications import serve
from cucurbit.workspace.starts.programs import server

_NAMES = ("granian.Granian", "granian.server.Granian", "granian.server.Server")


def _made(machine: Machine, call: CallSite) -> Value:
    return ExternalObject(call.name, call, machine.state.cells())


def _serve(machine: Machine, call: CallSite) -> Value:
    """``Granian("main:app").serve()``."""
    made = call.receiver.call if isinstance(call.receiver, ExternalObject) else None
    if made is None or not made.complete or "target_loader" in call.kwargs or call.args:
        machine.cut(call.place, "an application to serve that is not known")
        return Constant(None)
    kwargs = {name: value for name, value in made.kwargs.items() if name in {"target", "factory"}}
    return serve(
        machine, replace(made, place=call.place, args=made.args[:1], kwargs={**kwargs, "workers": Constant(1)})
    )


PACKAGE = Package(
    name="Granian",
    calls={
        "granian.run": serve,
        **dict.fromkeys(_NAMES, _made),
        **{f"{name}().serve": _serve for name in _NAMES},
    },
    leaves_arguments=("granian.",),
    command_lines={"granian": server},
)
