"""Operations without a batch, run for real on SQLite: `sqlite-needs-batch` says which it cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest

from cucurbit.analysis.engine import analyse
from cucurbit.opening import folder_workspace
from cucurbit.rules.sqlite_needs_batch import RULE
from cucurbit.workspace.tree.files import MemoryTree
from tests.revisions.judge import INI, project, upgraded, write
from tests.revisions.test_history import revision

MADE = """
op.create_table("p", sa.Column("id", sa.Integer(), primary_key=True))
op.create_table(
    "c",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("p_id", sa.Integer()),
    sa.Column("n", sa.String(9)),
    sa.UniqueConstraint("n", name="uq_n"),
)
"""


@pytest.mark.parametrize(
    "call",
    [
        'op.create_foreign_key("fk", "c", "p", ["p_id"], ["id"])',
        'op.create_unique_constraint("uq", "c", ["p_id"])',
        'op.create_check_constraint("ck", "c", "p_id > 0")',
        'op.drop_constraint("uq_n", "c", type_="unique")',
        'op.alter_column("c", "n", nullable=False)',
        'op.alter_column("c", "n", type_=sa.Text())',
        'op.alter_column("c", "n", server_default="x")',
        'op.alter_column("c", "n", new_column_name="m")',
        'op.add_column("c", sa.Column("m", sa.Integer()))',
        'op.drop_column("c", "p_id")',
        'op.rename_table("c", "d")',
        'op.create_index("ix", "c", ["n"])',
        'with op.batch_alter_table("c") as batch_op:\n    batch_op.drop_constraint("uq_n", type_="unique")',
        'with op.batch_alter_table("c") as batch_op:\n    batch_op.alter_column("n", nullable=False)',
    ],
)
def test_what_needs_a_batch_is_said(call: str, tmp_path: Path) -> None:
    more = {"alembic.ini": INI + "sqlalchemy.url = sqlite://\n"}
    files = project({"r0": revision(0, MADE), "r1": revision(1, call)}, more)
    write(tmp_path, files)
    *_, (name, real) = upgraded(tmp_path, ["r0", "r1"])
    assert name == "r1"
    found = [each.certain for each in RULE.check(analyse(folder_workspace(MemoryTree(files))))]
    assert found == ([True] if isinstance(real, Exception) else []), real
