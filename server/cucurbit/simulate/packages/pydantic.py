"""Pydantic: models, which are no declarative bases."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.values import BaseKind


def _base_kind(dotted: str) -> BaseKind | None:
    return "plain" if dotted.startswith(("pydantic.", "pydantic_settings.")) else None


PACKAGE = Package(name="Pydantic", base_kind=_base_kind)
