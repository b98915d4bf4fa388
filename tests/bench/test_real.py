"""The benchmark of real projects, on tiny ones that are none."""

from __future__ import annotations

import io
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.checks import WrongResult
from tests.bench.goals import REAL_GOALS, verdicts
from tests.bench.page import page
from tests.bench.real import listed
from tests.bench.real.listed import Listed, prepare, projects, source
from tests.bench.real.measuring import FORMATS, Measuring
from tests.bench.real.places import executed, kinds_in
from tests.bench.results import Key, Results
from tests.bench.serving import Limits
from tests.bench.tools import IMPORT, OURS, ROOT, Tools, find_tools
from tests.real.applications import applications

LIMITS = Limits(rounds=1, edits=2, seconds=30, growth=0, timeout=100, least=2)

TINY = Listed("tiny", "1.0", 4, "app.main", thorough=True)

MODELS = '''\
"""Tables."""

from __future__ import annotations

import datetime

from app import clock
from sqlalchemy import Column, DateTime, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Order(Base):
    __tablename__ = "orders"

    id = Column(Integer, primary_key=True)
    made = Column(DateTime)
    note = Column(String(20))

    def age(self) -> datetime.timedelta:
        """Since it was made, ✓."""
        now = clock.NOW
        return now - self.made
'''

CORE = """\
import sqlalchemy as sa

metadata = sa.MetaData()

orders = sa.Table(
    "orders",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("note", sa.String(20)),
)
"""

FILES = {
    "pyproject.toml": '[project]\nname = "tiny"\nversion = "1.0"\n',
    "alembic.ini": "[alembic]\nscript_location = migrations\nprepend_sys_path = .\nsqlalchemy.url = sqlite://\n",
    "migrations/env.py": "from alembic import context\n\nfrom app.models import Base\n\n"
    "context.configure(url='sqlite://', target_metadata=Base.metadata)\nwith context.begin_transaction():\n"
    "    context.run_migrations()\n",
    "app/clock.py": "NOW = None\n",
    "app/models.py": MODELS,
    "app/main.py": "import app.models\n\nif __name__ == '__main__':\n    print(app.models.Base)\n",
}


def written(root: Path) -> Path:
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return find_tools(ROOT / "server", tmp_path / "rivals", tmp_path)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment of the tiny project is the one of the tests."""
    monkeypatch.setattr(listed, "_ENVIRONMENTS", tmp_path / "environments")
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "tiny").symlink_to(sys.prefix)


def quiet(text: str) -> None:
    pass


needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="the benchmark needs wait4 and posix_spawn")


@needs_posix
@pytest.mark.timeout(400)
@pytest.mark.usefixtures("installed")
def test_a_project_is_measured_in_a_copy(tmp_path: Path, tools: Tools) -> None:
    folder = written(tmp_path / "source")
    results = Results()
    Measuring(tools, TINY, LIMITS, quiet, results).measure(folder, tmp_path / "scratch")
    assert results.notes == []
    assert {key.workspace for key in results.quantities} == {"tiny"}
    assert {key.scenario for key in results.quantities} == {
        *("check-cold", "check-warm", "check-changed", "server-start", "server-start-warm", "server-rest"),
        *(f"check-{each}" for each in FORMATS),
        *("timeline-text", "timeline-html", "models-text", "models-json"),
        *("edit-tablename", "edit-column", "edit-import", "edit-body", "edit-comment", "edit-syntax"),
    }
    assert results.get("check-cold", "tiny", IMPORT) is not None
    assert {path: (folder / path).read_text(encoding="utf-8") for path in FILES} == FILES
    assert not list((tmp_path / "scratch").iterdir())


@needs_posix
def test_a_source_that_is_not_the_listed_one_is_refused(tmp_path: Path, tools: Tools) -> None:
    with pytest.raises(WrongResult, match="tiny has 4 Python files, not 5"):
        Measuring(tools, replace(TINY, files=5), LIMITS, quiet, Results()).measure(
            written(tmp_path / "source"), tmp_path / "scratch"
        )


@needs_posix
@pytest.mark.usefixtures("installed")
def test_what_cannot_be_imported_is_said(tmp_path: Path, tools: Tools) -> None:
    results = Results()
    project = replace(TINY, entry="app.absent", thorough=False)
    Measuring(tools, project, LIMITS, quiet, results).measure(written(tmp_path / "source"), tmp_path / "scratch")
    assert results.notes == ["The import of tiny: it cannot be installed here."]
    assert results.get("check-cold", "tiny", OURS) is not None


def _edited(tmp_path: Path, text: str) -> dict[str, str]:
    """The line that the first edit of each kind makes."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app/models.py").write_text(text, encoding="utf-8")
    found = {}
    for kind in kinds_in(tmp_path, ["app/models.py"]):
        start = kind.place.start(text)
        now = kind.variant(1, kind.place.text)
        after = text[:start] + now + text[start + len(kind.place.text) :]
        found[kind.name] = after[after.rfind("\n", 0, start) + 1 :].partition("\n")[0]
    return found


