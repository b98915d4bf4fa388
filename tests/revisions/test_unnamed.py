"""Operations on constraints without a name, run for real on SQLite: `unnamed-constraint` says which are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cucurbit.analysis.engine import analyse
from cucurbit.analysis.grouping import grouped
from cucurbit.opening import folder_workspace
from cucurbit.rules.unnamed_constraint import RULE
from cucurbit.workspace.tree.files import MemoryTree
from tests.revisions.judge import ENV, INI, project, upgraded, write
from tests.revisions.test_history import revision

MADE = """
op.create_table("p", sa.Column("id", sa.Integer(), primary_key=True))
op.create_table(
    "c",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("p_id", sa.Integer()),
    sa.Column("n", sa.String(9)),
)
"""
CONVENTION = """
import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)
sa.Table("p", metadata, sa.Column("id", sa.Integer(), primary_key=True))
"""


@pytest.mark.parametrize("convention", [False, True], ids=["no convention", "convention"])
@pytest.mark.parametrize(
    "call",
    [
        'create_foreign_key(None, "p", ["p_id"], ["id"])',
        'create_foreign_key("fk", "p", ["p_id"], ["id"])',
        'create_unique_constraint(None, ["n"])',
        'create_check_constraint(None, "n <> 1")',
        'create_primary_key(None, ["id"])',
        'create_index(None, ["n"])',
        'drop_constraint(None, type_="unique")',
        'drop_constraint(None, type_="foreignkey")',
        "drop_constraint(None)",
        'add_column(sa.Column("q", sa.Integer(), sa.ForeignKey("p.id")))',
        'add_column(sa.Column("q", sa.Integer(), sa.ForeignKey("p.id", name="fk_q")))',
        'add_column(sa.Column("q", sa.Integer()))',
    ],
)
def test_what_is_refused_is_said(call: str, convention: bool, tmp_path: Path) -> None:
    body = f'with op.batch_alter_table("c") as batch_op:\n    batch_op.{call}'
    env = CONVENTION + ENV.replace("target_metadata=None", "target_metadata=metadata") if convention else ENV
    more = {"alembic.ini": INI + "sqlalchemy.url = sqlite://\n", "migrations/env.py": env}
    files = project({"r0": revision(0, MADE), "r1": revision(1, body)}, more)
    write(tmp_path, files)
    *_, (name, real) = upgraded(tmp_path, ["r0", "r1"])
    assert name == "r1"
    found = [each.certain for each in RULE.check(analyse(folder_workspace(MemoryTree(files))))]
    assert found == ([True] if isinstance(real, Exception) else []), real


def test_the_operations_of_one_revision_are_one_finding() -> None:
    body = """
with op.batch_alter_table("c") as batch_op:
    batch_op.create_foreign_key(None, "p", ["p_id"], ["id"])
    batch_op.create_unique_constraint(None, ["n"])
"""
    more = {"alembic.ini": INI + "sqlalchemy.url = sqlite://\n"}
    files = project({"r0": revision(0, MADE), "r1": revision(1, body)}, more)
    (found,) = grouped(RULE.check(analyse(folder_workspace(MemoryTree(files)))))
    assert found.message == (
        "Alembic refuses 2 operations of revision r1, on constraints without a name (of 'c'). Write their names."
    )
