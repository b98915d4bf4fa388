"""Calls that Alembic refuses: what `revision-fails` says of a revision is what it raises when it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from cucurbit.analysis.context import Context
from cucurbit.opening import folder_workspace
from cucurbit.rules.revision_fails import RULE
from cucurbit.workspace.tree.files import MemoryTree
from tests.revisions.judge import project, upgraded, write
from tests.revisions.test_history import revision

MADE = 'op.create_table("t", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("n", sa.String(9)))'
PINNED = {"requirements.txt": "alembic==1.20.1\nsqlalchemy==2.0.58\n"}


def batch(call: str) -> str:
    return f'with op.batch_alter_table("t") as batch_op:\n    batch_op.{call}'


@pytest.mark.parametrize(
    "body",
    [
        'op.add_column("t")',
        'op.add_column("t", "c", sa.Integer())',
        'op.add_column("t", sa.Column("c", sa.Integer()), nullable=False)',
        'op.alter_column("t", "n", sa.Text())',
        'op.create_foreign_key("fk", "t", "p")',
        'op.drop_constraint("x")',
        'op.drop_constraint("x", "t", kind="unique")',
        'op.create_index("x", "t")',
        'op.create_index("x", "t", ["n"], foo=1)',
        'op.create_index("x", "t", ["n"], True)',
        'op.drop_index("x", "t", foo=1)',
        'op.drop_column("t")',
        "op.drop_table()",
        'op.drop_table("t", cascade=True)',
        'op.rename_table("t")',
        'op.create_unique_constraint("x", "t")',
        'op.rename_column("t", "n", "m")',
        "op.execute()",
        'op.execute("SELECT 1", {"a": 1})',
        batch('alter_column("n", sa.Text())'),
        batch('add_column("t", sa.Column("c", sa.Integer()))'),
        batch('create_foreign_key("fk", "t", "p", ["id"], ["id"])'),
        batch('create_index("ix", "t", ["n"])'),
        batch('create_unique_constraint("uq")'),
    ],
)
def test_what_is_said_is_what_alembic_raises(body: str, tmp_path: Path) -> None:
    files = project({"r0": revision(0, MADE), "r1": revision(1, body)})
    write(tmp_path, files)
    *_, (name, real) = upgraded(tmp_path, ["r0", "r1"])
    assert name == "r1"
    assert isinstance(real, Exception)
    (found,) = RULE.check(Context(folder_workspace(MemoryTree({**files, **PINNED})), (), ()))
    assert found.certain
    assert f"{type(real).__name__}: {real}" in found.message
    assert found.location.path == "migrations/versions/r1.py"


@pytest.mark.parametrize(
    "body",
    [
        'op.add_column("t", column=sa.Column("c", sa.Integer()))',
        'op.create_index("x", "t", columns=["n"], unique=True, postgresql_using="btree")',
        'op.drop_column(table_name="t", column_name="n")',
        'op.create_table("u", sa.Column("id", sa.Integer()), sa.Column("n", sa.Integer()), info={}, comment="c")',
        'op.execute(sqltext="SELECT 1", execution_options={})',
        'op.rename_table("t", new_table_name="u")',
        batch('add_column(sa.Column("c", sa.Integer()), if_not_exists=None)'),
        batch('create_unique_constraint("uq", columns=["n"])'),
        batch('alter_column("n", type_=sa.Text(), existing_type=sa.String(9))'),
    ],
)
def test_what_alembic_takes_is_not_said_to_fail(body: str, tmp_path: Path) -> None:
    files = project({"r0": revision(0, MADE), "r1": revision(1, body)})
    write(tmp_path, files)
    *_, (name, real) = upgraded(tmp_path, ["r0", "r1"])
    assert (name, isinstance(real, Exception)) == ("r1", False)
    assert list(RULE.check(Context(folder_workspace(MemoryTree({**files, **PINNED})), (), ()))) == []
