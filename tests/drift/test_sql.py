"""``cucurbit drift --output-format sql``: the statements are those that ``alembic upgrade --sql`` writes."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from cucurbit.fixes.revision_body import revision_body
from cucurbit.report.drift_sql import drift_sql
from cucurbit.rules.shared.drift import drifts
from tests.drift.comparison import context_of
from tests.drift.generator import Projects
from tests.drift.judge import project

URLS = {"postgresql": "postgresql://localhost/farm", "mysql": "mysql://localhost/farm"}
ENV = """from alembic import context

context.configure(url="{url}", literal_binds=True)
with context.begin_transaction():
    context.run_migrations()
"""


def statements(sql: str) -> list[str]:
    """Without comments, quotes of names and what the dialect's compilers may write in several ways."""
    lines = "\n".join(line for line in sql.splitlines() if not line.startswith("--"))
    found = []
    for each in lines.split(";"):
        text = re.sub(r"[\"`]", "", " ".join(each.split()))
        text = re.sub(r"\s*([(),])\s*", r"\1", text)
        # SQLAlchemy 2.1 puts an expression for MySQL in parentheses.
        text = text.replace("DEFAULT(now())", "DEFAULT now()").replace(")NOT", ") NOT").replace(")COMMENT", ") COMMENT")
        if text and text not in ("BEGIN", "COMMIT", "START TRANSACTION") and "alembic_version" not in text:
            found.append(text)
    return found


def of_alembic(folder: Path, upgrade: tuple[str, ...], imports: tuple[str, ...], dialect: str) -> list[str]:
    """The statements that Alembic writes for a revision."""
    (folder / "migrations/versions").mkdir(parents=True)
    (folder / "migrations/env.py").write_text(ENV.format(url=URLS[dialect]), encoding="utf-8")
    head = "revision, down_revision = 'w', None\nfrom alembic import op\nimport sqlalchemy as sa\n"
    body = "".join(f"    {line}\n" for line in upgrade or ("pass",))
    text = head + "\n".join(imports) + f"\n\n\ndef upgrade():\n{body}"
    (folder / "migrations/versions/w.py").write_text(text, encoding="utf-8")
    config = Config()
    config.set_main_option("script_location", str(folder / "migrations"))
    config.output_buffer = io.StringIO()
    command.upgrade(config, "head", sql=True)
    return statements(config.output_buffer.getvalue())


def of_cucurbit(files: Mapping[str, str], dialect: str) -> tuple[list[str], tuple[str, ...], tuple[str, ...], bool]:
    """The statements; the same as operations, their imports, and whether all could be written."""
    made = project(files)
    url = URLS[dialect]
    made["alembic.ini"] = made["alembic.ini"].replace("sqlite:///farm.db", url)
    made["migrations/env.py"] = made["migrations/env.py"].replace("sqlite:///farm.db", url)
    context = context_of(made)
    (drift,) = drifts(context)
    certain = [each for each in drift.comparison.differences if each.certain]
    body = revision_body(certain, batch=False)
    sql = "\n".join(drift_sql(context, drift))
    if not sql.splitlines()[0].endswith(dialect):
        # It has types that this dialect does not have.
        return [], (), (), True
    return statements(sql), body.upgrade, body.imports, not body.left_out and "left out" not in sql


def alike(statement: str) -> str:
    """Enum types are created apart; the order of what stands in a table is not compared."""
    head, bracket, rest = statement.partition("(")
    if not head.startswith("CREATE TABLE"):
        return statement
    return f"{head}{bracket}" + ",".join(sorted(re.split(r",(?![^(]*\))", rest.removesuffix(")"))))


@pytest.mark.parametrize("dialect", sorted(URLS))
@pytest.mark.parametrize("seed", range(12))
def test_the_statements_are_those_of_alembic(seed: int, dialect: str, tmp_path: Path) -> None:
    ours, upgrade, imports, whole = of_cucurbit(Projects(seed).files(), dialect)
    if "(None" in "".join(upgrade):
        # Alembic does not drop what has no name.
        return
    theirs = of_alembic(tmp_path, upgrade, imports, dialect)
    theirs = [each for each in theirs if not each.startswith("CREATE TYPE")]
    if whole:
        assert list(map(alike, ours)) == list(map(alike, theirs))
    else:
        assert set(map(alike, ours)) <= set(map(alike, theirs))


COMMENTS = {
    "models.py": (
        "import sqlalchemy as sa\n\nmetadata = sa.MetaData()\n"
        "sa.Table('plots', metadata, sa.Column('id', sa.Integer(), primary_key=True), comment=\"the owner's\")\n"
        "sa.Table('owners', metadata, sa.Column('id', sa.Integer(), primary_key=True))\n"
        "sa.Table('tools', metadata, sa.Column('id', sa.Integer(), primary_key=True, comment='a'), comment='same')\n"
        "sa.Table('new', metadata, sa.Column('id', sa.BigInteger(), primary_key=True, comment='b'),"
        " sa.Column('at', sa.DateTime(), server_default=sa.func.now(), nullable=False), comment='made')\n"
    ),
    "migrations/versions/r0.py": (
        "from alembic import op\nimport sqlalchemy as sa\n\nrevision = 'r0'\ndown_revision = None\n\n\ndef upgrade():\n"
        "    op.create_table('plots', sa.Column('id', sa.Integer(), primary_key=True), comment='old')\n"
        "    op.create_table('owners', sa.Column('id', sa.Integer(), primary_key=True))\n"
        "    op.create_table_comment('owners', 'people')\n"
        "    op.create_table('tools', sa.Column('id', sa.Integer(), primary_key=True))\n"
        "    with op.batch_alter_table('tools') as batch_op:\n"
        "        batch_op.create_table_comment('same', existing_comment=None)\n"
    ),
}


@pytest.mark.parametrize("dialect", sorted(URLS))
def test_comments_of_tables(dialect: str, tmp_path: Path) -> None:
    ours, upgrade, imports, whole = of_cucurbit(COMMENTS, dialect)
    assert whole
    assert list(map(alike, ours)) == list(map(alike, of_alembic(tmp_path, upgrade, imports, dialect)))
    written = "\n".join(upgrade)
    assert "op.create_table_comment('plots', \"the owner's\", existing_comment='old')" in written
    assert "op.drop_table_comment('owners', existing_comment='people')" in written
    assert "'same'" not in written
