"""The columns, keys and relations of tables in the registration view."""

from __future__ import annotations

import pytest

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse
from cucurbit.ide.registration_tables import tables
from cucurbit.ide.registration_tree import NodeKind, TreeNode, path_to
from cucurbit.opening import folder_workspace
from cucurbit.workspace.tree.files import MemoryTree

SOURCE = """\
from sqlalchemy import *
m = MetaData()
Table("users", m, Column("id", Integer, primary_key=True), Column("shop", Integer), UniqueConstraint("id", "shop"))
Table(
    "orders",
    m,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("user", Integer, unique=True),
    Column("shop", String(20)),
    Column("odd", unknown(), *unknown()),
    ForeignKeyConstraint(["user", "shop"], ["users.id", "users.shop"]),
    Index("ix", "shop", "user"),
)
"""


@pytest.fixture
def context() -> Context:
    files = {"pyproject.toml": '[tool.cucurbit]\nentry-points = ["main"]\n', "main.py": SOURCE}
    return analyse(folder_workspace(MemoryTree({name: text.encode() for name, text in files.items()}), (), {}, None))


def below(context: Context, table: str) -> list[TreeNode]:
    (metadata,) = tables(context)
    (found,) = [each for each in metadata.children if each.label == table]
    (definition,) = found.children
    return [each for each in definition.children if each.kind in (NodeKind.COLUMN, NodeKind.KEY)]


def test_columns_then_keys(context: Context) -> None:
    assert [(each.kind.value, each.label, each.description) for each in below(context, "orders")] == [
        ("column", "id", "Integer, primary key"),
        ("column", "user_id", "Integer, \u2192 users.id"),
        ("column", "user", "Integer, nullable, unique"),
        ("column", "shop", "String(20), nullable"),
        ("column", "odd", "unknown"),
        ("key", "user, shop \u2192 users", "foreign key"),
        ("key", "shop, user", "index"),
    ]
    assert [each.label for each in below(context, "users")] == ["id", "shop", "id, shop"]


def test_the_line_of_a_column_leads_to_it(context: Context) -> None:
    (metadata,) = tables(context)
    assert path_to(metadata, "main.py", 8)[-1].label == "user_id"
    assert path_to(metadata, "main.py", 15)[-1].label == "Table(...)"
