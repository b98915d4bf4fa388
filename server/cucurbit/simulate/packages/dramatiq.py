"""Dramatiq: actors, which run elsewhere than where they are called."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package

PACKAGE = Package(
    name="Dramatiq",
    may_not_run=("dramatiq.",),
)