def test_the_places_in_a_file_of_classes(tmp_path: Path) -> None:
    assert _edited(tmp_path, MODELS) == {
        "edit-tablename": '    __tablename__ = "orders_1"',
        # Nothing else in the file names it.
        "edit-column": "    note_1 = Column(String(20))",
        "edit-import": "import app as added_1",
        "edit-body": "        number_1 = 1",
        "edit-comment": "# Number 1.",
        "edit-syntax": "def broken(:",
    }


def test_the_places_in_a_file_of_tables(tmp_path: Path) -> None:
    found = _edited(tmp_path, CORE)
    assert found["edit-tablename"] == '    "orders_1",'
    assert found["edit-column"] == '    sa.Column("note_1", sa.String(20)),'
    assert found["edit-import"] == "import json as added_1"
    assert "edit-body" not in found


def test_each_kind_is_in_a_file_of_its_own_where_there_are_as_many(tmp_path: Path) -> None:
    paths = [f"m{number}.py" for number in range(6)]
    for path in paths:
        (tmp_path / path).write_text(MODELS, encoding="utf-8")
    assert [kind.place.path for kind in kinds_in(tmp_path, paths)] == paths


def test_files_are_edited_that_most_programs_execute() -> None:
    def model(path: str, *registered: str) -> dict[str, object]:
        return {"path": path, "entry_points": [{"registered": each} for each in registered]}

    models = [
        model("old.py", "yes", "no", "no"),
        model("models.py", "yes", "yes", "perhaps"),
        model("more.py", "yes", "yes"),
    ]
    assert executed(models) == ["models.py", "more.py"]
    assert executed([]) == []


def test_goals_are_of_the_worst_project_and_of_the_one_in_the_middle() -> None:
    results = Results()
    for name, seconds in (("optuna", 1.0), ("ckan", 3.0), ("cinder", 0.5)):
        results.add(Key("check-cold", name, OURS), "wall", "s", [seconds])
        results.add(Key("check-cold", name, "ty"), "wall", "s", [2.0])
    each, middle = (verdict for verdict in verdicts(results) if "over `ty check`" in verdict.goal.text)
    assert (each.ratio, each.word) == (1.5, "missed, 1.5 times the limit")
    assert each.measured == "ckan, 3.00 s : 2.00 s; met by 2 of 3"
    assert (middle.ratio, middle.word) == (0.5, "met")


def test_the_page_has_a_section_where_projects_were_measured() -> None:
    results = Results()
    assert "Real projects" not in page(results)
    assert REAL_GOALS[0].text not in page(results)
    results.add(Key("check-cold", "ckan", OURS), "wall", "s", [3.0])
    results.add(Key("edit-body", "ckan", OURS), "latency", "ms", [3.0])
    results.add(Key("edit-body", "ckan", OURS), "first", "ms", [2.0])
    text = page(results)
    generated, _, real = text.partition("\n## Real projects\n")
    assert "| ckan " not in generated
    assert "| ckan " in real
    assert "2.00 ms" in real
    assert sum(goal.text in generated for goal in REAL_GOALS) == len(REAL_GOALS)


def test_the_projects_are_of_all_sizes_and_of_the_versions_that_are_run_for_real() -> None:
    assert len(projects()) >= 12
    assert all(100 <= each.files <= 3000 for each in projects().values())
    for name, each in projects().items():
        if name in applications():
            (requirement,) = (it for it in applications()[name].requirements if it.startswith(name))
            assert requirement.endswith(f"=={each.version}")
        else:
            assert not each.entry


BACKEND = """\
import pathlib

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    made = pathlib.Path(folder, "tiny-1.0.dist-info")
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
    return made.name

def build_wheel(*ignored):
    raise NotImplementedError
"""


def test_a_source_is_downloaded_and_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = tmp_path / "distributed"
    distributed.mkdir()
    system = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    with tarfile.open(distributed / "tiny-1.0.tar.gz", "w:gz") as archive:
        for path, text in {**FILES, "pyproject.toml": system, "backend.py": BACKEND}.items():
            member = tarfile.TarInfo(f"tiny-1.0/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(distributed))
    sources, said = tmp_path / "sources", list[str]()
    tiny, absent = replace(TINY, entry=""), Listed("absent", "1.0", 1)
    prepare([tiny, absent], sources, said.append)
    assert (source(tiny, sources) / "app/models.py").read_text(encoding="utf-8") == MODELS
    assert said == ["Left out: the source of absent cannot be downloaded."]
    assert [each.name for each in sources.iterdir()] == ["tiny-1.0"]
    (distributed / "tiny-1.0.tar.gz").unlink()
    prepare([tiny], sources, said.append)
    assert len(said) == 1
