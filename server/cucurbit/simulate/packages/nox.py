"""Nox: sessions, which run elsewhere than where they are called."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package

PACKAGE = Package(
    name="Nox",
    may_not_run=("nox.",),
)
