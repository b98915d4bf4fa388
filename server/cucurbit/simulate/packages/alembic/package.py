"""Alembic: what its files in this folder know, put together."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.simulate.packages.alembic import context, migrations

PACKAGE = Package(
    name="Alembic",
    calls=migrations.HANDLERS,
    constant=context.config,
    lacks=context.is_gone,
    attribute=migrations.attribute,
    exceptions={"CommandError": "Exception"},
    assumed=frozenset({"alembic"}),
    console_scripts={"alembic": migrations.console_script},
)
