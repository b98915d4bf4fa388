"""Which files are looked at alone, and that nothing is missed by looking at no more."""

from __future__ import annotations

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse
from cucurbit.analysis.isolated import isolated_entry
from cucurbit.opening import folder_workspace
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.run import simulate
from cucurbit.workspace.tree.files import MemoryTree

MODEL = """from app.db import Base
from sqlalchemy import Column, Integer


class {0}(Base):
    __tablename__ = "{1}"
    id = Column(Integer, primary_key=True)
"""
SERVICE = """from sqlalchemy import select

from app.models.{0} import {1}


def everything():
    return select({1})
"""
FILES = {
    "main.py": "from fastapi import FastAPI\nimport app.models\nimport app.services.bills\n\napp = FastAPI()\n",
    "app/__init__.py": "",
    "app/db.py": "from sqlalchemy.orm import declarative_base\n\nBase = declarative_base()\n",
    "app/models/__init__.py": "from app.models import bill, copy, meter, user\n",
    "app/models/bill.py": MODEL.format("Bill", "bills"),
    "app/models/copy.py": MODEL.format("Copy", "bills"),
    "app/models/meter.py": MODEL.format("Meter", "meters"),
    "app/models/user.py": MODEL.format("User", "users"),
    "app/services/__init__.py": "",
    "app/services/bills.py": SERVICE.format("bill", "Bill"),
    "app/services/meters.py": SERVICE.format("meter", "Meter"),
    "other/tables.py": "from sqlalchemy import MetaData, Table\n\nT = Table('t', MetaData())\n",
}
MENDED = {**FILES, "app/models/copy.py": MODEL.format("Copy", "copies")}


def analysed(files: dict[str, str]) -> Context:
    return analyse(folder_workspace(MemoryTree(files)))


def alone(context: Context) -> list[str]:
    return [timeline.entry.path for timeline in context.isolated]


def happens(timeline: Timeline) -> list[str]:
    return [f"{event.kind.value} {event.module} {event.certain} {event.definition}" for event in timeline.events]


def test_of_the_files_below_a_package_that_fails_one_is_looked_at() -> None:
    assert alone(analysed(FILES)) == ["app/models/meter.py", "other/tables.py"]


def test_every_other_file_below_it_does_the_same() -> None:
    workspace = folder_workspace(MemoryTree(FILES))
    meter, user = (
        simulate(workspace, isolated_entry(workspace, f"app/models/{name}.py")) for name in ("meter", "user")
    )
    assert happens(meter) == happens(user)
    assert meter.visited == user.visited


def test_what_only_uses_sqlalchemy_is_not_looked_at_while_the_program_fails() -> None:
    failing = analysed(FILES)
    assert failing.hidden == {
        "app/models/meter.py": True,
        "app/models/user.py": True,
        "app/services/bills.py": False,
        "app/services/meters.py": False,
        "other/tables.py": True,
    }


def test_it_is_looked_at_where_no_entry_point_fails() -> None:
    mended = analysed(MENDED)
    assert not mended.hidden
    assert alone(mended) == ["app/services/meters.py", "other/tables.py"]


def test_the_end_of_a_program_is_no_failure() -> None:
    ending = analysed({**MENDED, "main.py": MENDED["main.py"] + "raise SystemExit\n"})
    assert not ending.hidden
    assert "app/services/meters.py" in alone(ending)
