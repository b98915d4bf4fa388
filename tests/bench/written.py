"""Generated files, what must be found in them, and the one that goes wrong in every workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.layers import Table


@dataclass(frozen=True)
class Expected:
    """A finding that must be there: of ``rule``, in the file ``path``, at the line that has ``text``."""

    rule: str
    path: str
    text: str


@dataclass(frozen=True)
class Written:
    """One file, and what must be found in it."""

    path: str
    text: str
    expected: tuple[Expected, ...] = ()


def legacy(package: str, table: Table) -> Iterator[Written]:
    """A second definition of ``table``, in code of the old days whose failure is caught."""
    yield Written(
        f"{package}/compat.py",
        f'''"""Tables of the first version, for reports that still read them."""

from __future__ import annotations

import logging

try:
    from {package}.legacy import tables as legacy_tables
except Exception:
    logging.getLogger(__name__).warning("the old tables are not there")
    legacy_tables = None
''',
    )
    yield Written(f"{package}/legacy/__init__.py", "")
    path = f"{package}/legacy/tables.py"
    line = f"class Old{table.cls}("
    yield Written(
        path,
        f'''"""Tables of the first version."""

from sqlalchemy import Column, DateTime, Integer, String

from {package}.core.db import Base


{line}Base):
    __tablename__ = "{table.name}"

    id = Column(Integer, primary_key=True)
    name = Column(String(80))
    seen_at = Column(DateTime)
''',
        (Expected("duplicate-table", path, line), Expected("model-not-in-migrations", path, line)),
    )
