"""APIFlask: an application of Flask."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package

PACKAGE = Package(name="APIFlask", applications={"APIFlask": True})
