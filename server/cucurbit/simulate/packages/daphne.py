"""Daphne: a server."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.workspace.starts.programs import server

PACKAGE = Package(name="Daphne", command_lines={"daphne": server})
