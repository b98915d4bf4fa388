"""Typer: commands."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package

PACKAGE = Package(
    name="Typer",
    may_not_run=("typer.",),
)
