"""Werkzeug: its cached properties."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package

PACKAGE = Package(
    name="Werkzeug",
    decorators={"werkzeug.utils.cached_property": "property"},
)
