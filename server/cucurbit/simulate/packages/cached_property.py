"""cached-property: properties that keep their values."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package

PACKAGE = Package(
    name="cached-property",
    decorators={"cached_property.cached_property": "property"},
)
