"""Measures a project with many revisions: its first analysis, and the analysis after an edit of one revision.

``python -m tests.bench.history [--revisions 500] [--rounds 5] [--other CHECKOUT]``. With ``--other``, the same is
measured with the Cucurbit of another checkout, in turns with this one, and the ratios are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from cucurbit.opening import open_workspace
from cucurbit.rules.catalogue import RULES
from cucurbit.session.analysis import analyse_snapshot
from cucurbit.session.cancellation import CancelToken
from cucurbit.session.memory import Memory
from cucurbit.session.snapshot_findings import Buffer

_HERE = Path(__file__).resolve().parents[2]

_MAIN = """from fastapi import FastAPI

from app.models import Base

app = FastAPI()
"""

_ENV = """from alembic import context
from sqlalchemy import create_engine

from app.models import Base

with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""

_REVISION = '''"""{title}

Revision ID: {number:04}
Revises: {before}
"""

import sqlalchemy as sa
from alembic import op

revision = "{number:04}"
down_revision = {before!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
{upgrade}

def downgrade() -> None:
{downgrade}'''

_PER_TABLE = 5
"""How many revisions concern one table."""


def files(revisions: int) -> dict[str, str]:
    """The files of a project by path: each table is created, gets columns, an index and a row, in its own revisions."""
    tables = -(-revisions // _PER_TABLE)
    classes = ""
    for number in range(tables):
        key = f', ForeignKey("table{number - 1}.id")' if number else ""
        classes += (
            f'\n\nclass Table{number}(Base):\n    __tablename__ = "table{number}"\n\n'
            "    id = Column(Integer, primary_key=True)\n    name = Column(String(50), index=True)\n"
            f"    size = Column(Integer)\n    parent_id = Column(Integer{key})\n"
        )
    models = (
        "from sqlalchemy import Column, ForeignKey, Integer, String\nfrom sqlalchemy.orm import declarative_base\n\n"
        f"Base = declarative_base()\n{classes}"
    )
    return {
        "alembic.ini": "[alembic]\nscript_location = alembic\nprepend_sys_path = .\nsqlalchemy.url = postgresql://localhost/app\n",
        "requirements.txt": "alembic==1.16.5\nsqlalchemy==2.0.43\nfastapi==0.116.1\npsycopg2==2.9.9\n",
        "app/__init__.py": "",
        "app/main.py": _MAIN,
        "app/models.py": models,
        "alembic/env.py": _ENV,
        **{_path(number): _revision(number) for number in range(1, revisions + 1)},
    }


def _path(number: int) -> str:
    return f"alembic/versions/{number:04}_change.py"


def _revision(number: int) -> str:
    table, kind = divmod(number - 1, _PER_TABLE)
    name = f"table{table}"
    key = f'    sa.ForeignKeyConstraint(["parent_id"], ["table{table - 1}.id"]),\n    ' if table else ""
    create = (
        f'    op.create_table(\n        "{name}",\n        sa.Column("id", sa.Integer(), nullable=False),\n'
        f'        sa.Column("parent_id", sa.Integer(), nullable=True),\n    {key}'
        '    sa.PrimaryKeyConstraint("id"),\n    )\n'
    )
    size = (
        f'    op.add_column("{name}", sa.Column("size", sa.Integer(), nullable=True))\n'
        f'    op.execute("UPDATE {name} SET size = 0")\n'
    )
    index = (
        f'    inspector = sa.inspect(op.get_bind())\n    if inspector.has_table("{name}"):\n'
        f'        op.create_index("ix_{name}_name", "{name}", ["name"])\n'
    )
    short, long = "sa.String(length=20)", "sa.String(length=50)"
    alter = f'    op.alter_column("{name}", "name", existing_type='
    upgrade, downgrade = (
        (create, f'    op.drop_table("{name}")\n'),
        (
            f'    op.add_column("{name}", sa.Column("name", {short}, nullable=True))\n',
            f'    op.drop_column("{name}", "name")\n',
        ),
        (size, f'    op.drop_column("{name}", "size")\n'),
        (f"{alter}{short}, type_={long})\n", f"{alter}{long}, type_={short})\n"),
        (index, f'    op.drop_index("ix_{name}_name", table_name="{name}")\n'),
    )[kind]
    before = f"{number - 1:04}" if number > 1 else None
    title = ("create", "name", "size", "longer names", "index")[kind]
    return _REVISION.format(
        title=f"{name}: {title}", number=number, before=before, upgrade=upgrade, downgrade=downgrade
    )


def edits(revisions: int) -> Iterator[tuple[str, str, str]]:
    """What is edited, with the path and the text before and after: in the first revisions, the middle and the last."""
    per = revisions // _PER_TABLE
    for place, table in (("first", 0), ("middle", per // 2), ("last", per - 1)):
        path = _path(table * _PER_TABLE + 2)
        before = _revision(table * _PER_TABLE + 2)
        yield f"a type, {place}", path, before.replace("length=20", "length=21")
        yield f"another column, {place}", path, before.replace('"name"', '"nam"')
        yield f"a comment, {place}", path, before.replace("def upgrade", "# Names.\ndef upgrade")


def measured(root: Path, revisions: int) -> dict[str, float]:
    """Seconds of each step, in a session as the editor has it."""
    memory, token = Memory(), CancelToken()
    start = time.perf_counter()
    workspace = open_workspace(root, known_rules=RULES.names)
    number = 0
    seconds: dict[str, float] = {}
    good: dict[str, str] = {}

    def analyse(buffers: dict[str, Buffer]) -> None:
        nonlocal number
        number += 1
        analysis = analyse_snapshot(number, workspace, buffers, good, memory, token, lambda *_: None)
        assert analysis.is_whole

    analyse({})
    seconds["cold"] = time.perf_counter() - start
    for label, path, text in edits(revisions):
        before = (root / path).read_text(encoding="utf-8")
        took = []
        for each in (text, before):
            start = time.perf_counter()
            workspace = workspace.with_changes((), {path: each})
            analyse({path: Buffer(each, number)})
            took.append(time.perf_counter() - start)
        seconds[label] = max(took)
    return seconds


def _one(checkout: Path, root: Path, revisions: int) -> dict[str, float]:
    """What one process measures with the Cucurbit of a checkout."""
    command = [sys.executable, __file__, "--revisions", str(revisions), "--measure", str(root)]
    environment = {**os.environ, "PYTHONPATH": str(checkout / "server")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--revisions", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--other", type=Path, help="another checkout to compare with")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        json.dump(measured(options.measure, options.revisions), sys.stdout)
        return
    checkouts = {"here": _HERE, **({"other": options.other} if options.other else {})}
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in checkouts}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, text in files(options.revisions).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        for _ in range(options.rounds):
            for name, checkout in checkouts.items():
                rounds[name].append(_one(checkout, root, options.revisions))
    medians = {
        name: {step: statistics.median(each[step] for each in found) for step in found[0]}
        for name, found in rounds.items()
    }
    for step, here in medians["here"].items():
        other = medians.get("other", {}).get(step)
        ratio = "" if other is None else f"   {other * 1000:8.0f} ms in the other, {other / here:5.1f} times"
        sys.stdout.write(f"{step:24}{here * 1000:8.0f} ms{ratio}\n")


if __name__ == "__main__":
    main()
