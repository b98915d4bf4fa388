"""Litestar."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.workspace.starts.programs import StartKind, module_option

PACKAGE = Package(
    name="Litestar",
    applications={"Litestar": True},
    command_lines={"litestar": module_option(StartKind.SERVED, "--app")},
)
