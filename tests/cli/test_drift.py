"""``cucurbit drift``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cucurbit.cli.main import main
from tests.drift.judge import ENV, INI

MODELS = """from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Plot(Base):
    __tablename__ = "plots"
    id: Mapped[int] = mapped_column(primary_key=True)
    area: Mapped[int | None]


metadata = Base.metadata
"""
REVISION = """import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("plots", sa.Column("id", sa.Integer(), primary_key=True))
"""
FILES = {
    "alembic.ini": INI,
    "migrations/env.py": ENV,
    "migrations/versions/0001.py": REVISION,
    "models.py": MODELS,
}

Drift = Callable[..., str]


@pytest.fixture
def drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Drift:
    def run(files: Mapping[str, str], *options: str, code: int = 1) -> str:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        assert main(["drift", "--no-cache", *options]) == code
        captured = capsys.readouterr()
        return captured.out + captured.err

    return run


def test_text(drift: Drift) -> None:
    assert drift(FILES).splitlines() == [
        "alembic.ini  at 0001  1 difference",
        "✗ add_column  no revision creates plots.area  models.py:11",
    ]


def test_json(drift: Drift) -> None:
    assert json.loads(drift(FILES, "--output-format", "json")) == {
        "version": 1,
        "environments": [
            {
                "config": "alembic.ini",
                "section": "alembic",
                "heads": ["0001"],
                "complete": True,
                "unknown": [],
                "differences": [
                    {
                        "op": "add_column",
                        "table": "plots",
                        "name": "area",
                        "path": "models.py",
                        "line": 11,
                        "certain": True,
                        "message": "no revision creates plots.area",
                    }
                ],
            }
        ],
    }


def test_for_code_hosts(drift: Drift) -> None:
    line = drift(FILES, "--output-format", "github").splitlines()[0]
    assert line.startswith("::error file=models.py,line=11,")
    log = json.loads(drift(FILES, "--output-format", "sarif"))
    assert [each["ruleId"] for each in log["runs"][0]["results"]] == ["models-not-migrated"]


def test_python(drift: Drift) -> None:
    text = drift(FILES, "--output-format", "python")
    assert "    op.add_column('plots', sa.Column('area', sa.Integer(), nullable=True))" in text
    assert "    op.drop_column('plots', 'area')" in text


def test_sql(drift: Drift) -> None:
    lines = drift(FILES, "--output-format", "sql").splitlines()
    assert lines[0].startswith("-- alembic.ini, ")
    assert lines[1] == 'ALTER TABLE "plots" ADD COLUMN "area" INTEGER;'


def test_the_written_revision_ends_the_drift(drift: Drift, tmp_path: Path) -> None:
    written = drift(FILES, "--write-revision", "add the area", code=0)
    path = tmp_path / written.split(":")[0]
    assert path.name.endswith("_add_the_area.py")
    assert "down_revision: Union[str, Sequence[str], None] = '0001'" in path.read_text(encoding="utf-8")
    assert drift({}, code=0).splitlines() == [f"alembic.ini  at {path.name.split('_')[0]}  0 differences"]
    assert "1 difference" in drift({}, "--from", "0001")
    assert drift({}, "--write-revision", "again", code=0) == "alembic.ini: there is nothing to write\n"


def test_what_cannot_be_done_is_refused(drift: Drift) -> None:
    assert "there is no revision `0009`" in drift(FILES, "--from", "0009", code=2)
    assert "there is no environment `other`" in drift(FILES, "other", code=2)
    assert "exclude each other" in drift(FILES, "--from", "0001", "--write-revision", "x", code=2)
    files = {**FILES, "migrations/versions/0002.py": REVISION.replace("0001", "0002")}
    assert "several heads" in drift(files, "--write-revision", "x", code=2)


def test_an_env_py_that_fails_is_not_compared(drift: Drift) -> None:
    files = {**FILES, "migrations/env.py": f"raise RuntimeError(1)\n{ENV}"}
    assert "not complete: migrations/env.py fails with RuntimeError" in drift(files, code=0)


def test_a_filter_makes_all_uncertain(drift: Drift) -> None:
    env = ENV.replace("target_metadata=metadata", "target_metadata=metadata, include_object=lambda *given: False")
    text = drift({**FILES, "migrations/env.py": env}, code=0)
    assert "0 differences, 1 not certain" in text
    assert "not complete: include_object or include_name may leave something out" in text
