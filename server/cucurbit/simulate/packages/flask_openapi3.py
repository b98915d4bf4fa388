"""flask-openapi3: an application of Flask."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package

PACKAGE = Package(name="flask-openapi3", applications={"OpenAPI": True})
