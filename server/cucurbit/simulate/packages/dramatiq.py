"""Dramatiq: actors, which run elsewhere than where they are called."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.workspace.starts.programs import StartKind, positional

PACKAGE = Package(
    name="Dramatiq",
    may_not_run=("dramatiq.",),
    command_lines={"dramatiq": positional(StartKind.IMPORTED)},
)
