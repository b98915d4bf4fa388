"""Dramatiq: actors, which run elsewhere than where they are called. Facts from dramatiq/cli.py."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.workspace.starts.programs import StartKind, positional

_SEVERAL = frozenset({"-Q", "--queues", "-P", "--path"})
"""Options that take any number of words."""

PACKAGE = Package(
    name="Dramatiq",
    may_not_run=("dramatiq.",),
    command_lines={"dramatiq": positional(StartKind.IMPORTED, _SEVERAL)},
)
