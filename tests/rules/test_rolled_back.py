"""What Alembic does with a connection that has a transaction already: it is run."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

ENV = """
from alembic import context
from sqlalchemy import create_engine, text

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
with engine.OPEN() as connection:
    connection.execute(text("SELECT 1"))
    END
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
from alembic import op
import sqlalchemy as sa

revision = "a1"
down_revision = None


def upgrade():
    op.create_table("beds", sa.Column("id", sa.Integer(), primary_key=True))
"""


@pytest.mark.parametrize(
    ("opened", "end", "versions"),
    [("connect", "pass", []), ("connect", "connection.commit()", [("a1",)]), ("begin", "pass", [("a1",)])],
)
def test_a_statement_before_alembic_is_given_the_connection(
    tmp_path: Path, opened: str, end: str, versions: list[tuple[str]]
) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV.replace("OPEN", opened).replace("END", end), encoding="utf-8")
    (tmp_path / "versions" / "a1.py").write_text(REVISION, encoding="utf-8")
    config = Config()
    config.set_main_option("script_location", str(tmp_path))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{(tmp_path / 'garden.db').as_posix()}")
    command.upgrade(config, "head")
    with sqlite3.connect(tmp_path / "garden.db") as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == versions
    database.close()
