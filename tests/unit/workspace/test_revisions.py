"""What revision files create and drop."""

from __future__ import annotations

import pytest

from cucurbit.source.reader import read
from cucurbit.workspace.alembic.revisions import Revision, read_revision


def revision(body: str, head: str = "") -> Revision:
    return read_revision(read(f"from alembic import op\nimport sqlalchemy as sa\n{head}\n{body}"))


def names(found: Revision) -> tuple[list[str], list[str]]:
    created, dropped = (
        [f"{table.schema}.{table.name}" if table.schema else table.name for table in tables]
        for tables in (found.created, found.dropped)
    )
    return created, dropped


@pytest.mark.parametrize(
    ("body", "created", "dropped"),
    [
        ("def upgrade():\n    op.create_table('a', sa.C())\ndef downgrade():\n    op.drop_table('a')", ["a"], []),
        ("def upgrade():\n    op.create_table('a', schema='s')\n    op.drop_table(table_name='b')", ["s.a"], ["b"]),
        ("def upgrade():\n    op.rename_table('a', 'b', schema='s')", ["s.b"], ["s.a"]),
        ("T = 'a'\nS = 'x'\ndef upgrade():\n    op.create_table(T, schema=S)", ["x.a"], []),
        ("def upgrade():\n    t = 'a'\n    if True:\n        op.create_table(t)", ["a"], []),
        ("def upgrade():\n    for t in ('a', 'b'):\n        op.drop_table(t)", [], ["a", "b"]),
        ("def upgrade():\n    h()\ndef h():\n    op.create_table('a')\ndef u():\n    op.drop_table('b')", ["a"], []),
        ("def upgrade():\n    make('a')\n    make('b')\ndef make(name):\n    op.create_table(name)", ["a", "b"], []),
        ("def upgrade():\n    upgrade()\n    op.create_table('a')", ["a"], []),
        ("def upgrade(e):\n    globals()[f'upgrade_{e}']()\ndef upgrade_x():\n    op.create_table('a')", ["a"], []),
        ("def upgrade():\n    op.execute('CREATE TABLE IF NOT EXISTS s.a (i); create table b (i)')", ["s.a", "b"], []),
        ("def upgrade():\n    op.execute(sa.text('DROP TABLE IF EXISTS a'))", [], ["a"]),
        ("def upgrade():\n    op.create_table(compute())\n    op.create_table('a', schema=compute())", [], []),
        ("def upgrade():\n    with op.batch_alter_table('x') as b:\n        b.add_column(sa.Column('c'))", [], []),
        ("def upgrade():\n    other.create_table('x')", [], []),
        ("import alembic.op as o\ndef upgrade():\n    o.create_table('a', schema=None)", ["a"], []),
        ("import alembic\ndef upgrade():\n    alembic.op.create_table('a')", ["a"], []),
    ],
)  # fmt: skip
def test_tables(body: str, created: list[str], dropped: list[str]) -> None:
    assert names(revision(body)) == (created, dropped)


def test_the_place_is_the_call() -> None:
    facts = read("from alembic import op\n\ndef upgrade():\n    op.create_table(\n        'a',\n    )\n")
    (table,) = read_revision(facts).created
    span = facts.span(table.at)
    assert (span.line, span.column, span.end_line) == (4, 4, 6)
