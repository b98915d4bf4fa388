"""Granian: a server."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.simulate.packages.applications import serve

PACKAGE = Package(
    name="Granian",
    calls={"granian.run": serve},
)
