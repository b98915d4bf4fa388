"""Trio: an event loop."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.simulate.packages.stdlib.system_calls import run_argument

PACKAGE = Package(
    name="Trio",
    calls={"trio.run": run_argument(0)},
)
