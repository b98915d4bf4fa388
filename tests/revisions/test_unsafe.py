"""Revisions that fail on rows, run for real on SQLite: `unsafe-not-null` and `unsafe-unique` say which."""

from __future__ import annotations

from pathlib import Path

import pytest

from cucurbit.analysis.context import Context
from cucurbit.opening import folder_workspace
from cucurbit.rules.unsafe_migration import not_null, unique
from cucurbit.workspace.tree.files import MemoryTree
from tests.revisions.judge import project, upgraded, write
from tests.revisions.test_history import revision

MADE = """
op.create_table("t", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("n", sa.String(9)))
op.execute("INSERT INTO t (n) VALUES (NULL), ('a'), ('a')")
"""


def batch(call: str) -> str:
    return f'with op.batch_alter_table("t") as batch_op:\n    batch_op.{call}'


FAIL = [
    'op.add_column("t", sa.Column("x", sa.Integer(), nullable=False))',
    'op.add_column("t", sa.Column("x", sa.Integer(), nullable=False, default=3))',
    batch('add_column(sa.Column("x", sa.Integer(), nullable=False))'),
    batch('alter_column("n", existing_type=sa.String(9), nullable=False)'),
    batch('create_unique_constraint("uq", ["n"])'),
    'op.create_index("ix", "t", ["n"], unique=True)',
    (
        'op.add_column("t", sa.Column("x", sa.Integer(), server_default="1"))\n'
        'op.create_index("ix", "t", ["x"], unique=True)'
    ),
]
PASS = [
    'op.add_column("t", sa.Column("x", sa.Integer(), nullable=False, server_default="3"))',
    'op.add_column("t", sa.Column("x", sa.Integer()))\nop.execute("UPDATE t SET x = 1")\n'
    + batch('alter_column("x", existing_type=sa.Integer(), nullable=False)'),
    "op.execute(\"UPDATE t SET n = 'b' WHERE n IS NULL\")\n"
    + batch('alter_column("n", existing_type=sa.String(9), nullable=False)'),
    'op.execute("DELETE FROM t")\nop.add_column("t", sa.Column("x", sa.Integer(), nullable=False))',
    'op.execute("DELETE FROM t")\nop.create_index("ix", "t", ["n"], unique=True)',
    'op.create_index("ix", "t", ["id", "n"], unique=True)',
    'op.add_column("t", sa.Column("x", sa.Integer()))\nop.create_index("ix", "t", ["x"], unique=True)',
    (
        'op.create_table("u", sa.Column("id", sa.Integer(), primary_key=True))\n'
        'op.add_column("u", sa.Column("x", sa.Integer(), nullable=False))\n'
        'op.create_index("ix", "u", ["x"], unique=True)'
    ),
]


@pytest.mark.parametrize(("body", "fails"), [*((each, True) for each in FAIL), *((each, False) for each in PASS)])
def test_what_fails_on_rows_is_said(body: str, fails: bool, tmp_path: Path) -> None:
    files = project({"r0": revision(0, MADE), "r1": revision(1, body)})
    write(tmp_path, files)
    *_, (name, real) = upgraded(tmp_path, ["r0", "r1"])
    assert (name, isinstance(real, Exception)) == ("r1", fails)
    context = Context(folder_workspace(MemoryTree(files)), (), ())
    found = [*not_null.RULE.check(context), *unique.RULE.check(context)]
    assert len(found) == fails
