"""Uvicorn: a server."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.simulate.packages.applications import serve

PACKAGE = Package(
    name="Uvicorn",
    calls={"uvicorn.run": serve},
)
