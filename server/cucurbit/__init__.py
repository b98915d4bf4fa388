"""Cucurbit shows what stands in SQLAlchemy's MetaData when Alembic looks at it, without running the code."""

from __future__ import annotations

__version__ = "0.1.0"
