"""Programs on disk, and ``cucurbit record`` run on them in this process; what it starts are real child processes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import jsonschema
import pytest

from cucurbit.cli.main import main

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "record.json").read_text(encoding="utf-8"))

MODELS = """\
from sqlalchemy import Column, Integer
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
"""

MIGRATIONS = {
    "alembic.ini": "[alembic]\nscript_location = migrations\nprepend_sys_path = .\nsqlalchemy.url = sqlite:///test.db\n",
    "migrations/env.py": """\
        from alembic import context
        from sqlalchemy import create_engine

        from app.models import Base

        engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
        with engine.connect() as connection:
            context.configure(connection=connection, target_metadata=Base.metadata)
            with context.begin_transaction():
                context.run_migrations()
        """,
    "migrations/script.py.mako": "",
    "migrations/versions/one.py": """\
        from alembic import op
        import sqlalchemy as sa

        revision = "one"
        down_revision = None


        def upgrade():
            op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))


        def downgrade():
            op.drop_table("users")
        """,
}


@dataclass(frozen=True)
class Ran:
    """What one run of the command gave."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, object]:
        """The JSON that was written, which is as its schema says."""
        found: dict[str, object] = json.loads(self.out)
        jsonschema.validate(found, SCHEMA)
        return found

    @property
    def events(self) -> list[str]:
        """What was recorded of the compared process: ``module-started app.main``."""
        rows = self.document["rows"]
        assert isinstance(rows, list)
        return [named(row["recorded"]) for row in rows if row["recorded"] is not None]

    @property
    def processes(self) -> list[dict[str, object]]:
        found = self.document["processes"]
        assert isinstance(found, list)
        return found


def named(event: Mapping[str, object]) -> str:
    return " ".join(str(event[key]) for key in ("event", "module", "table", "error") if key in event)


Record = Callable[..., Ran]
MakeWorkspace = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeWorkspace:
    """Writes files into a folder of their own and goes there."""

    def make(files: Mapping[str, str]) -> Path:
        root = tmp_path / "project"
        for name, text in {"cucurbit.toml": "", "app/__init__.py": "", **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        monkeypatch.chdir(root)
        return root

    return make


@pytest.fixture
def record(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Record:
    """Runs ``cucurbit record`` with this interpreter, unless another one is given."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CUCURBIT_DEBUG", "VIRTUAL_ENV", "PYTHONOPTIMIZE"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, python: str | None = sys.executable, text: bool = False) -> Ran:
        options = [] if python is None else ["--python", python]
        options += [] if text else ["--output-format", "json"]
        capfd.readouterr()
        code = main(["record", "--no-cache", *options, *arguments])
        captured = capfd.readouterr()
        assert "internal error" not in captured.err
        return Ran(code, captured.out, captured.err)

    return run
