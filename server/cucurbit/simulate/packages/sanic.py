"""Sanic: a server with applications of its own."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.workspace.starts.programs import StartKind, positional

PACKAGE = Package(
    name="Sanic",
    applications={"Sanic": True},
    command_lines={"sanic": positional(StartKind.SERVED)},
)
