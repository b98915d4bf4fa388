"""The enum types of PostgreSQL: which operations create and drop them, by the SQL that Alembic writes."""

from __future__ import annotations

import io
import itertools
import re
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from cucurbit.analysis.engine import analyse
from cucurbit.analysis.finding import Severity
from cucurbit.opening import folder_workspace
from cucurbit.rules.unsafe_migration import constraint, enum_created_twice, enum_left_behind, enum_not_created
from cucurbit.workspace.tree.files import MemoryTree
from tests.revisions.judge import project, write
from tests.revisions.test_history import revision

ENV = """from alembic import context

context.configure(url="postgresql://localhost/x")
with context.begin_transaction():
    context.run_migrations()
"""

MADE = 'op.create_table("t", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("n", sa.Integer()))'
KIND = "sa.Enum('a', 'b', name='kind')"


def sql(folder: Path, files: dict[str, str], command_: str) -> str:
    """What ``alembic upgrade --sql`` or ``downgrade --sql`` writes."""
    write(folder, files)
    config = Config()
    config.set_main_option("script_location", str(folder / "migrations"))
    config.output_buffer = io.StringIO()
    if command_ == "upgrade":
        command.upgrade(config, "head", sql=True)
    else:
        command.downgrade(config, "r1:r0", sql=True)
    return config.output_buffer.getvalue()


def files_of(body: str, down: str = "pass") -> dict[str, str]:
    lines = "".join(f"    {line}\n" for line in down.splitlines())
    second = f"{revision(1, body)}\n\ndef downgrade():\n{lines}"
    return {**project({"r0": revision(0, MADE), "r1": second}), "migrations/env.py": ENV}


@pytest.mark.parametrize(
    "body",
    [
        f"op.add_column('t', sa.Column('k', {KIND}))",
        f"op.alter_column('t', 'n', type_={KIND})",
        f"with op.batch_alter_table('t') as batch_op:\n    batch_op.add_column(sa.Column('k', {KIND}))",
        f"op.create_table('u', sa.Column('k', {KIND}))",
        f"op.create_table('u', sa.Column('k', {KIND}))\nop.add_column('t', sa.Column('k', {KIND}))",
        f"{KIND}.create(op.get_bind())\nop.add_column('t', sa.Column('k', {KIND}))",
        "op.add_column('t', sa.Column('k', sa.Enum('a', name='kind', native_enum=False)))",
        "op.execute(\"CREATE TYPE kind AS ENUM ('a')\")\nop.add_column('t', sa.Column('k', sa.Enum('a', name='kind')))",
    ],
)
def test_a_type_that_is_used_and_not_created_is_said(body: str, tmp_path: Path) -> None:
    files = files_of(body)
    written = sql(tmp_path, files, "upgrade")
    used, created = re.search(r"\bkind\b(?! AS)", written), re.search(r"CREATE TYPE kind", written)
    context = analyse(folder_workspace(MemoryTree(files)))
    assert bool([*enum_not_created.RULE.check(context)]) is bool(used and not created)


@pytest.mark.parametrize(
    "body",
    [
        f"kind = {KIND}\nkind.create(op.get_bind())\nop.create_table('u', sa.Column('k', kind))",
        f"kind = {KIND}\nkind.create(op.get_bind(), checkfirst=True)\nop.create_table('u', sa.Column('k', kind))",
        f"op.execute(\"CREATE TYPE kind AS ENUM ('a')\")\nop.create_table('u', sa.Column('k', {KIND}))",
        f"kind = {KIND}\nkind.create(op.get_bind())\nop.add_column('t', sa.Column('k', kind))",
        f"op.create_table('u', sa.Column('k', {KIND}))\nop.create_table('v', sa.Column('k', {KIND}))",
        (
            "from sqlalchemy.dialects.postgresql import ENUM\nkind = ENUM('a', name='kind', create_type=False)\n"
            "kind.create(op.get_bind())\nop.create_table('u', sa.Column('k', kind))"
        ),
        (
            f"kind = {KIND}\nkind.create(op.get_bind())\nop.execute('DROP TYPE kind')\n"
            "op.create_table('u', sa.Column('k', kind))"
        ),
        (
            f"kind = {KIND}\nkind.create(op.get_bind())\nkind.drop(op.get_bind())\n"
            "op.create_table('u', sa.Column('k', kind))"
        ),
    ],
)
@pytest.mark.parametrize("command_", ["upgrade", "downgrade"])
def test_a_type_that_one_revision_creates_twice_is_said(body: str, command_: str, tmp_path: Path) -> None:
    files = files_of(body) if command_ == "upgrade" else files_of("op.drop_table('t')", body)
    sent = re.findall(r"(CREATE|DROP) TYPE kind", sql(tmp_path, files, command_))
    context = analyse(folder_workspace(MemoryTree(files)))
    found = [*enum_created_twice.RULE.check(context)]
    assert bool(found) is (("CREATE", "CREATE") in itertools.pairwise(sent))
    assert all(each.severity is Severity.ERROR for each in found)


@pytest.mark.parametrize(
    ("body", "down"),
    [
        (f"op.create_table('u', sa.Column('k', {KIND}))", "op.drop_table('u')"),
        (f"op.create_table('u', sa.Column('k', {KIND}))", "op.drop_table('u')\nop.execute('DROP TYPE kind')"),
        (
            f"op.create_table('u', sa.Column('k', {KIND}))",
            "op.drop_table('u')\nsa.Enum(name='kind').drop(op.get_bind())",
        ),
        ("op.create_table('u', sa.Column('k', sa.Integer()))", "op.drop_table('u')"),
    ],
)
def test_a_type_that_a_downgrade_leaves_is_said(body: str, down: str, tmp_path: Path) -> None:
    files = files_of(body, down)
    created = "CREATE TYPE kind" in sql(tmp_path / "up", files, "upgrade")
    dropped = "DROP TYPE kind" in sql(tmp_path / "down", files, "downgrade")
    context = analyse(folder_workspace(MemoryTree(files)))
    assert bool([*enum_left_behind.RULE.check(context)]) is (created and not dropped)


@pytest.mark.parametrize("option", ["", ", postgresql_not_valid=True", ", postgresql_not_valid=False"])
@pytest.mark.parametrize(
    "call",
    ["op.create_foreign_key('fk', 't', 't', ['n'], ['id']{})", "op.create_check_constraint('c', 't', 'n > 0'{})"],
)
def test_a_constraint_that_is_validated_is_said(call: str, option: str, tmp_path: Path) -> None:
    files = files_of(call.format(option))
    validated = "NOT VALID" not in sql(tmp_path, files, "upgrade")
    context = analyse(folder_workspace(MemoryTree(files)))
    assert bool([*constraint.RULE.check(context)]) is validated


def test_a_type_is_created_again_unless_the_same_run_has_created_it(tmp_path: Path) -> None:
    """A second table with the type, in the run that creates the first, and in a run of its own."""
    column = f"sa.Column('k', {KIND})"
    files = {**project({"r0": revision(0, f"op.create_table('t', {column})")}), "migrations/env.py": ENV}
    files["migrations/versions/r1.py"] = revision(1, f"op.create_table('u', {column})")
    write(tmp_path, files)
    written = []
    for span in ("head", "r0:head"):
        config = Config()
        config.set_main_option("script_location", str(tmp_path / "migrations"))
        config.output_buffer = io.StringIO()
        command.upgrade(config, span, sql=True)
        written.append(config.output_buffer.getvalue().count("CREATE TYPE kind"))
    assert written == [1, 1]
