"""Typer: commands."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package

PACKAGE = Package(name="Typer", leaves_arguments=("typer.",), may_not_run=("typer.",), applications={"Typer": False})
