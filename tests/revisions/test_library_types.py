"""A type of a library may create an index with its table, as those of GeoAlchemy2 do. Run for real on SQLite."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Table, event

from cucurbit.analysis.engine import analyse
from cucurbit.opening import folder_workspace
from cucurbit.rules.revision_operation import RULE
from cucurbit.workspace.tree.files import MemoryTree
from tests.drift.test_rules import files as models_and_revision
from tests.drift.test_rules import severities
from tests.revisions.judge import project, upgraded, write
from tests.revisions.test_history import revision

LIBRARY = """
from sqlalchemy import Table, event, text
from sqlalchemy.types import UserDefinedType


class Shape(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **given):
        return "TEXT"


def index(table, connection, **given):
    for column in table.columns:
        if isinstance(column.type, Shape):
            connection.execute(text(f"CREATE INDEX idx_{table.name}_{column.name} ON {table.name} ({column.name})"))


event.listen(Table, "after_create", index)
"""

MADE = """
import spatial_types

op.create_table("plots", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("area", spatial_types.Shape()))
"""

MODELS = """
import spatial_types
from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
Table("plots", metadata, Column("id", Integer, primary_key=True), Column("area", spatial_types.Shape()))
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module that is installed, beside the project."""
    write(tmp_path, {"installed/spatial_types.py": LIBRARY})
    monkeypatch.syspath_prepend(str(tmp_path / "installed"))
    yield
    module = sys.modules.pop("spatial_types", None)
    if module is not None:
        event.remove(Table, "after_create", module.index)


@pytest.mark.usefixtures("library")
def test_an_index_that_a_type_creates_can_be_dropped(tmp_path: Path) -> None:
    drops = 'op.drop_index("idx_plots_area", table_name="plots")'
    files = project({"r0": revision(0, MADE), "r1": revision(1, drops)})
    write(tmp_path, files)
    (_, first), (_, second) = upgraded(tmp_path, ["r0", "r1"])
    assert not isinstance(first, Exception)
    assert not isinstance(second, Exception)
    assert [name for name, _, _ in first["plots"].indexes] == ["idx_plots_area"]
    assert not second["plots"].indexes
    assert not list(RULE.check(analyse(folder_workspace(MemoryTree(files)))))


def test_an_index_that_a_type_may_have_in_the_models_is_no_certain_difference() -> None:
    made = 'op.create_table("plots", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("area", Shape()))'
    index = 'op.create_index("idx_plots_area", "plots", ["area"])'
    assert severities(models_and_revision(MODELS, f"from spatial_types import Shape\n{made}\n{index}")) == []
